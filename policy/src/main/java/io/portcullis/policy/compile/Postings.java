package io.portcullis.policy.compile;

import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TextMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * For each simple condition: which workloads satisfy it. Those that name a tag, a segment or a finding are known of all workloads; the
 * others from when a group first refers to them. One thread.
 */
final class Postings {
    private final Posting everyone = new Posting();
    private final Map<Expression, Posting> byLeaf = new HashMap<>();
    private final TextIndex names = new TextIndex();
    private final TextIndex systems = new TextIndex();
    private final Map<String, List<Posting>> byMember = new HashMap<>();
    private final BlockIndex blocks = new BlockIndex();

    Posting everyone() {
        return everyone;
    }

    /**
     * The posting of a condition, to be given back with {@link #release}.
     *
     * @param workloads finds those that satisfy the condition; asked if they are not known
     */
    Posting acquire(Expression leaf, Supplier<IntSet> workloads) {
        Expression key = folded(leaf);
        Posting posting = byLeaf.get(key);
        if (posting == null) {
            posting = new Posting();
            posting.workloads = workloads.get();
            byLeaf.put(key, posting);
            index(key, posting);
        }
        posting.uses++;
        return posting;
    }

    void release(Expression leaf) {
        Expression key = folded(leaf);
        Posting posting = byLeaf.get(key);
        if (posting == null) {
            throw new IllegalStateException("nobody has acquired " + leaf);
        }
        posting.uses--;
        if (posting.uses == 0 && (!isAttribute(key) || posting.workloads.isEmpty())) {
            byLeaf.remove(key);
            forget(key, posting);
        }
    }

    void enter(WorkloadNode node) {
        forEachAttribute(
                node.workload,
                leaf -> byLeaf.computeIfAbsent(leaf, _ -> new Posting())
                        .workloads
                        .add(node.number));
        forEachOther(node.workload, posting -> posting.workloads.add(node.number));
    }

    void leave(WorkloadNode node) {
        forEach(node.workload, posting -> posting.workloads.remove(node.number));
        forEachAttribute(
                node.workload,
                leaf -> byLeaf.computeIfPresent(
                        leaf, (_, posting) -> posting.uses == 0 && posting.workloads.isEmpty() ? null : posting));
    }

    /** Tells the postings of all conditions that the workload satisfies, some perhaps more than once. */
    void forEach(Workload workload, Consumer<Posting> consumer) {
        forEachAttribute(workload, leaf -> {
            Posting posting = byLeaf.get(leaf);
            if (posting != null) {
                consumer.accept(posting);
            }
        });
        forEachOther(workload, consumer);
    }

    private void forEachOther(Workload workload, Consumer<Posting> consumer) {
        consumer.accept(everyone);
        names.forEachMatching(fold(workload.vm().name()), consumer);
        systems.forEachMatching(fold(workload.vm().os()), consumer);
        if (!byMember.isEmpty()) {
            byMember.getOrDefault(workload.vm().name(), List.of()).forEach(consumer);
        }
        for (IpRange address : workload.range()) {
            blocks.forEachHolding(address, consumer);
        }
    }

    private static void forEachAttribute(Workload workload, Consumer<Expression> consumer) {
        for (Tag tag : workload.vm().tags()) {
            consumer.accept(new Expression.HasTag(tag));
        }
        consumer.accept(new Expression.InSegment(workload.vnic().segment()));
        workload.vm().findings().forEach((finding, value) -> {
            consumer.accept(new Expression.HasFinding(finding, null));
            consumer.accept(new Expression.HasFinding(finding, value));
        });
    }

    private static boolean isAttribute(Expression leaf) {
        return leaf instanceof Expression.HasTag
                || leaf instanceof Expression.InSegment
                || leaf instanceof Expression.HasFinding;
    }

    private void index(Expression leaf, Posting posting) {
        switch (leaf) {
            case Expression.NameMatches(TextMatch match, String text) -> names.add(match, text, posting);
            case Expression.OsMatches(TextMatch match, String text) -> systems.add(match, text, posting);
            case Expression.Members members ->
                members.vms()
                        .forEach(vm -> byMember.computeIfAbsent(vm, _ -> new ArrayList<>(1))
                                .add(posting));
            case Expression.Addresses(List<AddressLiteral> addresses) -> blocks.add(merged(addresses), posting);
            case Expression.HasTag _, Expression.InSegment _, Expression.HasFinding _ -> {}
            case Expression.InGroup _, Expression.And _, Expression.Or _, Expression.Not _ ->
                throw new IllegalArgumentException("not a leaf: " + leaf);
        }
    }

    private void forget(Expression leaf, Posting posting) {
        switch (leaf) {
            case Expression.NameMatches(TextMatch match, String text) -> names.remove(match, text);
            case Expression.OsMatches(TextMatch match, String text) -> systems.remove(match, text);
            case Expression.Members members ->
                members.vms()
                        .forEach(vm -> byMember.computeIfPresent(vm, (_, those) -> {
                            those.remove(posting);
                            return those.isEmpty() ? null : those;
                        }));
            case Expression.Addresses(List<AddressLiteral> addresses) -> blocks.remove(merged(addresses), posting);
            case Expression.HasTag _, Expression.InSegment _, Expression.HasFinding _ -> {}
            case Expression.InGroup _, Expression.And _, Expression.Or _, Expression.Not _ ->
                throw new IllegalArgumentException("not a leaf: " + leaf);
        }
    }

    private static List<IpRange> merged(List<AddressLiteral> addresses) {
        return IpRanges.merge(addresses.stream().map(AddressLiteral::range).toList());
    }

    /** The same for all that mean the same. */
    private static Expression folded(Expression leaf) {
        return switch (leaf) {
            case Expression.NameMatches(TextMatch match, String text) ->
                new Expression.NameMatches(match, match.folded(text));
            case Expression.OsMatches(TextMatch match, String text) ->
                new Expression.OsMatches(match, match.folded(text));
            case Expression.HasTag _,
                    Expression.InSegment _,
                    Expression.HasFinding _,
                    Expression.Addresses _,
                    Expression.Members _,
                    Expression.InGroup _,
                    Expression.And _,
                    Expression.Or _,
                    Expression.Not _ -> leaf;
        };
    }

    private static String fold(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
