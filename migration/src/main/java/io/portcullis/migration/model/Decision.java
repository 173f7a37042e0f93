package io.portcullis.migration.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What follows from an input.
 *
 * @param events to journal together, in order; none if nothing changes
 * @param refusal why the order was refused; then there are no events
 */
public record Decision(
        List<PlacementEvent> events, @Nullable Refusal refusal) {
    /** Nothing changes: the input is late, repeated, or of another migration. */
    public static final Decision NOTHING = new Decision(List.of(), null);

    public Decision {
        events = List.copyOf(events);
    }

    static Decision of(PlacementEvent... events) {
        return new Decision(List.of(events), null);
    }

    static Decision refuse(Refusal refusal) {
        return new Decision(List.of(), refusal);
    }
}
