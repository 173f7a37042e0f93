package io.portcullis.policy.compile;

import io.portcullis.policy.VmId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Tells why a VM is in a group or not, by walking the expression once more and writing down every step. */
final class Explanation {
    /** Longest explanation. */
    static final int MAX_LINES = 500;
    /** Literals or members that one line lists. */
    private static final int MAX_LISTED = 5;

    private final TenantModel model;
    private final List<String> lines = new ArrayList<>();
    /** Groups that are explained already for the workload at hand. */
    private final Map<String, Boolean> known = new HashMap<>();

    Explanation(TenantModel model) {
        this.model = model;
    }

    List<String> lines(VmId id, Group group) {
        Vm vm = model.vm(id).orElse(null);
        if (vm == null) {
            return List.of(id + " is no VM of tenant " + model.tenant());
        }
        if (vm.vnics().isEmpty()) {
            return List.of(id + " is not in group " + group.name() + ": it has no vNIC");
        }
        int title = reserve();
        boolean member = false;
        for (Vnic vnic : vm.vnics()) {
            for (Workload workload : Workload.of(vm, vnic)) {
                member |= explainWorkload(workload, group);
            }
        }
        write(title, id + (member ? " is in group " : " is not in group ") + group.name());
        if (lines.size() == MAX_LINES) {
            lines.set(MAX_LINES - 1, "… and more");
        }
        return List.copyOf(lines);
    }

    /** As {@link #lines(VmId, Group)}, of one workload, without the lines above the group's expression. */
    List<String> lines(Workload workload, Group group) {
        judge(workload, group.expression(), 0);
        return List.copyOf(lines);
    }

    /** Makes room for a line that is known only when those below it are; -1 when there is no more room. */
    private int reserve() {
        if (lines.size() == MAX_LINES) {
            return -1;
        }
        lines.add("");
        return lines.size() - 1;
    }

    private void write(int place, String line) {
        if (place >= 0) {
            lines.set(place, line);
        }
    }

    private boolean explainWorkload(Workload workload, Group group) {
        int place = reserve();
        known.clear();
        boolean holds = judge(workload, group.expression(), 2);
        String address = workload.range().isEmpty()
                ? "no address"
                : new AddressLiteral(workload.range().getFirst()).toString();
        write(place, line(1, workload.vnic().id().name() + " " + address, holds, ""));
        return holds;
    }

    private boolean judge(Workload workload, Expression expression, int depth) {
        int place = reserve();
        boolean repeated = expression instanceof Expression.InGroup in && known.containsKey(in.group());
        boolean holds = switch (expression) {
            case Expression.And(List<Expression> operands) -> {
                boolean all = true;
                for (Expression operand : operands) {
                    all &= judge(workload, operand, depth + 1);
                }
                yield all;
            }
            case Expression.Or(List<Expression> operands) -> {
                boolean some = false;
                for (Expression operand : operands) {
                    some |= judge(workload, operand, depth + 1);
                }
                yield some;
            }
            case Expression.Not(Expression operand) -> !judge(workload, operand, depth + 1);
            case Expression.InGroup(String group) -> judgeGroup(workload, group, depth + 1);
            case Expression.HasTag _,
                    Expression.NameMatches _,
                    Expression.OsMatches _,
                    Expression.InSegment _,
                    Expression.HasFinding _,
                    Expression.Addresses _,
                    Expression.Members _ -> workload.satisfies(expression);
        };
        write(place, line(depth, describe(expression), holds, repeated ? " (see above)" : has(workload, expression)));
        return holds;
    }

    /** Explains a group the first time only: groups that share inner groups would repeat them without end. */
    private boolean judgeGroup(Workload workload, String name, int depth) {
        Boolean before = known.get(name);
        if (before != null) {
            return before;
        }
        Group group = model.group(name);
        boolean holds = group != null && judge(workload, group.expression(), depth);
        known.put(name, holds);
        return holds;
    }

    private static String line(int depth, String text, boolean holds, String has) {
        return "  ".repeat(depth) + text + ": " + (holds ? "yes" : "no") + has;
    }

    private static String describe(Expression expression) {
        return switch (expression) {
            case Expression.HasTag has -> "tag " + has.tag();
            case Expression.NameMatches name -> "name " + words(name.match()) + " '" + name.text() + "'";
            case Expression.OsMatches os -> "operating system " + words(os.match()) + " '" + os.text() + "'";
            case Expression.InSegment in -> "in segment " + in.segment();
            case Expression.HasFinding has ->
                "finding " + has.finding() + (has.value() == null ? " (any value)" : "=" + has.value());
            case Expression.Addresses set -> "address in " + some(set.addresses());
            case Expression.Members members -> "one of " + some(List.copyOf(members.vms()));
            case Expression.InGroup in -> "in group " + in.group();
            case Expression.And _ -> "all of";
            case Expression.Or _ -> "any of";
            case Expression.Not _ -> "not";
        };
    }

    /** What the VM has instead, where that helps. */
    private static String has(Workload workload, Expression expression) {
        Vm vm = workload.vm();
        return switch (expression) {
            case Expression.HasTag _ -> vm.tags().isEmpty() ? " (has no tags)" : " (has " + vm.tags() + ")";
            case Expression.OsMatches _ -> " (is '" + vm.os() + "')";
            case Expression.InSegment _ -> " (is in " + workload.vnic().segment() + ")";
            case Expression.HasFinding _ ->
                vm.findings().isEmpty() ? " (has no findings)" : " (has " + vm.findings() + ")";
            case Expression.NameMatches _,
                    Expression.Addresses _,
                    Expression.Members _,
                    Expression.InGroup _,
                    Expression.And _,
                    Expression.Or _,
                    Expression.Not _ -> "";
        };
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String some(List<?> things) {
        String listed = things.stream().limit(MAX_LISTED).map(Object::toString).collect(Collectors.joining(", "));
        return things.size() > MAX_LISTED ? listed + " and " + (things.size() - MAX_LISTED) + " more" : listed;
    }
}
