package io.portcullis.policy.evaluate;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who has an address, and for which addresses a group stands in a rule. Answers are remembered. One thread. */
final class Population {
    private final TenantModel model;
    private final Map<InetAddress, List<Subject>> owners = new HashMap<>();
    private final Map<VnicId, List<Subject>> subjects = new HashMap<>();
    private final Map<InetAddress, Map<String, Boolean>> named = new HashMap<>();

    Population(TenantModel model) {
        this.model = model;
    }

    static Group group(TenantModel model, String name) {
        Group group = model.group(name);
        if (group == null) {
            throw new IllegalArgumentException("tenant " + model.tenant() + " has no group '" + name + "'");
        }
        return group;
    }

    static boolean contains(List<AddressLiteral> literals, InetAddress address) {
        return literals.stream().anyMatch(literal -> literal.contains(address));
    }

    /** The tenant's vNICs that have the address: in several segments there may be several. */
    List<Subject> owners(InetAddress address) {
        return owners.computeIfAbsent(address, this::find);
    }

    private List<Subject> find(InetAddress address) {
        List<Subject> found = new ArrayList<>();
        for (Vm vm : model.vms().values()) {
            for (Vnic vnic : vm.vnics()) {
                if (vnic.allAddresses().contains(address)) {
                    found.add(new Subject(model, vm, vnic, address));
                }
            }
        }
        return found;
    }

    /** The vNIC, once for each of its addresses, or once without any. */
    List<Subject> subjects(Vnic vnic) {
        return subjects.computeIfAbsent(vnic.id(), _ -> judged(vnic));
    }

    private List<Subject> judged(Vnic vnic) {
        Vm vm = model.vm(vnic.id().vm())
                .orElseThrow(() -> new IllegalArgumentException(vnic.id() + " is no vNIC of " + model.tenant()));
        return vnic.allAddresses().isEmpty()
                ? List.of(new Subject(model, vm, vnic, null))
                : vnic.allAddresses().stream()
                        .map(address -> new Subject(model, vm, vnic, address))
                        .toList();
    }

    /** Whether a rule that names the group means this address. */
    boolean standsFor(String group, InetAddress address) {
        return owners(address).stream().anyMatch(owner -> owner.isIn(group)) || isNamed(group, address);
    }

    /** Whether the group's address sets hold the address, whoever has it. */
    boolean isNamed(String group, InetAddress address) {
        Map<String, Boolean> known = named.computeIfAbsent(address, _ -> new HashMap<>());
        Boolean before = known.get(group);
        if (before == null) {
            before = isNamed(group(model, group).expression(), address);
            known.put(group, before);
        }
        return before;
    }

    private boolean isNamed(Expression expression, InetAddress address) {
        return switch (expression) {
            case Expression.Addresses(var set) -> contains(set, address);
            case Expression.InGroup(String group) -> isNamed(group, address);
            case Expression.And(var operands) -> operands.stream().allMatch(operand -> isNamed(operand, address));
            case Expression.Or(var operands) -> operands.stream().anyMatch(operand -> isNamed(operand, address));
            case Expression.Not _,
                    Expression.HasTag _,
                    Expression.NameMatches _,
                    Expression.OsMatches _,
                    Expression.InSegment _,
                    Expression.HasFinding _,
                    Expression.Members _ -> false;
        };
    }
}
