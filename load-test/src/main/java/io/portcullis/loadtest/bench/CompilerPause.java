package io.portcullis.loadtest.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/** Compilers of a JVM that is alone on one core get their turn only when the measuring thread sleeps. */
final class CompilerPause {
    private static final int MILLIS = 10;
    private static final int QUIET_PAUSES = 3;
    private static final int MOST_PAUSES = 60;

    /** Keeps results alive: a volatile field is written, whoever reads it. */
    @SuppressWarnings("UnusedVariable")
    private static volatile long sink;

    private CompilerPause() {}

    /** Until no compiler has done anything for a while. */
    static void take() {
        CompilationMXBean compilation = ManagementFactory.getCompilationMXBean();
        long before = -1;
        for (int quiet = 0, slept = 0; quiet < QUIET_PAUSES && slept < MOST_PAUSES; slept++) {
            long after = compilation.getTotalCompilationTime();
            quiet = after == before ? quiet + 1 : 0;
            before = after;
            try {
                Thread.sleep(MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    static void keep(long value) {
        sink = value;
    }
}
