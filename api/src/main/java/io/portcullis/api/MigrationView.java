package io.portcullis.api;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A migration, running or ended.
 *
 * @param state {@code RUNNING}, or how it ended: {@code COMMITTED}, {@code ROLLED_BACK}, {@code RECLAIMED}, {@code CANCELLED}
 * @param phase how far it is, for example {@code CUTTING_OVER}
 * @param started ISO 8601, UTC
 * @param reason why it did not commit
 * @param mover who moves the VM itself: {@code PRODUCT}, or {@code HYPERVISOR}, whose word the cut waits for; of one that has ended, {@code HYPERVISOR} if it
 *     waited for that; null if a node of an older build does not say
 * @param phases that it has entered, in order; of one that runs, as far as its placement says them
 */
public record MigrationView(
        String id,
        String vm,
        String from,
        String to,
        String state,
        String phase,
        String requestedBy,
        String started,
        @Nullable String ended,
        @Nullable String reason,
        @Nullable ReceiptView receipt,
        @Nullable String mover,
        List<PhaseView> phases) {
    public static final String PRODUCT = "PRODUCT";
    public static final String HYPERVISOR = "HYPERVISOR";

    /** The destination has nearly all of the tables; the hypervisor may stop the VM. */
    public static final String AWAITING_STOP = "AWAITING_STOP";

    /** The destination has nearly all of the tables; others to the same host are cut first. The source enforces. */
    public static final String AWAITING_TURN = "AWAITING_TURN";

    public MigrationView {
        // a node of an older build says nothing of phases
        phases = phases == null ? List.of() : List.copyOf(phases);
    }

    /** Whether it has come to an end, well or not. */
    @JsonIgnore
    public boolean isOver() {
        return ended != null;
    }
}
