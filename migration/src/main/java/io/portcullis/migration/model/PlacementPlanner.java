package io.portcullis.migration.model;

import io.portcullis.migration.model.PlacementPolicy.AntiAffinity;
import io.portcullis.migration.model.PlacementPolicy.Preference;
import io.portcullis.policy.HostId;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Says where VMs should go. Knows the hosts as they were looked at, and what was placed through it since, so that many VMs can be placed one after the
 * other. A host that takes no VMs, or has no room for all vNICs of a VM, is never chosen. Not thread-safe; the same calls give the same answers.
 */
public final class PlacementPlanner {
    private final PlacementPolicy policy;
    private final TreeMap<HostId, PlannedHost> hosts = new TreeMap<>(Comparator.comparing(HostId::value));
    private final Totals totals;

    public PlacementPlanner(Collection<HostRoom> rooms, PlacementPolicy policy) {
        this.policy = policy;
        rooms.forEach(room -> hosts.put(room.host(), new PlannedHost(room)));
        totals = Totals.of(hosts.values());
    }

    /** The best host for the VM among those allowed; empty if none of them may take it. The host that it is on is no candidate. */
    public Optional<HostId> choose(VmLoad vm, Predicate<HostId> allowed) {
        Comparator<PlannedHost> byShare = Comparator.comparingDouble(host -> host.shareWith(vm, totals));
        Comparator<PlannedHost> best = (policy.preference() == Preference.SPREAD ? byShare : byShare.reversed())
                .thenComparing(host -> host.id().value());
        return hosts.values().stream()
                .filter(host -> allowed.test(host.id()) && mayTake(host, vm))
                .min(Comparator.<PlannedHost>comparingInt(host -> conflicts(host, vm))
                        .thenComparing(best))
                .map(PlannedHost::id);
    }

    /** Why {@link #choose} finds none of the hosts allowed, for people. */
    public String whyNone(VmLoad vm, Predicate<HostId> allowed) {
        boolean hasRoom = hosts.values().stream()
                .anyMatch(host -> allowed.test(host.id()) && !host.has(vm.vm()) && host.hasRoom(vm));
        return hasRoom
                ? "every host that has room has a VM that it must be kept apart from (anti-affinity)"
                : "no other host takes VMs and has room";
    }

    /** From now on the VM counts on that host, and on no other. */
    public void place(VmLoad vm, HostId to) {
        hosts.values().forEach(host -> host.remove(vm.vm()));
        PlannedHost host = hosts.get(to);
        if (host != null) {
            host.add(vm);
        }
    }

    private boolean mayTake(PlannedHost host, VmLoad vm) {
        return !host.has(vm.vm())
                && host.hasRoom(vm)
                && (policy.antiAffinity() != AntiAffinity.HARD || host.conflicts(vm) == 0);
    }

    private int conflicts(PlannedHost host, VmLoad vm) {
        return policy.antiAffinity() == AntiAffinity.OFF ? 0 : host.conflicts(vm);
    }
}
