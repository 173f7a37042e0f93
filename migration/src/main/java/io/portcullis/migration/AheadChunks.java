package io.portcullis.migration;

import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.Refusal;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Which chunks have come ahead of the cut, and what the source is told of them. They are taken in the order of their numbers: one that overtook
 * another is not answered, and comes again. Used by one session only.
 */
final class AheadChunks {
    private final String id;
    private final Map<VnicId, Integer> next = new HashMap<>();
    /** What had come with each, by vNIC and the chunk's number. */
    private final Map<VnicId, Map<Integer, TableSum>> taken = new HashMap<>();

    private @Nullable ActorRef<PreCopyCommand> source;
    private int attempt;

    AheadChunks(String id) {
        this.id = id;
    }

    /** Another source than before begins anew: its host's actors were restarted. */
    void opened(ActorRef<PreCopyCommand> by) {
        if (!by.equals(source)) {
            source = by;
            attempt++;
            next.clear();
            taken.clear();
        }
    }

    int attempt() {
        return attempt;
    }

    /** Whether the chunk is to be taken in now. One that was before is acknowledged again. */
    boolean isNext(StateChunk chunk) {
        int expected = next.getOrDefault(chunk.vnic(), 0);
        if (chunk.sequence() == expected) {
            next.put(chunk.vnic(), expected + 1);
            return true;
        }
        TableSum here = takenOf(chunk.vnic()).get(chunk.sequence());
        if (here != null) {
            acknowledge(chunk.vnic(), chunk.sequence(), here);
        }
        return false;
    }

    /** The data path has it, and {@code here} of all. */
    void taken(VnicId vnic, int sequence, TableSum here) {
        takenOf(vnic).put(sequence, here);
        acknowledge(vnic, sequence, here);
    }

    private Map<Integer, TableSum> takenOf(VnicId vnic) {
        return taken.computeIfAbsent(vnic, _ -> new HashMap<>());
    }

    void refuse(Refusal why) {
        if (source != null) {
            source.tell(new PreCopyCommand.Refused(id, why));
        }
    }

    private void acknowledge(VnicId vnic, int sequence, TableSum here) {
        if (source != null) {
            source.tell(new PreCopyCommand.Taken(id, vnic, sequence, here));
        }
    }
}
