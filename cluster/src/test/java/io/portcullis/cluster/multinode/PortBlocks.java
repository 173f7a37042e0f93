package io.portcullis.cluster.multinode;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.stream.IntStream;

/** Ports for the at most four hosts of a {@link io.portcullis.loadtest.lab.LocalCluster}, ten for each. Thread-safe. */
final class PortBlocks {
    private static final int FIRST = 21_000;
    private static final int LAST = 29_000;
    private static final int PORTS = 40;
    private static int next = FIRST + PORTS * (int) (ProcessHandle.current().pid() % ((LAST - FIRST) / PORTS / 2));

    private PortBlocks() {}

    /** The first of a block that nobody uses now, and that this process had not before; another process begins its search elsewhere. */
    static synchronized int next() {
        for (; next < LAST; next += PORTS) {
            if (IntStream.range(next, next + PORTS).allMatch(PortBlocks::isFree)) {
                int found = next;
                next += PORTS;
                return found;
            }
        }
        throw new IllegalStateException("no free ports");
    }

    private static boolean isFree(int port) {
        try (ServerSocket _ = new ServerSocket(port)) {
            return true;
        } catch (IOException inUse) {
            return false;
        }
    }
}
