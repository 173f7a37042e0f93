package io.portcullis.policy.compile;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.ModelDelta;
import io.portcullis.policy.model.NameMap;
import io.portcullis.policy.model.TextMatch;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The vNICs and workloads of a tenant by number, and by what groups ask of them. Says what a change has touched. One thread. */
final class Inventory {
    private final Postings postings = new Postings();
    private final Numbered<VnicNode> vnics = new Numbered<>();
    private final Numbered<WorkloadNode> workloads = new Numbered<>();
    private final Map<VnicId, VnicNode> byId = new HashMap<>();
    private final TreeMap<IpRange, IntSet> byAddress = new TreeMap<>(IpRanges.ORDER);
    private NameMap<Vm> vms = NameMap.empty();

    private final List<WorkloadNode> touched = new ArrayList<>();
    private final List<WorkloadNode> gone = new ArrayList<>();
    private final List<VnicNode> reshaped = new ArrayList<>();
    private final List<VnicNode> goneVnics = new ArrayList<>();

    /** Goes over to other VMs, of which all are as before but these. */
    void change(List<ModelDelta.Change<Vm>> changes, SortedMap<String, Vm> next) {
        for (ModelDelta.Change<Vm> change : changes) {
            Vm before = change.before();
            Vm after = change.after();
            if (before != null) {
                for (Vnic vnic : before.vnics()) {
                    if (after == null || after.vnic(vnic.id()).isEmpty()) {
                        remove(vnic.id());
                    }
                }
            }
            if (after != null) {
                for (Vnic vnic : after.vnics()) {
                    put(after, vnic);
                }
            }
        }
        vms = NameMap.copyOf(next);
    }

    private void put(Vm vm, Vnic vnic) {
        VnicNode node = byId.get(vnic.id());
        if (node == null) {
            node = new VnicNode(vnics.next(), vnic);
            vnics.put(node);
            byId.put(vnic.id(), node);
            plug(node, vm, vnic);
            return;
        }
        if (!node.vnic.allAddresses().equals(vnic.allAddresses())) {
            unplug(node);
            plug(node, vm, vnic);
            return;
        }
        if (!node.vnic.protection().equals(vnic.protection())) {
            reshaped.add(node);
        }
        node.vnic = vnic;
        for (WorkloadNode workload : node.workloads) {
            postings.leave(workload);
            workload.workload = new Workload(vm, vnic, workload.workload.range());
            postings.enter(workload);
            touched.add(workload);
        }
    }

    private void plug(VnicNode node, Vm vm, Vnic vnic) {
        List<WorkloadNode> nodes = new ArrayList<>(1);
        for (Workload workload : Workload.of(vm, vnic)) {
            IntSet sharers = workload.range().isEmpty()
                    ? null
                    : byAddress.computeIfAbsent(workload.range().getFirst(), _ -> new IntSet());
            WorkloadNode added = new WorkloadNode(workloads.next(), node, workload, sharers);
            workloads.put(added);
            if (sharers != null) {
                sharers.add(added.number);
            }
            postings.enter(added);
            nodes.add(added);
            touched.add(added);
        }
        node.vnic = vnic;
        node.workloads = List.copyOf(nodes);
        reshaped.add(node);
    }

    private void unplug(VnicNode node) {
        for (WorkloadNode workload : node.workloads) {
            postings.leave(workload);
            if (workload.sharers != null && workload.sharers.remove(workload.number) && workload.sharers.isEmpty()) {
                byAddress.remove(workload.workload.range().getFirst());
            }
            gone.add(workload);
            workloads.retire(workload.number);
        }
        node.workloads = List.of();
    }

    private void remove(VnicId id) {
        VnicNode node = byId.remove(id);
        if (node != null) {
            unplug(node);
            node.gone = true;
            goneVnics.add(node);
            vnics.retire(node.number);
        }
    }

    /** Workloads that are new, or whose labels are others than before. */
    List<WorkloadNode> touched() {
        return touched;
    }

    List<WorkloadNode> gone() {
        return gone;
    }

    /** vNICs that are new, or have other addresses or another protection than before. */
    List<VnicNode> reshaped() {
        return reshaped;
    }

    List<VnicNode> goneVnics() {
        return goneVnics;
    }

    /** Ends an update: what is gone is forgotten, and nothing is touched any more. */
    void finish() {
        touched.clear();
        gone.clear();
        reshaped.clear();
        goneVnics.clear();
        vnics.recycle();
        workloads.recycle();
    }

    Postings postings() {
        return postings;
    }

    WorkloadNode workload(int number) {
        return workloads.get(number);
    }

    VnicNode vnic(int number) {
        return vnics.get(number);
    }

    @Nullable
    VnicNode vnic(VnicId id) {
        return byId.get(id);
    }

    Collection<VnicNode> all() {
        return byId.values();
    }

    /** The posting of a simple condition, to be given back with {@link Postings#release}. */
    Posting acquire(Expression leaf) {
        return postings.acquire(leaf, () -> satisfying(leaf));
    }

    /** Those for which it holds; looks at as few VMs as the condition lets it. */
    private IntSet satisfying(Expression leaf) {
        return switch (leaf) {
            // of these, the postings know all that there are
            case Expression.HasTag _, Expression.InSegment _, Expression.HasFinding _ -> new IntSet();
            case Expression.NameMatches(TextMatch match, String text) -> among(named(match, text), leaf);
            case Expression.OsMatches _ -> among(vms.values(), leaf);
            case Expression.Members members ->
                among(
                        members.vms().stream()
                                .filter(vms::containsKey)
                                .map(vms::get)
                                .toList(),
                        leaf);
            case Expression.Addresses(List<AddressLiteral> addresses) -> within(addresses);
            case Expression.InGroup _, Expression.And _, Expression.Or _, Expression.Not _ ->
                throw new IllegalArgumentException("not a leaf: " + leaf);
        };
    }

    private Collection<Vm> named(TextMatch match, String text) {
        String folded = text.toLowerCase(Locale.ROOT);
        return switch (match) {
            case EQUALS -> vms.containsKey(folded) ? List.of(vms.get(folded)) : List.of();
            case STARTS_WITH -> vms.subMap(folded, folded + Character.MAX_VALUE).values();
            case CONTAINS, MATCHES -> vms.values();
        };
    }

    private IntSet among(Collection<@Nullable Vm> candidates, Expression leaf) {
        Numbers found = new Numbers();
        for (Vm vm : candidates) {
            for (Vnic vnic : Objects.requireNonNull(vm).vnics()) {
                for (WorkloadNode workload : Objects.requireNonNull(byId.get(vnic.id())).workloads) {
                    if (workload.workload.satisfies(leaf)) {
                        found.add(workload.number);
                    }
                }
            }
        }
        return found.toSet();
    }

    private IntSet within(List<AddressLiteral> addresses) {
        Numbers found = new Numbers();
        for (AddressLiteral literal : addresses) {
            IpRange range = literal.range();
            byAddress
                    .subMap(IpRanges.firstOf(range), true, IpRanges.lastOf(range), true)
                    .values()
                    .forEach(sharers -> sharers.forEach(found::add));
        }
        return found.toSet();
    }

    /** Numbers in any order, on their way to become a set. */
    static final class Numbers {
        private int[] numbers = new int[4];
        private int count;

        void add(int number) {
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, count * 2);
            }
            numbers[count++] = number;
        }

        /** Ends the use of this object. */
        IntSet toSet() {
            return IntSet.of(numbers, count);
        }
    }
}
