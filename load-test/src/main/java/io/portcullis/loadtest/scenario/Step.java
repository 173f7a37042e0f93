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
     * @param repeat of each
     * @param parallel VMs that move at the same time
     * @param alone times that each moves after that, while no other does, for comparison
     */
    record Migrate(int atMillis, String vm, @Nullable String to, Repeat repeat, int parallel, int alone)
            implements Step {
        @Override
        public String text() {
            return "migrate " + vm + (to == null ? "" : " to " + to) + repeat.text()
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
     * The host's process ends and starts again.
     *
     * @param awayMillis between the end and the start
     */
    record Restart(int atMillis, String host, Ending ending, int awayMillis, Repeat repeat) implements Step {
        @Override
        public String text() {
            return "restart " + host + " (" + ending.label() + ")" + repeat.text();
        }
    }

    /**
     * Documents are applied, and others that take that back, to and fro.
     *
     * @param documents applied first
     * @param back applied after them; null if they stay
     * @param repeat of {@code documents}; it rests between what is realized everywhere and the next change
     * @param revokes streams of traffic that {@code documents} forbid, connections included, and {@code back} allows again
     */
    record Apply(int atMillis, String documents, @Nullable String back, Repeat repeat, List<String> revokes)
            implements Step {
        public Apply {
            revokes = List.copyOf(revokes);
        }

        @Override
        public String text() {
            return "apply a change of policy" + (revokes.isEmpty() ? "" : " that revokes " + String.join(", ", revokes))
                    + repeat.text();
        }
    }
}
