package io.portcullis.loadtest.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that happens at a time of the timeline, counted from when all connections are open. */
public sealed interface Step {
    int atMillis();

    /** What it says in reports. */
    String text();

    /**
     * The VMs of a name move.
     *
     * @param to host; null for the next one in order, each time
     * @param times that each moves
     * @param restMillis between two moves of a VM
     * @param parallel VMs that move at the same time
     * @param alone times that each moves after that, while no other does, for comparison
     */
    record Migrate(int atMillis, String vm, @Nullable String to, int times, int restMillis, int parallel, int alone)
            implements Step {
        @Override
        public String text() {
            return "migrate " + vm + (to == null ? "" : " to " + to) + (times == 1 ? "" : ", " + times + " times")
                    + (alone == 0 ? "" : ", and then one by one");
        }
    }

    /** The host is emptied and takes VMs again. */
    record Evacuate(int atMillis, String host, int parallel) implements Step {
        @Override
        public String text() {
            return "evacuate " + host;
        }
    }

    /** The host is emptied and takes none until {@link Undrain}. */
    record Drain(int atMillis, String host, int parallel) implements Step {
        @Override
        public String text() {
            return "drain " + host;
        }
    }

    /** A drained host takes VMs again. */
    record Undrain(int atMillis, String host) implements Step {
        @Override
        public String text() {
            return "undrain " + host;
        }
    }

    /** The host's process gets SIGKILL. */
    record Kill(int atMillis, String host) implements Step {
        @Override
        public String text() {
            return "kill " + host;
        }
    }

    /** The process of a killed host starts again. */
    record Start(int atMillis, String host) implements Step {
        @Override
        public String text() {
            return "start " + host;
        }
    }

    /**
     * Documents are applied, and others that take that back, to and fro.
     *
     * @param documents applied first
     * @param back applied after them; null if they stay
     * @param times that {@code documents} are applied
     * @param restMillis between what is realized everywhere and the next change
     * @param revokes streams of traffic that {@code documents} forbid, connections included, and {@code back} allows again
     */
    record Apply(int atMillis, String documents, @Nullable String back, int times, int restMillis, List<String> revokes)
            implements Step {
        public Apply {
            revokes = List.copyOf(revokes);
        }

        @Override
        public String text() {
            return "apply a change of policy" + (revokes.isEmpty() ? "" : " that revokes " + String.join(", ", revokes))
                    + (times == 1 ? "" : ", " + times + " times");
        }
    }
}
