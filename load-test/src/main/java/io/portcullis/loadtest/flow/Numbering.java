package io.portcullis.loadtest.flow;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The frames of one direction of a flow, numbered from 0: what its sender has sent, and what its receiver makes of what comes. One thread. */
final class Numbering {
    /** What a frame that came is. */
    enum Arrival {
        /** As it should be, or the first after a gap. */
        IN_ORDER,
        /** One that was missing, behind later ones. */
        LATE,
        /** It has come before. */
        AGAIN,
        /** It was never sent. */
        UNKNOWN
    }

    private int sent;
    private int next;
    private @Nullable Set<Integer> missing;

    /** The number of the frame that is sent next. */
    int number() {
        return sent;
    }

    void countSent() {
        sent++;
    }

    int sent() {
        return sent;
    }

    Arrival arrived(int number) {
        if (number < 0 || number >= sent) {
            return Arrival.UNKNOWN;
        }
        if (number >= next) {
            for (int skipped = next; skipped < number; skipped++) {
                missing().add(skipped);
            }
            next = number + 1;
            return Arrival.IN_ORDER;
        }
        return missing != null && missing.remove(number) ? Arrival.LATE : Arrival.AGAIN;
    }

    /** Different frames that have come. */
    int received() {
        return next - (missing == null ? 0 : missing.size());
    }

    /** Sent and not there. */
    int lost() {
        return sent - received();
    }

    private Set<Integer> missing() {
        if (missing == null) {
            missing = new TreeSet<>();
        }
        return missing;
    }
}
