package io.portcullis.policy.compile;

import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelDelta;
import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Who is in which group, kept up to date by what changed: {@link #define} takes other expressions, {@link #settle} judges the
 * workloads that were touched, inner groups before outer ones. Says the same as {@link GroupMembership}, which works it out from the
 * model alone. One thread.
 *
 * <p>A workload is judged by the groups that it was in and those whose cover it is in, not by all that mention one of its labels:
 * of {@code AND(namespace, application)} only the rarer of both is watched.
 */
final class GroupIndex {
    private final Inventory inventory;
    private final Map<String, GroupNode> byName = new HashMap<>();
    private final Map<Expression.Addresses, GroupNode> addressSets = new HashMap<>();
    private final Numbered<GroupNode> nodes = new Numbered<>();

    /** What is to be judged in this update, by height. */
    private final List<List<GroupNode>> queues = new ArrayList<>();
    /** Groups that are judged by now are lower than this or as high. */
    private int settledHeight;

    /** Whether all groups judge all workloads in this update anyway. */
    private boolean allRedefined;

    private final List<WorkloadNode> touched = new ArrayList<>();
    private final List<GroupNode> changed = new ArrayList<>();

    GroupIndex(Inventory inventory) {
        this.inventory = inventory;
    }

    /** Takes over these groups, before the inventory changes; members follow in {@link #settle}. */
    void define(List<ModelDelta.Change<Group>> changes) {
        List<GroupNode> defined = new ArrayList<>(changes.size());
        for (ModelDelta.Change<Group> change : changes) {
            String name = change.name();
            GroupNode node = byName.get(name);
            Group group = change.after();
            if (node != null) {
                undefine(node);
            }
            if (group != null && node == null) {
                node = newNode(group.expression());
                byName.put(name, node);
            }
            if (group != null && node != null) {
                node.expression = group.expression();
                defined.add(node);
            } else if (node != null) {
                byName.remove(name);
                expelAll(node);
            }
        }
        for (GroupNode node : defined) {
            node.condition = condition(node.expression, node);
            node.redefined = true;
        }
        Set<GroupNode> above = withOuter(defined);
        above.forEach(node -> node.height = 0);
        above.forEach(GroupIndex::measure);
        restateLiterals(above);
        defined.forEach(this::enqueue);
        allRedefined = defined.size() == byName.size() && addressSets.isEmpty();
    }

    private GroupNode newNode(Expression expression) {
        GroupNode node = new GroupNode(nodes.next(), expression);
        nodes.put(node);
        return node;
    }

    private void undefine(GroupNode node) {
        node.leaves.forEach(inventory.postings()::release);
        node.leaves.clear();
        node.cover.forEach(posting -> posting.covered.remove(node));
        node.cover = List.of();
        node.inner.forEach(inner -> inner.outer.remove(node));
        node.inner.clear();
        node.condition = null;
    }

    private void expelAll(GroupNode node) {
        for (int number : node.members.workloads.toArray()) {
            move(node, inventory.workload(number), false);
        }
        nodes.retire(node.number);
    }

    private Condition condition(Expression expression, GroupNode owner) {
        return switch (expression) {
            case Expression.InGroup(String name) -> {
                GroupNode inner = group(name);
                owner.inner.add(inner);
                inner.outer.add(owner);
                yield new Condition.InGroup(inner);
            }
            case Expression.And(List<Expression> operands) -> new Condition.All(conditions(operands, owner));
            case Expression.Or(List<Expression> operands) -> new Condition.Some(conditions(operands, owner));
            case Expression.Not(Expression operand) -> new Condition.Not(condition(operand, owner));
            case Expression.HasTag _,
                    Expression.NameMatches _,
                    Expression.OsMatches _,
                    Expression.InSegment _,
                    Expression.HasFinding _,
                    Expression.Addresses _,
                    Expression.Members _ -> {
                owner.leaves.add(expression);
                yield new Condition.Simple(inventory.acquire(expression));
            }
        };
    }

    private List<Condition> conditions(List<Expression> operands, GroupNode owner) {
        return operands.stream().map(operand -> condition(operand, owner)).toList();
    }

    /** These groups and all that they are in, through however many others. */
    private static Set<GroupNode> withOuter(List<GroupNode> groups) {
        Set<GroupNode> all = new LinkedHashSet<>(groups);
        List<GroupNode> open = new ArrayList<>(groups);
        while (!open.isEmpty()) {
            for (GroupNode outer : open.removeLast().outer) {
                if (all.add(outer)) {
                    open.add(outer);
                }
            }
        }
        return all;
    }

    private static int measure(GroupNode node) {
        if (node.height == 0) {
            int highest = 0;
            for (GroupNode inner : node.inner) {
                highest = Math.max(highest, measure(inner));
            }
            node.height = highest + 1;
        }
        return node.height;
    }

    private void restateLiterals(Set<GroupNode> groups) {
        List<GroupNode> innerFirst = new ArrayList<>(groups);
        innerFirst.sort(Comparator.comparingInt(node -> node.height));
        for (GroupNode node : innerFirst) {
            List<IpRange> literals = LiteralRanges.of(node.expression, name -> group(name).literals);
            if (!literals.equals(node.literals)) {
                node.literals = literals;
                node.hasOtherLiterals = true;
                note(node);
            }
        }
    }

    /** Judges again who is in which group, after the inventory has changed. */
    void settle() {
        for (WorkloadNode workload : inventory.gone()) {
            for (int number : workload.groups.toArray()) {
                move(nodes.get(number), workload, false);
            }
        }
        inventory.touched().forEach(this::touch);
        for (int height = 1; height < queues.size(); height++) {
            settledHeight = height;
            List<GroupNode> queue = queues.get(height);
            for (GroupNode group : queue) {
                if (group.redefined) {
                    judgeAll(group);
                } else {
                    group.pending.forEach(workload -> judge(group, workload));
                }
                group.redefined = false;
                group.pending.clear();
            }
            queue.clear();
        }
        settledHeight = 0;
        allRedefined = false;
        touched.forEach(workload -> workload.touched = false);
        touched.clear();
    }

    /** The workload is to be judged by all groups above the settled ones that it may be in or was in. */
    private void touch(WorkloadNode workload) {
        if (workload.touched || allRedefined) {
            return;
        }
        workload.touched = true;
        touched.add(workload);
        inventory.postings().forEach(workload.workload, posting -> pend(posting.covered, workload));
        for (int place = 0; place < workload.groups.size(); place++) {
            GroupNode group = nodes.get(workload.groups.get(place));
            pend(group, workload);
            pend(group.members.covered, workload);
        }
    }

    private void pend(List<GroupNode> groups, WorkloadNode workload) {
        for (int place = 0; place < groups.size(); place++) {
            pend(groups.get(place), workload);
        }
    }

    private void pend(GroupNode group, WorkloadNode workload) {
        if (group.redefined || group.height <= settledHeight) {
            return;
        }
        if (group.pending.isEmpty()) {
            enqueue(group);
        }
        group.pending.add(workload);
    }

    private void enqueue(GroupNode group) {
        while (queues.size() <= group.height) {
            queues.add(new ArrayList<>());
        }
        queues.get(group.height).add(group);
    }

    private void judge(GroupNode group, WorkloadNode workload) {
        boolean joins = conditionOf(group).holds(workload);
        if (joins != group.members.workloads.contains(workload.number)) {
            move(group, workload, joins);
        }
    }

    /** The members anew, from the cover that is cheapest now. */
    private void judgeAll(GroupNode group) {
        Condition condition = conditionOf(group);
        group.cover = condition.cover(inventory.postings().everyone()).stream()
                .distinct()
                .toList();
        group.cover.forEach(posting -> posting.covered.add(group));
        Inventory.Numbers found = new Inventory.Numbers();
        for (Posting posting : group.cover) {
            for (int place = 0; place < posting.workloads.size(); place++) {
                int number = posting.workloads.get(place);
                if (condition.holds(inventory.workload(number))) {
                    found.add(number);
                }
            }
        }
        IntSet members = found.toSet();
        for (int number : group.members.workloads.toArray()) {
            if (!members.contains(number)) {
                move(group, inventory.workload(number), false);
            }
        }
        for (int place = 0; place < members.size(); place++) {
            if (!group.members.workloads.contains(members.get(place))) {
                move(group, inventory.workload(members.get(place)), true);
            }
        }
    }

    private static Condition conditionOf(GroupNode group) {
        return Objects.requireNonNull(group.condition);
    }

    private void move(GroupNode group, WorkloadNode workload, boolean joins) {
        if (joins) {
            group.members.workloads.add(workload.number);
            workload.groups.add(group.number);
        } else {
            group.members.workloads.remove(workload.number);
            workload.groups.remove(group.number);
        }
        group.moved.add(workload);
        note(group);
        if (settledHeight > 0) {
            touch(workload);
            pend(group.members.covered, workload);
        }
    }

    private void note(GroupNode group) {
        if (!group.changed) {
            group.changed = true;
            changed.add(group);
        }
    }

    /** Groups whose members or address sets are others than before this update. */
    List<GroupNode> changed() {
        return changed;
    }

    /** Ends an update. */
    void finish() {
        for (GroupNode group : changed) {
            group.changed = false;
            group.hasOtherLiterals = false;
            group.hasFreshRanges = false;
            group.moved.clear();
        }
        changed.clear();
        nodes.recycle();
    }

    /** Throws {@link IllegalArgumentException} if there is none. */
    GroupNode group(String name) {
        GroupNode node = byName.get(name);
        if (node == null) {
            throw new IllegalArgumentException("there is no group '" + name + "'");
        }
        return node;
    }

    GroupNode group(int number) {
        return nodes.get(number);
    }

    /** The literal addresses on a side of a rule, as a group of their own; to be given back with {@link #releaseAddresses}. */
    GroupNode acquireAddresses(Expression.Addresses addresses) {
        GroupNode node = addressSets.get(addresses);
        if (node == null) {
            node = newNode(addresses);
            node.condition = condition(addresses, node);
            node.height = 1;
            node.literals = LiteralRanges.of(addresses, name -> group(name).literals);
            judgeAll(node);
            addressSets.put(addresses, node);
        }
        node.holders++;
        return node;
    }

    void releaseAddresses(GroupNode node) {
        node.holders--;
        if (node.holders == 0 && node.expression instanceof Expression.Addresses addresses) {
            addressSets.remove(addresses);
            undefine(node);
            expelAll(node);
        }
    }
}
