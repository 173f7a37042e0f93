package io.portcullis.loadtest.bench;

import java.util.List;
import java.util.Locale;

/** What {@link MigrateRun} measured; medians over its moves, where nothing else is said. */
record MigrateResult(
        int connections,
        int clients,
        int framesPerSecond,
        int moves,
        long seed,
        boolean tls,
        double rounds,
        double bytesPerConnection,
        double floorBytesPerConnection,
        double connectionsPerSecond,
        double pauseMicrosP50,
        double pauseMicrosP99,
        double delayMicrosP50,
        double delayMicrosP99,
        double idleDelayMicrosP50,
        double restBytes,
        long frames,
        long lost,
        long duplicated,
        long reordered,
        double sourceCpuMillis,
        double destinationCpuMillis,
        List<String> problems)
        implements BenchResult {
    boolean isWhole() {
        return lost == 0 && duplicated == 0 && reordered == 0;
    }

    @Override
    public String json() {
        return String.format(
                Locale.ROOT,
                "{\"connections\":%d,\"rounds\":%.0f,\"bytesPerConnection\":%.2f,\"connectionsPerSecond\":%.0f,"
                        + "\"pauseMicrosP50\":%.0f,\"pauseMicrosP99\":%.0f,\"lost\":%d,\"duplicated\":%d,"
                        + "\"reordered\":%d,\"sourceCpuMillis\":%.0f,\"destinationCpuMillis\":%.0f,"
                        + "\"floorBytesPerConnection\":%.2f,\"clients\":%d,\"moves\":%d,\"frames\":%d,"
                        + "\"framesPerSecond\":%d,\"delayMicrosP50\":%.0f,\"delayMicrosP99\":%.0f,"
                        + "\"idleDelayMicrosP50\":%.0f,\"restBytes\":%.0f,\"tls\":%b,\"seed\":%d}",
                connections,
                rounds,
                bytesPerConnection,
                connectionsPerSecond,
                pauseMicrosP50,
                pauseMicrosP99,
                lost,
                duplicated,
                reordered,
                sourceCpuMillis,
                destinationCpuMillis,
                floorBytesPerConnection,
                clients,
                moves,
                frames,
                framesPerSecond,
                delayMicrosP50,
                delayMicrosP99,
                idleDelayMicrosP50,
                restBytes,
                tls,
                seed);
    }

    @Override
    public String table() {
        return String.format(
                        Locale.ROOT,
                        """
                        connections           %,d of %,d clients, seed %d
                        moves                 %d, each after a median of %.0f rounds, nodes speak %s
                        bytes a connection    %.2f in the first round; what was drawn at random is worth %.2f
                        connections a second  %,.0f in the first round
                        pause                 p50 %,.0f us, p99 %,.0f us, with %,.0f bytes sent in it
                        longest delay         p50 %,.0f us, p99 %,.0f us; %,.0f us in as much time without a move
                        frames                %,d at %,d a second: %d lost, %d duplicated, %d reordered
                        CPU                   source %.0f ms, destination %.0f ms\
                        """,
                        connections,
                        clients,
                        seed,
                        moves,
                        rounds,
                        tls ? "TLS" : "plain text",
                        bytesPerConnection,
                        floorBytesPerConnection,
                        connectionsPerSecond,
                        pauseMicrosP50,
                        pauseMicrosP99,
                        restBytes,
                        delayMicrosP50,
                        delayMicrosP99,
                        idleDelayMicrosP50,
                        frames,
                        framesPerSecond,
                        lost,
                        duplicated,
                        reordered,
                        sourceCpuMillis,
                        destinationCpuMillis)
                + (problems.isEmpty() ? "" : "\n" + String.join("\n", problems));
    }
}
