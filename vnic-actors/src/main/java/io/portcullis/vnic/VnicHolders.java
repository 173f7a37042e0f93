package io.portcullis.vnic;

import io.portcullis.policy.VnicId;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Who has each vNIC: mostly one, and two while it moves. So what a change costs does not grow with those whom it does not concern. One thread.
 *
 * @param <H> compared by identity
 */
final class VnicHolders<H> {
    private final Map<VnicId, List<H>> holders = VnicMaps.compact();
    private final Function<H, List<H>> alone;

    /** @param alone the list of a holder and nobody else, the same each time: it stands for nearly all its vNICs */
    VnicHolders(Function<H, List<H>> alone) {
        this.alone = alone;
    }

    /** It must not have the vNIC already. */
    void add(VnicId vnic, H holder) {
        holders.merge(
                vnic,
                alone.apply(holder),
                (before, its) -> Stream.concat(before.stream(), its.stream()).toList());
    }

    @SuppressWarnings("ReferenceEquality")
    void remove(VnicId vnic, H holder) {
        holders.computeIfPresent(vnic, (_, before) -> {
            List<H> others = before.stream().filter(each -> each != holder).toList();
            return others.isEmpty() ? null : others.size() == 1 ? alone.apply(others.getFirst()) : others;
        });
    }

    /** Empty if nobody has it. */
    List<H> of(VnicId vnic) {
        return holders.getOrDefault(vnic, List.of());
    }
}
