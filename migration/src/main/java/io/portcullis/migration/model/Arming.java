package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How far the destination is with letting its vNICs enforce by themselves.
 *
 * @param announced what the source said of each before the cut: the rounds in which its table was sent
 * @param done those that do, and what they found
 * @param disarming those that were told to wait for orders and have not answered
 * @param enforcing of those that have, which enforce
 * @param why the migration is given up if none does; null if it goes on by orders then
 * @param mayBeCut whether the source may have begun to cut, if it is given up
 */
record Arming(
        Map<VnicId, List<CopyRound>> announced,
        Map<VnicId, SelfActivation> done,
        Set<VnicId> disarming,
        Set<VnicId> enforcing,
        @Nullable Refusal why,
        boolean mayBeCut) {
    static final Arming BEGUN = begun(List.of());

    static Arming begun(List<VnicHandover> announced) {
        return new Arming(
                announced.stream().collect(Collectors.toMap(VnicHandover::vnic, VnicHandover::rounds)),
                Map.of(),
                Set.of(),
                Set.of(),
                null,
                false);
    }

    Arming {
        announced = Map.copyOf(announced);
        done = Map.copyOf(done);
        disarming = Set.copyOf(disarming);
        enforcing = Set.copyOf(enforcing);
    }

    Arming with(VnicId vnic, SelfActivation activation) {
        Map<VnicId, SelfActivation> all = new HashMap<>(done);
        all.put(vnic, activation);
        return new Arming(announced, all, disarming, enforcing, why, mayBeCut);
    }

    Arming disarmAll(List<VnicId> vnics, @Nullable Refusal reason, boolean cut) {
        return new Arming(announced, done, Set.copyOf(vnics), Set.of(), reason, cut);
    }

    /** It was to go on by orders, and is given up meanwhile. */
    Arming givenUp(Refusal reason, boolean cut) {
        return why == null ? new Arming(announced, done, disarming, enforcing, reason, cut) : this;
    }

    Arming disarmed(VnicId vnic, boolean enforces) {
        Set<VnicId> left = new HashSet<>(disarming);
        left.remove(vnic);
        Set<VnicId> all = new HashSet<>(enforcing);
        if (enforces) {
            all.add(vnic);
        }
        return new Arming(announced, done, left, all, why, mayBeCut);
    }
}
