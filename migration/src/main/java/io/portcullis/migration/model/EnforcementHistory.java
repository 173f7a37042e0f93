package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks a history of who enforced which vNIC: what the protocol promises, whatever happens. It is told every beginning and end in the
 * order of time, by simulations, by tests with actors, and by what was recorded on real nodes. Thread-safe.
 *
 * <ul>
 *   <li>Never do two hosts enforce a vNIC at once.
 *   <li>Epochs never fall, and none is enforced by two hosts, or again after it was sealed. Only a host that starts again may enforce
 *       what its disk has of the same VM, until it hears that the epoch has grown.
 * </ul>
 *
 * A host that the cluster takes for dead counts for nothing until it is back and has heard what became of its VMs: no VM runs on it as
 * far as the cluster knows, and the hypervisor sees to that.
 */
public final class EnforcementHistory {
    private record Epoch(HostId host, long epoch) {}

    private final Map<VnicId, Map<HostId, Long>> holders = new HashMap<>();
    private final Map<VnicId, Epoch> newest = new HashMap<>();
    private final Map<VnicId, Long> sealed = new HashMap<>();
    private final Set<HostId> cutOff = new HashSet<>();
    private final List<String> violations = new ArrayList<>();

    /** The host begins to enforce the vNIC, or goes on under another epoch. */
    public synchronized void enforces(VnicId vnic, HostId host, long epoch) {
        Long before = holders.computeIfAbsent(vnic, _ -> new HashMap<>()).put(host, epoch);
        if (!cutOff.contains(host) && (before == null || before != epoch)) {
            check(vnic, host, epoch);
        }
    }

    /** The host enforces the vNIC no more; under this epoch it may again, as after a restart. */
    public synchronized void stops(VnicId vnic, HostId host) {
        Map<HostId, Long> here = holders.get(vnic);
        if (here != null) {
            here.remove(host);
        }
    }

    /** The host enforces the vNIC no more, and nobody may under this epoch. */
    public synchronized void seals(VnicId vnic, HostId host) {
        Map<HostId, Long> here = holders.get(vnic);
        Long epoch = here == null ? null : here.remove(host);
        if (epoch != null && !cutOff.contains(host)) {
            sealed.merge(vnic, epoch, Math::max);
        }
    }

    /** The cluster takes the host for dead. */
    public synchronized void cutOff(HostId host) {
        cutOff.add(host);
    }

    /** The host is back, and has heard what became of its VMs. */
    public synchronized void isBack(HostId host) {
        if (cutOff.remove(host)) {
            holders.forEach((vnic, here) -> {
                Long epoch = here.get(host);
                if (epoch != null) {
                    check(vnic, host, epoch);
                }
            });
        }
    }

    /** Whether the cluster takes the host for dead, or it has not heard yet what became of its VMs. */
    public synchronized boolean isCutOff(HostId host) {
        return cutOff.contains(host);
    }

    /** Who enforces the vNIC, of those that count; null if nobody does. */
    public synchronized @Nullable HostId holder(VnicId vnic) {
        return holders.getOrDefault(vnic, Map.of()).keySet().stream()
                .filter(host -> !cutOff.contains(host))
                .findAny()
                .orElse(null);
    }

    /** What was seen that may not be; empty if all was as promised. */
    public synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    private void check(VnicId vnic, HostId host, long epoch) {
        Map<HostId, Long> here = Objects.requireNonNull(holders.get(vnic));
        for (Map.Entry<HostId, Long> other : here.entrySet()) {
            if (!other.getKey().equals(host) && !cutOff.contains(other.getKey())) {
                violations.add(vnic + " is enforced by " + other.getKey() + " under epoch " + other.getValue()
                        + " and by " + host + " under epoch " + epoch);
            }
        }
        Epoch top = newest.get(vnic);
        if (top != null && epoch <= top.epoch() && !host.equals(top.host())) {
            violations.add(vnic + " is enforced by " + host + " under epoch " + epoch + " after " + top.host()
                    + " did under epoch " + top.epoch());
        }
        if (epoch <= sealed.getOrDefault(vnic, Long.MIN_VALUE)) {
            violations.add(vnic + " is enforced by " + host + " under epoch " + epoch + ", which was sealed");
        }
        if (top == null || epoch >= top.epoch()) {
            newest.put(vnic, new Epoch(host, epoch));
        }
    }
}
