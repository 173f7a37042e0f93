package io.portcullis.vnic;

import io.portcullis.vnic.parcel.Parcels;
import java.util.List;
import org.apache.pekko.actor.typed.ActorSystem;

/** Edits of any size, as they are sent to {@link TenantPolicy}, which may be on another node. */
public final class LargeEdits {
    /** One object is at most some 100 KB (a rule with all lists full), so that these fit into a frame. */
    static final long MAX_INLINE_WEIGHT = 16;

    private LargeEdits() {}

    /** The command itself, or one that says where it is to be fetched. */
    public static TenantCommand packed(ActorSystem<?> system, TenantCommand.Edit edit) {
        return packed(system, edit, edit.edits());
    }

    /** The command itself, or one that says where it is to be fetched. */
    public static TenantCommand packed(ActorSystem<?> system, TenantCommand.CheckEdit check) {
        return packed(system, check, check.edits());
    }

    private static TenantCommand packed(ActorSystem<?> system, TenantCommand command, List<TenantEdit> edits) {
        long weight = 0;
        for (TenantEdit edit : edits) {
            weight += edit instanceof TenantEdit.Change(var change) ? EditWeight.of(List.of(change)) : 1;
        }
        return weight > MAX_INLINE_WEIGHT
                ? new TenantCommand.InPieces(Parcels.get(system).hold(command))
                : command;
    }
}
