package io.portcullis.policy.analyze;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.ExcludedVnics;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The vNICs as numbers in the order of the inventory, without those that are excluded, and behind them one that is yet to come: a rule that is applied to all is applied
 * to that one, too, so that it is never held for covered by one that is applied to all vNICs of today by their groups.
 */
final class Scopes {
    private final GroupMembership membership;
    private final List<Vnic> vnics = new ArrayList<>();
    private final Map<VnicId, Integer> numbers = new HashMap<>();
    private final Map<List<String>, NumberSet> known = new HashMap<>();

    Scopes(TenantModel model, GroupMembership membership, ExcludedVnics excluded) {
        this.membership = membership;
        for (Vm vm : model.vms().values()) {
            for (Vnic vnic : vm.vnics()) {
                if (!excluded.holds(vnic.id())) {
                    numbers.put(vnic.id(), vnics.size());
                    vnics.add(vnic);
                }
            }
        }
    }

    List<Vnic> vnics() {
        return vnics;
    }

    /** The vNIC that is yet to come. */
    int future() {
        return vnics.size();
    }

    /** Every vNIC. */
    NumberSet all() {
        return NumberSet.of(0, vnics.size());
    }

    /** Those that are in one of the groups, or all if none is named. */
    NumberSet of(List<String> groups) {
        return groups.isEmpty() ? all() : known.computeIfAbsent(groups, this::members);
    }

    private NumberSet members(List<String> groups) {
        return NumberSet.of(groups.stream()
                .flatMap(group -> membership.members(group).stream())
                .filter(numbers::containsKey)
                .mapToLong(id -> numbers.getOrDefault(id, future())));
    }
}
