package io.portcullis.datapath.engine;

import org.jspecify.annotations.Nullable;

/** What a {@link DecisionTrace} said about the first fragment of each datagram, for its other fragments. One thread. */
final class FragmentNotes {
    private final @Nullable DecisionTrace[] notes;

    FragmentNotes(int entries) {
        notes = new DecisionTrace[entries];
    }

    void clear(int entry) {
        notes[entry] = null;
    }

    void keep(int entry, DecisionTrace trace) {
        notes[entry] = trace.copy();
    }

    /** Has the trace say the same; nothing if there is no note. */
    void recall(int entry, DecisionTrace trace) {
        DecisionTrace note = notes[entry];
        if (note != null) {
            trace.likeFirstFragment(note);
        }
    }
}
