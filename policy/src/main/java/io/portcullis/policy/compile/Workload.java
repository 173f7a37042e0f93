package io.portcullis.policy.compile;

import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TextMatch;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * What an expression is judged for: one address of one vNIC of one VM.
 *
 * @param range holds exactly that address; empty for a vNIC without addresses
 */
record Workload(Vm vm, Vnic vnic, List<IpRange> range) {
    static List<Workload> of(Vm vm, Vnic vnic) {
        if (vnic.allAddresses().isEmpty()) {
            return List.of(new Workload(vm, vnic, List.of()));
        }
        return vnic.allAddresses().stream()
                .map(address -> new Workload(vm, vnic, List.of(IpRanges.single(address))))
                .toList();
    }

    /** Whether an expression that needs nothing but the workload itself holds for it. */
    boolean satisfies(Expression leaf) {
        return switch (leaf) {
            case Expression.HasTag(Tag tag) -> vm.tags().contains(tag);
            case Expression.NameMatches(TextMatch match, String text) -> match.matches(vm.name(), text);
            case Expression.OsMatches(TextMatch match, String text) -> match.matches(vm.os(), text);
            case Expression.InSegment(String segment) -> vnic.segment().equals(segment);
            case Expression.HasFinding(String finding, @Nullable String value) -> hasFinding(finding, value);
            case Expression.Addresses(List<AddressLiteral> addresses) -> hasAddress(addresses);
            case Expression.Members(SortedSet<String> vms) -> vms.contains(vm.name());
            case Expression.InGroup _, Expression.And _, Expression.Or _, Expression.Not _ ->
                throw new IllegalArgumentException("not a leaf: " + leaf);
        };
    }

    private boolean hasFinding(String finding, @Nullable String value) {
        String found = vm.findings().get(finding);
        return found != null && (value == null || value.equals(found));
    }

    private boolean hasAddress(List<AddressLiteral> addresses) {
        for (AddressLiteral literal : addresses) {
            for (IpRange own : range) {
                if (literal.range().family() == own.family()
                        && literal.range().contains(own.firstHigh(), own.firstLow())) {
                    return true;
                }
            }
        }
        return false;
    }
}
