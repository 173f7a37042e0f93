package io.portcullis.datapath.runtime;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Counts bugs that the loop survived, and logs at most one a second: a broken vNIC must not fill the disk. */
final class Failures {
    private static final System.Logger LOGGER = System.getLogger("io.portcullis.datapath");
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final HostCounter.Values counters;
    private final LongSupplier clock;
    private boolean hasLogged;
    private long lastLogNanos;

    Failures(HostCounter.Values counters, LongSupplier clock) {
        this.counters = counters;
        this.clock = clock;
    }

    /** Any thread. */
    synchronized void report(String doing, Throwable failure) {
        counters.add(HostCounter.LOOP_FAILURES);
        long now = clock.getAsLong();
        if (!hasLogged || now - lastLogNanos > QUIET_NANOS) {
            hasLogged = true;
            lastLogNanos = now;
            LOGGER.log(System.Logger.Level.ERROR, "The data path failed while " + doing + "; it goes on", failure);
        }
    }
}
