package io.portcullis.vnic;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Bounds what a host writes of checkpoints, in bytes a second. Whole tables wait for their turn; rounds of what has changed, which are what a killed
 * host would lose, wait only when more than {@link #BURST_NANOS} worth of writing is due. Thread-safe.
 */
final class CheckpointRate {
    /** So much may be written ahead of the rate by rounds. */
    static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final long bytesPerSecond;
    private final LongSupplier nanoClock;
    /** When all that was written is within the rate. */
    private long paidNanos;

    private boolean isHurrying;

    CheckpointRate(long bytesPerSecond, LongSupplier nanoClock) {
        this.bytesPerSecond = bytesPerSecond;
        this.nanoClock = nanoClock;
        paidNanos = nanoClock.getAsLong();
    }

    synchronized void wrote(long bytes) {
        long now = nanoClock.getAsLong();
        long due = (long) ((double) bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
        paidNanos = (paidNanos - now > 0 ? paidNanos : now) + due;
    }

    /** How long whoever writes a whole table has to wait. */
    synchronized long waitNanos() {
        return isHurrying ? 0 : Math.max(0, paidNanos - nanoClock.getAsLong());
    }

    /** How long whoever writes what has changed has to wait. */
    synchronized long urgentWaitNanos() {
        return Math.max(0, waitNanos() - BURST_NANOS);
    }

    /** Whether nobody waits: the host stops. */
    synchronized void hurry(boolean hurries) {
        isHurrying = hurries;
    }
}
