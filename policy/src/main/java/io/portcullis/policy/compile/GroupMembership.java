package io.portcullis.policy.compile;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is in which group of one model, worked out lazily and remembered; the reference of {@link GroupIndex}, which follows a model
 * through its edits. Follows the semantics of {@link Expression}. One
 * thread. The model must be free of problems; an unknown group throws {@link IllegalArgumentException}.
 */
public final class GroupMembership {
    private final TenantModel model;
    /** What expressions are judged for: each address of each vNIC, in the order of the inventory. */
    private final List<Workload> workloads = new ArrayList<>();

    private final Map<Tag, BitSet> byTag = new HashMap<>();
    private final Map<String, BitSet> bySegment = new HashMap<>();
    private final Map<String, BitSet> workloadsByGroup = new HashMap<>();
    private final Map<String, List<IpRange>> literalsByGroup = new HashMap<>();
    private final Map<String, List<IpRange>> rangesByGroup = new HashMap<>();

    private GroupMembership(TenantModel model, Iterable<Vm> vms) {
        this.model = model;
        for (Vm vm : vms) {
            for (Vnic vnic : vm.vnics()) {
                Workload.of(vm, vnic).forEach(this::index);
            }
        }
    }

    public static GroupMembership of(TenantModel model) {
        return new GroupMembership(model, model.vms().values());
    }

    /** As if the VM were the only one: who asks about one VM does not pay for all. */
    public static GroupMembership of(TenantModel model, Vm vm) {
        return new GroupMembership(model, List.of(vm));
    }

    private void index(Workload workload) {
        int index = workloads.size();
        workloads.add(workload);
        workload.vm()
                .tags()
                .forEach(tag -> byTag.computeIfAbsent(tag, _ -> new BitSet()).set(index));
        bySegment.computeIfAbsent(workload.vnic().segment(), _ -> new BitSet()).set(index);
    }

    /** The vNICs in the group, in the order of the inventory. */
    public Set<VnicId> members(String group) {
        Set<VnicId> members = new LinkedHashSet<>();
        workloadsOf(group).stream()
                .forEach(index -> members.add(workloads.get(index).vnic().id()));
        return members;
    }

    /** The addresses that the group stands for in a rule: those of its members and those of its address sets; merged. */
    public List<IpRange> ranges(String group) {
        List<IpRange> known = rangesByGroup.get(group);
        if (known != null) {
            return known;
        }
        List<IpRange> ranges = new ArrayList<>(literalsOf(group));
        workloadsOf(group).stream()
                .forEach(index -> ranges.addAll(workloads.get(index).range()));
        List<IpRange> merged = IpRanges.merge(ranges);
        rangesByGroup.put(group, merged);
        return merged;
    }

    /**
     * Why the VM is in the group or why not, as lines of text for people; deeper lines give the reason of the line above
     * them. At most {@link Explanation#MAX_LINES} lines.
     */
    public List<String> explain(VmId vm, String group) {
        return new Explanation(model).lines(vm, group(group));
    }

    /**
     * Why one address of a vNIC is in the group or why not: as {@link #explain(VmId, String)}, of that address alone. Works nothing else out.
     *
     * @param address null for a vNIC without addresses
     */
    public static List<String> explain(TenantModel model, VnicId id, @Nullable InetAddress address, String groupName) {
        Vm vm = model.vm(id.vm()).orElseThrow(() -> new IllegalArgumentException("there is no VM " + id.vm()));
        Vnic vnic = vm.vnic(id).orElseThrow(() -> new IllegalArgumentException("there is no vNIC " + id));
        List<IpRange> range = address == null ? List.of() : List.of(IpRanges.single(address));
        return new Explanation(model).lines(new Workload(vm, vnic, range), group(model, groupName));
    }

    private Group group(String name) {
        return group(model, name);
    }

    private static Group group(TenantModel model, String name) {
        Group group = model.group(name);
        if (group == null) {
            throw new IllegalArgumentException("tenant " + model.tenant() + " has no group '" + name + "'");
        }
        return group;
    }

    private BitSet workloadsOf(String group) {
        BitSet known = workloadsByGroup.get(group);
        if (known == null) {
            known = evaluate(group(group).expression());
            workloadsByGroup.put(group, known);
        }
        return known;
    }

    /** A set that the caller must not change: it may be an index. */
    private BitSet evaluate(Expression expression) {
        return switch (expression) {
            case Expression.HasTag(Tag tag) -> byTag.getOrDefault(tag, new BitSet());
            case Expression.InSegment(String segment) -> bySegment.getOrDefault(segment, new BitSet());
            case Expression.InGroup(String group) -> workloadsOf(group);
            case Expression.And(List<Expression> operands) -> {
                BitSet all = (BitSet) evaluate(operands.getFirst()).clone();
                operands.forEach(operand -> all.and(evaluate(operand)));
                yield all;
            }
            case Expression.Or(List<Expression> operands) -> {
                BitSet some = new BitSet();
                operands.forEach(operand -> some.or(evaluate(operand)));
                yield some;
            }
            case Expression.Not(Expression operand) -> {
                BitSet others = (BitSet) evaluate(operand).clone();
                others.flip(0, workloads.size());
                yield others;
            }
            case Expression.NameMatches _,
                    Expression.OsMatches _,
                    Expression.HasFinding _,
                    Expression.Addresses _,
                    Expression.Members _ -> scan(expression);
        };
    }

    private BitSet scan(Expression leaf) {
        BitSet matching = new BitSet();
        for (int index = 0; index < workloads.size(); index++) {
            if (workloads.get(index).satisfies(leaf)) {
                matching.set(index);
            }
        }
        return matching;
    }

    private List<IpRange> literalsOf(String group) {
        List<IpRange> known = literalsByGroup.get(group);
        if (known == null) {
            known = LiteralRanges.of(group(group).expression(), this::literalsOf);
            literalsByGroup.put(group, known);
        }
        return known;
    }
}
