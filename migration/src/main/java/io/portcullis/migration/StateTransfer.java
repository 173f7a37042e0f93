package io.portcullis.migration;

import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Sends sealed tables to the destination with a bounded number of chunks on their way, then the hand-over. Messages may get
 * lost: what is not acknowledged is sent again. Used by its session only.
 */
final class StateTransfer {
    /** Sequence of a chunk that belongs to no table. */
    static final int REHEARSAL = -1;

    private final AgentCommand.StartCutover order;
    private final int window;
    private final ActorRef<SourceCommand> self;
    private final List<StateChunk> chunks = new ArrayList<>();
    private final TargetCommand.Handover handover;
    private final Map<String, StateChunk> unacknowledged = new LinkedHashMap<>();
    private int next;
    private boolean progressed = true;

    StateTransfer(
            AgentCommand.StartCutover order, Map<VnicId, SealedVnic> sealed, int window, ActorRef<SourceCommand> self) {
        this.order = order;
        this.window = window;
        this.self = self;
        List<TargetCommand.VnicHandover> vnics = new ArrayList<>();
        sealed.forEach((vnic, state) -> {
            TableSnapshot table = state.table();
            int count = table.chunks().size();
            for (int i = 0; i < count; i++) {
                chunks.add(new StateChunk(
                        order.id(), vnic, i, i == count - 1, table.chunks().get(i)));
            }
            vnics.add(new TargetCommand.VnicHandover(
                    vnic,
                    count,
                    table.entries(),
                    table.bytes(),
                    table.digest(),
                    state.policyRevision(),
                    state.forwardedFrames(),
                    state.freezeNanos()));
        });
        this.handover = new TargetCommand.Handover(order.id(), order.targetEpoch(), vnics, self);
    }

    void start() {
        order.session().tell(new TargetCommand.OpenTransfer(order.id(), self));
        fill();
    }

    void acknowledged(VnicId vnic, int sequence) {
        if (unacknowledged.remove(key(vnic, sequence)) != null) {
            progressed = true;
            fill();
        }
    }

    /** To be called at intervals: sends again if nothing was acknowledged since the last call. */
    void repeatIfStuck() {
        if (!progressed) {
            order.session().tell(new TargetCommand.OpenTransfer(order.id(), self));
            unacknowledged.values().forEach(order.chunks()::tell);
            if (next == chunks.size()) {
                order.session().tell(handover);
            }
        }
        progressed = false;
    }

    /** The hand-over follows the last chunk at once: they travel in order, and an acknowledgement would cost a round trip. */
    private void fill() {
        boolean more = next < chunks.size() || chunks.isEmpty();
        while (next < chunks.size() && unacknowledged.size() < window) {
            StateChunk chunk = chunks.get(next++);
            unacknowledged.put(key(chunk.vnic(), chunk.sequence()), chunk);
            order.chunks().tell(chunk);
        }
        if (more && next == chunks.size()) {
            order.session().tell(handover);
        }
    }

    /** What a hand-over sends, with empty tables and made-up numbers; it changes nothing at the destination. */
    static void rehearse(AgentCommand.StartCutover order, ActorRef<SourceCommand> self) {
        List<TargetCommand.VnicHandover> like = order.spec().vnicIds().stream()
                .map(vnic -> new TargetCommand.VnicHandover(vnic, 0, 0, 0, 0, 0, 0, 0))
                .toList();
        order.session().tell(new TargetCommand.Rehearse(order.id(), like, self));
        VnicId any = order.spec().vnicIds().getFirst();
        order.chunks().tell(new StateChunk(order.id(), any, REHEARSAL, false, new byte[0]));
    }

    private static String key(VnicId vnic, int sequence) {
        return vnic + "#" + sequence;
    }
}
