package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What has come of the state of a VM, and what the data paths made of it.
 *
 * @param chunks by vNIC, of every vNIC of the VM
 * @param handovers what the source says that it sent; empty before it says so
 * @param imports what the data paths found
 */
record Incoming(Map<VnicId, Arrived> chunks, List<VnicHandover> handovers, Map<VnicId, ImportReport> imports) {
    /**
     * The chunks of one vNIC: all below {@code prefix}, and some that overtook others.
     *
     * @param prefix number of chunks from the first to the first that is missing
     */
    record Arrived(int prefix, Set<Integer> beyond) {
        static final Arrived NOTHING = new Arrived(0, Set.of());

        Arrived {
            beyond = Set.copyOf(beyond);
        }

        boolean has(int sequence) {
            return sequence < prefix || beyond.contains(sequence);
        }

        Arrived with(int sequence) {
            if (has(sequence)) {
                return this;
            }
            Set<Integer> all = new HashSet<>(beyond);
            all.add(sequence);
            int next = prefix;
            while (all.remove(next)) {
                next++;
            }
            return new Arrived(next, all);
        }

        boolean areExactly(int count) {
            return prefix == count && beyond.isEmpty();
        }
    }

    Incoming {
        chunks = Map.copyOf(chunks);
        handovers = List.copyOf(handovers);
        imports = Map.copyOf(imports);
    }

    static Incoming nothing(List<VnicId> vnics) {
        Map<VnicId, Arrived> chunks = new HashMap<>();
        vnics.forEach(vnic -> chunks.put(vnic, Arrived.NOTHING));
        return new Incoming(chunks, List.of(), Map.of());
    }

    /** Whether the chunk is of this VM. */
    boolean concerns(ChunkName chunk) {
        return chunk.sequence() >= 0 && chunks.containsKey(chunk.vnic());
    }

    boolean has(ChunkName chunk) {
        return arrived(chunk.vnic()).has(chunk.sequence());
    }

    Incoming with(ChunkName chunk) {
        Map<VnicId, Arrived> all = new HashMap<>(chunks);
        all.put(chunk.vnic(), arrived(chunk.vnic()).with(chunk.sequence()));
        return new Incoming(all, handovers, imports);
    }

    /** Why the hand-over does not fit what was prepared; null if it does. */
    @Nullable
    Refusal whyNot(long handoverEpoch, List<VnicHandover> all, long epoch) {
        Set<VnicId> named = new HashSet<>();
        all.forEach(vnic -> named.add(vnic.vnic()));
        return handoverEpoch == epoch && named.equals(chunks.keySet())
                ? null
                : new Refusal(
                        RefusalCode.INVALID,
                        "hand-over of " + named + " with epoch " + handoverEpoch + " does not fit " + chunks.keySet()
                                + " with epoch " + epoch);
    }

    Incoming handedOver(List<VnicHandover> all) {
        Map<VnicId, VnicHandover> byVnic = new LinkedHashMap<>();
        all.forEach(vnic -> byVnic.put(vnic.vnic(), vnic));
        return new Incoming(chunks, new ArrayList<>(byVnic.values()), imports);
    }

    /** Whether the hand-over is there, and every chunk that it names. */
    boolean isComplete() {
        return !handovers.isEmpty()
                && handovers.stream()
                        .allMatch(handover -> arrived(handover.vnic()).areExactly(handover.chunks()));
    }

    Incoming imported(VnicId vnic, ImportReport report) {
        Map<VnicId, ImportReport> all = new HashMap<>(imports);
        all.put(vnic, report);
        return new Incoming(chunks, handovers, all);
    }

    /** Why what was imported is not what was sent; null if it is. */
    @Nullable
    Refusal whyNot(VnicId vnic, ImportReport report) {
        VnicHandover sent = handover(vnic);
        return report.entries() == sent.entries() && report.digest() == sent.digest()
                ? null
                : new Refusal(
                        RefusalCode.INVALID,
                        vnic + ": " + sent.entries() + " connections with digest " + Long.toHexString(sent.digest())
                                + " were sent, " + report.entries() + " with " + Long.toHexString(report.digest())
                                + " are here");
    }

    boolean allImported() {
        return imports.size() == chunks.size();
    }

    VnicHandover handover(VnicId vnic) {
        return handovers.stream()
                .filter(handover -> handover.vnic().equals(vnic))
                .findAny()
                .orElseThrow(() -> new IllegalStateException("a hand-over for every vNIC was checked"));
    }

    ImportReport importOf(VnicId vnic) {
        return Objects.requireNonNull(imports.get(vnic), "every vNIC was imported");
    }

    private Arrived arrived(VnicId vnic) {
        return Objects.requireNonNull(chunks.get(vnic), "chunks are kept for every vNIC");
    }
}
