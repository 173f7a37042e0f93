package io.portcullis.policy.analyze;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.ExcludedVnics;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Says of each exclusion how many vNICs have no firewall because of it. */
final class ExclusionSearch {
    private final TenantModel model;
    private final ExcludedVnics excluded;

    ExclusionSearch(TenantModel model, ExcludedVnics excluded) {
        this.model = model;
        this.excluded = excluded;
    }

    private static final class Count {
        private int open;
        private int isolated;
    }

    List<Finding> find() {
        TreeMap<String, Count> counts = new TreeMap<>();
        for (Vm vm : model.vms().values()) {
            for (Vnic vnic : vm.vnics()) {
                VnicId id = vnic.id();
                for (String exclusion : excluded.exclusions(id)) {
                    Count count = counts.computeIfAbsent(exclusion, _ -> new Count());
                    count.open += excluded.holds(id) ? 1 : 0;
                    count.isolated += excluded.isOverruled(id) ? 1 : 0;
                }
            }
        }
        List<Finding> findings = new ArrayList<>();
        counts.forEach((name, count) -> findings.add(finding(name, count)));
        return findings;
    }

    private static Finding finding(String name, Count count) {
        return new Finding(
                FindingKind.EXCLUDED,
                new Finding.OfExclusion(name),
                "none of the tenant's rules holds for " + count.open + (count.open == 1 ? " vNIC" : " vNICs")
                        + " that it names"
                        + (count.isolated == 0 ? "" : "; " + count.isolated + " more are isolated by quarantine"),
                "take VMs off it that need no way around the rules",
                List.of());
    }
}
