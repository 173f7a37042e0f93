package io.portcullis.policy.evaluate;

import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One address of one vNIC (none for a vNIC without): whom expressions are judged for, as {@link Expression} says. One thread. */
final class Subject {
    private final TenantModel model;
    private final Vm vm;
    private final Vnic vnic;
    private final @Nullable InetAddress address;
    /** Groups may be shared by many others: each is judged once. */
    private final Map<String, Boolean> membership = new HashMap<>();

    Subject(TenantModel model, Vm vm, Vnic vnic, @Nullable InetAddress address) {
        this.model = model;
        this.vm = vm;
        this.vnic = vnic;
        this.address = address;
    }

    Vnic vnic() {
        return vnic;
    }

    @Nullable
    InetAddress address() {
        return address;
    }

    boolean isIn(String group) {
        Boolean known = membership.get(group);
        if (known == null) {
            known = holds(Population.group(model, group).expression());
            membership.put(group, known);
        }
        return known;
    }

    private boolean holds(Expression expression) {
        return switch (expression) {
            case Expression.HasTag(var tag) -> vm.tags().contains(tag);
            case Expression.NameMatches(var match, String text) -> match.matches(vm.name(), text);
            case Expression.OsMatches(var match, String text) -> match.matches(vm.os(), text);
            case Expression.InSegment(String segment) -> segment.equals(vnic.segment());
            case Expression.HasFinding(String finding, @Nullable String value) ->
                value == null
                        ? vm.findings().containsKey(finding)
                        : value.equals(vm.findings().get(finding));
            case Expression.Addresses(var set) -> address != null && Population.contains(set, address);
            case Expression.Members(var names) -> names.contains(vm.name());
            case Expression.InGroup(String group) -> isIn(group);
            case Expression.And(var operands) -> operands.stream().allMatch(this::holds);
            case Expression.Or(var operands) -> operands.stream().anyMatch(this::holds);
            case Expression.Not(Expression operand) -> !holds(operand);
        };
    }
}
