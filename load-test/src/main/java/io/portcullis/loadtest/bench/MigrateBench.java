package io.portcullis.loadtest.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis bench migrate}. */
@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the live migration of a VM with many connections: starts two hosts on this machine, each a"
                + " process, moves the VM to and fro while frames go, and counts what arrives at both ends, which are"
                + " in this process.",
            ""
        },
        footer = {
            "",
            "rounds              in which the connections were sent while the source enforced",
            "bytesPerConnection, connectionsPerSecond  of the first round, from the begin of its export until the"
                    + " destination had taken all in",
            "floorBytesPerConnection  what the randomly drawn addresses, ports, sequence numbers and windows are worth;"
                    + " times and counters come on top",
            "pauseMicros…        from the last frame that the source decided to the first that the destination decided",
            "delayMicros…        longest that a frame took end to end in each move, from when it was due;"
                    + " idleDelayMicros: in as much time without a move",
            "…CpuMillis          of each host's process in a move, less what the frames cost without one",
            "",
            "  portcullis bench migrate --connections 1000000 --dirty-rate 10000 --json",
        })
final class MigrateBench implements Callable<Integer> {
    private static final int MAX_CONNECTIONS = 10_000_000;
    private static final int MAX_RATE = 1_000_000;
    private static final int MAX_MOVES = 100_000;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Of the VM. Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(
            names = "--dirty-rate",
            paramLabel = "CONNECTIONS_PER_SECOND",
            defaultValue = "10000",
            description = "Frames a second, half of them in each direction, each on a connection drawn at random."
                    + " Default: ${DEFAULT-VALUE}.")
    private int dirtyRate;

    @Option(names = "--moves", paramLabel = "N", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.")
    private int moves;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is drawn. Default: another one each time.")
    private @Nullable Long seed;

    @Mixin
    private final BenchHosts nodes = new BenchHosts(512, 7600);

    @Option(names = "--plain-text", description = "The hosts speak plain text with each other instead of TLS.")
    private boolean plainText;

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws InterruptedException, TimeoutException {
        output.check("--connections", connections, 1, MAX_CONNECTIONS);
        output.check("--dirty-rate", dirtyRate, 1, MAX_RATE);
        output.check("--moves", moves, 1, MAX_MOVES);
        nodes.check(output);
        PrintStream progress = System.err;
        long drawn = seed == null ? new Random().nextLong() : seed;
        try {
            MigrateResult result = new MigrateRun(
                            connections,
                            dirtyRate,
                            moves,
                            drawn,
                            nodes.portBase(),
                            nodes.heapMebibytes(),
                            !plainText,
                            progress)
                    .run();
            output.print(result);
            return result.isWhole() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (IOException unusable) {
            progress.println("portcullis: " + unusable.getMessage());
            return Main.UNUSABLE_INPUT;
        }
    }
}
