package io.portcullis.policy.model;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What tenants must not share. They may reuse addresses because a segment is a VLAN on the hosts' uplinks; so a VLAN may
 * have one tenant only. No single tenant can check that: the registry of tenants, which sees all of them, hands VLANs out, and
 * a tenant accepts no segment before it has its VLAN.
 */
public final class TenantIsolation {
    private TenantIsolation() {}

    /** VLANs of the tenant's segments, ascending. */
    public static SortedSet<Integer> vlans(TenantModel model) {
        SortedSet<Integer> vlans = new TreeSet<>();
        model.segments().values().forEach(segment -> vlans.add(segment.vlan()));
        return vlans;
    }

    /**
     * Segments of the candidate whose VLAN another tenant has; does not say which tenant that is.
     *
     * @param taken VLANs of all other tenants, or those of them that the candidate wants
     */
    public static List<Problem> problems(TenantModel candidate, Set<Integer> taken) {
        Problems problems = new Problems();
        for (Segment segment : candidate.segments().values()) {
            if (taken.contains(segment.vlan())) {
                problems.add(
                        Problems.pointer("segments", segment.name(), "vlan"),
                        "VLAN " + segment.vlan() + " belongs to another tenant",
                        "choose a VLAN that no other tenant has: it is what keeps their frames apart");
            }
        }
        return problems.list();
    }
}
