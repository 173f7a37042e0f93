package io.portcullis.loadtest.bench;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis bench codec}. */
@Command(
        name = "codec",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Sends a table of TCP connections from one engine to another, on one core and without a network: what"
                    + " hosts do for a migration beside their frames. Counts processor time.",
            ""
        },
        footer = {
            "",
            "collectNanos       a connection is copied by the loop of the source, between its frames",
            "encodeNanos        it is sorted, written and summed up, by a thread beside the loop",
            "decodeNanos        it is read, put into a table with its index, and summed up, at the destination",
            "encodedPerSecond, decodedPerSecond  the same as rates; medians over the rounds",
            "bytesPerConnection on the wire; floorBytesPerConnection: what the randomly drawn addresses, ports,"
                    + " sequence numbers and windows are worth",
            "deflatedBytesPerConnection, deflateNanos  if chunks were deflated as well, which they are not",
            "",
            "  portcullis bench codec --connections 1000000 --json",
        })
final class CodecBench implements Callable<Integer> {
    private static final int MAX_CONNECTIONS = 10_000_000;
    private static final int MAX_ROUNDS = 1_000;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "9",
            description = "Of which the median counts. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Override
    public Integer call() {
        output.check("--connections", connections, 1, MAX_CONNECTIONS);
        output.check("--rounds", rounds, 1, MAX_ROUNDS);
        CodecResult result = new CodecRun(connections, rounds).run();
        output.print(result);
        return CommandLine.ExitCode.OK;
    }

    /** What a run measured, of one connection. */
    record CodecResult(
            int connections,
            double collectNanos,
            double encodeNanos,
            double decodeNanos,
            double bytesPerConnection,
            double floorBytesPerConnection,
            double deflatedBytesPerConnection,
            double deflateNanos)
            implements BenchResult {
        @Override
        public String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"connections\":%d,\"collectNanos\":%.1f,\"encodeNanos\":%.1f,\"decodeNanos\":%.1f,"
                            + "\"encodedPerSecond\":%.0f,\"decodedPerSecond\":%.0f,"
                            + "\"bytesPerConnection\":%.2f,\"floorBytesPerConnection\":%.2f,"
                            + "\"deflatedBytesPerConnection\":%.2f,\"deflateNanos\":%.1f}",
                    connections,
                    collectNanos,
                    encodeNanos,
                    decodeNanos,
                    1e9 / encodeNanos,
                    1e9 / decodeNanos,
                    bytesPerConnection,
                    floorBytesPerConnection,
                    deflatedBytesPerConnection,
                    deflateNanos);
        }

        @Override
        public String table() {
            return String.format(
                    Locale.ROOT,
                    "%,d connections%n"
                            + "collected %,12.0f a second (%.0f ns)%n"
                            + "encoded   %,12.0f a second (%.0f ns)%n"
                            + "decoded   %,12.0f a second (%.0f ns)%n"
                            + "bytes     %12.2f a connection; what was drawn at random is worth %.2f%n"
                            + "deflated  %12.2f, for another %.0f ns",
                    connections,
                    1e9 / collectNanos,
                    collectNanos,
                    1e9 / encodeNanos,
                    encodeNanos,
                    1e9 / decodeNanos,
                    decodeNanos,
                    bytesPerConnection,
                    floorBytesPerConnection,
                    deflatedBytesPerConnection,
                    deflateNanos);
        }
    }
}
