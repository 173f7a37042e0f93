package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.CheckpointFile;
import io.portcullis.persistence.CheckpointHead;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a vNIC's checkpoint is. Used by one round at a time; a whole that is written beside rounds tells only whether it is ready.
 */
final class CheckpointedVnic {
    /** A copy of the table that the data path goes on telling changes of, and the file that gets it. */
    static final class Copy {
        final CheckpointFile file;
        /** Of the data path's copy. */
        final long number;

        private final CheckpointHead begun;
        private volatile boolean isReady;
        private volatile boolean hasFailed;

        Copy(CheckpointFile file, long number, CheckpointHead head) {
            this.file = file;
            this.number = number;
            this.begun = head;
        }

        /** The table is in its file, and what has changed since is little. */
        void ready() {
            isReady = true;
        }

        /** It cannot be gone on with. */
        void fail() {
            hasFailed = true;
            file.abandon();
        }

        /** Whether it can be gone on with, under this head. */
        private boolean serves(CheckpointHead head) {
            return !hasFailed && !file.isOver() && begun.attachment().equals(head.attachment());
        }
    }

    /** Gets what changes, once a second; null if there is none, or none that could. */
    private @Nullable Copy current;
    /** Takes its place when it is ready. */
    private @Nullable Copy next;

    /** Null before the first time. */
    private @Nullable Written written;

    /**
     * What was so when a vNIC was written last. Those that were written in the same round and have no connections mostly share one.
     *
     * @param countersMark another one whenever a counter has grown; 0 without connections
     */
    record Written(long epoch, long revision, int connections, long countersMark, long round) {
        static Written of(VnicStatus status, long round) {
            return new Written(
                    status.epoch(), status.policyRevision(), status.connections(), countersMark(status), round);
        }

        private static long countersMark(VnicStatus status) {
            long mark = 0;
            if (status.connections() > 0) {
                for (Map.Entry<String, Long> counter : status.counters().entrySet()) {
                    mark += counter.getValue() * (2L * counter.getKey().hashCode() + 1);
                }
            }
            return mark;
        }
    }

    /** Leaves out what does not serve any more, and takes what is ready. */
    void settle(CheckpointHead head) {
        if (current != null && !current.serves(head)) {
            current.file.abandon();
            current = null;
        }
        if (next != null && !next.serves(head)) {
            next.file.abandon();
            next = null;
        }
        if (isReady()) {
            current = next;
            next = null;
        }
    }

    private boolean isReady() {
        return next != null && next.isReady;
    }

    @Nullable
    Copy current() {
        return current;
    }

    void setCurrent(Copy copy) {
        current = copy;
    }

    /** Whether a whole is being written. */
    boolean isRenewed() {
        return next != null;
    }

    void setNext(Copy copy) {
        next = copy;
    }

    /** Round in which something was written last; 0 for never. */
    long round() {
        return written == null ? 0 : written.round();
    }

    void wrote(Written now) {
        written = now;
    }

    /** Whether something happened since. Without connections nothing changes by frames that come and go. */
    boolean isDue(VnicStatus status) {
        return written == null || isReady() || !written.equals(Written.of(status, written.round()));
    }
}
