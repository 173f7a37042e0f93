package io.portcullis.loadtest.bench;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code portcullis bench track}. */
@Command(
        name = "track",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs frames of many TCP connections through the engine of one vNIC, on one core.",
            "Frames are built in memory between the measured calls and handed over in bursts; each is parsed, found,"
                    + " checked against the windows of its connection, and carries it on.",
            ""
        },
        footer = {
            "",
            "packetsPerSecond      established connections, all alive, visited at random in both directions",
            "setupsPerSecond       first packets: parsed, classified, inserted, from an empty table to a full one",
            "fullTcpLivesPerSecond handshake, request, answer, close: 8 frames and the removal, beside a full table",
            "bytesPerConnection    of the full table, index and all else included",
            "garbageBytesPerPacket heap allocated by the measuring thread",
            "p99Micros, p9999Micros  time that a burst of established packets takes",
            "floor…Nanos           what random reads of as much memory cost in this run: one after the other,"
                    + " independent, and two lines that depend in batches of 64",
            "",
            "  portcullis bench track --connections 1000000 --rules 10000 --json",
            "  PORTCULLIS_JAVA_OPTS='-XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints' \\",
            "      portcullis bench track --connections 1000000 --rules 10000 --profile",
        })
final class TrackBench implements Callable<Integer> {
    private static final int MAX_CONNECTIONS = 100_000_000;
    private static final int MAX_RULES = 65_536;
    private static final int MAX_FRAME_BYTES = 9_018;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Default: ${DEFAULT-VALUE}.")
    private int connections;

    @Option(names = "--rules", paramLabel = "N", defaultValue = "10000", description = "Default: ${DEFAULT-VALUE}.")
    private int rules;

    @Option(names = "--ipv6", description = "IPv6 instead of IPv4.")
    private boolean ipv6;

    @Option(
            names = "--frame-bytes",
            paramLabel = "N",
            defaultValue = "64",
            description = "From the Ethernet header on; at least what the headers take. Default: ${DEFAULT-VALUE}.")
    private int frameBytes;

    @Option(names = "--burst", paramLabel = "N", defaultValue = "256", description = "Default: ${DEFAULT-VALUE}.")
    private int burst;

    @Option(
            names = "--verify-checksums",
            description = "Frames have TCP checksums and declare nothing; the engine verifies them.")
    private boolean verifyChecksums;

    @Mixin
    private final BenchOutput output = new BenchOutput();

    @Option(
            names = "--profile",
            description =
                    "Print where the engine's time goes, too; not with --json. Figures suffer a little. Linux only.")
    private boolean profile;

    @Override
    public Integer call() throws IOException {
        output.check("--connections", connections, 1, MAX_CONNECTIONS);
        output.check("--rules", rules, 1, MAX_RULES);
        output.check("--frame-bytes", frameBytes, 1, MAX_FRAME_BYTES);
        output.check("--burst", burst, 1, 256);
        if ((long) connections + TrackRun.LIVES > rules * 254L * 64_000) {
            throw output.wrong("more connections than the rules' addresses can have");
        }
        TrackRun run =
                new TrackRun(connections, rules, ipv6, frameBytes, burst, verifyChecksums, TrackRun.Effort.USUAL);
        TrackResult result = profile ? profiled(run) : run.run();
        if (!profile) {
            output.print(result);
        }
        return result.wrongVerdicts() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private TrackResult profiled(TrackRun run) throws IOException {
        if (output.isJson()) {
            throw output.wrong("--profile prints no JSON");
        }
        try (TrackProfile looks =
                TrackProfile.begin().orElseThrow(() -> output.wrong("this JVM has no profile of processor time"))) {
            TrackResult result = run.run();
            System.out.println(result.table());
            System.out.println(looks.end());
            return result;
        }
    }

    /** What a run measured. */
    record TrackResult(
            int connections,
            double packetsPerSecond,
            double setupsPerSecond,
            double fullTcpLivesPerSecond,
            double bytesPerConnection,
            double garbageBytesPerPacket,
            double p99Micros,
            double p9999Micros,
            long wrongVerdicts,
            MemoryFloor floor)
            implements BenchResult {
        @Override
        public String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"connections\":%d,\"packetsPerSecond\":%.0f,\"setupsPerSecond\":%.0f,"
                            + "\"fullTcpLivesPerSecond\":%.0f,\"bytesPerConnection\":%.2f,"
                            + "\"garbageBytesPerPacket\":%.4f,\"p99Micros\":%.2f,\"p9999Micros\":%.2f,"
                            + "\"wrongVerdicts\":%d,\"floorDependentNanos\":%.1f,\"floorOverlappedNanos\":%.1f,"
                            + "\"floorTwoLinesNanos\":%.1f}",
                    connections,
                    packetsPerSecond,
                    setupsPerSecond,
                    fullTcpLivesPerSecond,
                    bytesPerConnection,
                    garbageBytesPerPacket,
                    p99Micros,
                    p9999Micros,
                    wrongVerdicts,
                    floor.dependentNanos(),
                    floor.overlappedNanos(),
                    floor.twoLinesNanos());
        }

        @Override
        public String table() {
            return String.format(
                    Locale.ROOT,
                    "%,d connections, %d wrong verdicts%n"
                            + "established %,14.0f packets/s (%.1f ns), a burst p99 %.1f us, p99.99 %.1f us%n"
                            + "set-ups     %,14.0f /s%n"
                            + "TCP lives   %,14.0f /s%n"
                            + "memory      %14.1f bytes a connection, %.3f bytes of garbage a packet%n"
                            + "floor       %14.1f ns a read, %.1f ns overlapped, %.1f ns two lines in batches of 64",
                    connections,
                    wrongVerdicts,
                    packetsPerSecond,
                    1e9 / packetsPerSecond,
                    p99Micros,
                    p9999Micros,
                    setupsPerSecond,
                    fullTcpLivesPerSecond,
                    bytesPerConnection,
                    garbageBytesPerPacket,
                    floor.dependentNanos(),
                    floor.overlappedNanos(),
                    floor.twoLinesNanos());
        }
    }
}
