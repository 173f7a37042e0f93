package io.portcullis.policy.model;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What tenants must not share. They may reuse addresses because a segment is a VLAN on the hosts' uplinks; so a VLAN may
 * have one tenant only. No single tenant can check that: whoever sees all of them does, before it accepts segments.
 */
public final class TenantIsolation {
    private TenantIsolation() {}

    /** VLANs of the candidate that a segment of another tenant has; does not say which tenant that is. */
    public static List<Problem> problems(TenantModel candidate, Collection<TenantModel> others) {
        Set<Integer> taken = new HashSet<>();
        for (TenantModel other : others) {
            if (!other.tenant().equals(candidate.tenant())) {
                other.segments().values().forEach(segment -> taken.add(segment.vlan()));
            }
        }
        Problems problems = new Problems();
        for (Segment segment : candidate.segments().values()) {
            if (taken.contains(segment.vlan())) {
                problems.add(
                        Problems.pointer("segments", segment.name(), "vlan"),
                        "VLAN " + segment.vlan() + " is not free",
                        "choose a VLAN that no segment on these hosts has");
            }
        }
        return problems.list();
    }
}
