package io.portcullis.migration.model;

import io.portcullis.datapath.track.TableSum;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the destination of a migration does with chunks that come ahead of the cut. They are taken in the order of their numbers: one that
 * overtook another is not answered, and comes again; one that comes again is acknowledged again, and not taken a second time. Pure but for its own
 * state; used by one thread.
 *
 * @param <S> who a source is
 */
public final class AheadChunks<S> {
    private final Map<VnicId, Integer> next = new HashMap<>();
    /** What had come with each, by its vNIC and number. */
    private final Map<VnicId, Map<Integer, TableSum>> taken = new HashMap<>();

    private @Nullable S source;
    private int attempt;

    /** Another source than before begins anew: its host's actors were restarted, or all is sent once more. */
    public void opened(S by) {
        if (!by.equals(source)) {
            source = by;
            attempt++;
            next.clear();
            taken.clear();
        }
    }

    /** Whom to tell; null before the first has opened. */
    public @Nullable S source() {
        return source;
    }

    /** A chunk has come to a destination in {@code state}, of which only a ready one takes any. */
    public List<AheadOrder> arrived(StateChunk chunk, TargetState state) {
        if (state.step() != TargetStep.READY) {
            Refusal why = state.refusal();
            return List.of(new AheadOrder.Refuse(
                    why != null ? why : new Refusal(RefusalCode.WRONG_STATE, "the target is " + state.step())));
        }
        int expected = next.getOrDefault(chunk.vnic(), 0);
        if (chunk.sequence() == expected) {
            next.put(chunk.vnic(), expected + 1);
            return List.of(new AheadOrder.Import(attempt, chunk));
        }
        TableSum here = takenOf(chunk.vnic()).get(chunk.sequence());
        return here == null
                ? List.of()
                : List.of(new AheadOrder.Acknowledge(new ChunkName(chunk.vnic(), chunk.sequence()), here));
    }

    /**
     * The data path has answered.
     *
     * @param ofAttempt that of the order
     * @param here what it has of all, or null
     * @param refusal why it took nothing, or null
     */
    public List<AheadOrder> imported(
            int ofAttempt, ChunkName chunk, @Nullable TableSum here, @Nullable Refusal refusal) {
        if (ofAttempt != attempt) {
            return List.of();
        }
        if (here != null) {
            takenOf(chunk.vnic()).put(chunk.sequence(), here);
            return List.of(new AheadOrder.Acknowledge(chunk, here));
        }
        Refusal why = Objects.requireNonNullElseGet(refusal, () -> new Refusal(RefusalCode.INVALID, "no reason given"));
        return List.of(new AheadOrder.Refuse(why), new AheadOrder.Abort(why.message()));
    }

    private Map<Integer, TableSum> takenOf(VnicId vnic) {
        return taken.computeIfAbsent(vnic, _ -> new HashMap<>());
    }
}
