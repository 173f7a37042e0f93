package io.portcullis.datapath.classify;

import io.portcullis.policy.Stage;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A rule table made ready for fast look-ups; see DESIGN.md. Immutable, any thread: every vNIC with the same table shares one,
 * and asks through a {@link PacketClassifier} of its own.
 */
public final class CompiledRules {
    /** Up to so many rules are looked at one after the other: as fast, and nothing to build. */
    static final int LINEAR_RULES = 6;

    private static final int MAX_NEW_CLASSES = 64;

    private final RuleTable table;
    private final boolean isLinear;
    private final RuleIndex ipv4;
    private final RuleIndex ipv6;
    private final AddressProjection projection;
    private final @Nullable GroupRules groups;
    /** Rules that the index finds more often than they match. */
    private final BitSet unsure;

    private final FrameRules frameRules;
    private final RuleFacts facts;
    /** Indexes of rules in the order of their ids. */
    private final int[] byId;
    /** Of addresses, when the table was compiled as a whole. */
    private final int firstClasses;

    private CompiledRules(RuleTable table, RuleCompiler compiler, boolean isLinear) {
        this.table = table;
        this.isLinear = isLinear;
        ipv4 = compiler.ipv4();
        ipv6 = compiler.ipv6();
        projection = compiler.projection();
        groups = compiler.groups();
        unsure = compiler.unsure();
        frameRules = new FrameRules(table);
        facts = new RuleFacts(table);
        byId = IntStream.range(0, table.rules().size())
                .boxed()
                .sorted(Comparator.comparingLong(index -> facts.id(index)))
                .mapToInt(Integer::intValue)
                .toArray();
        firstClasses = groups == null ? 0 : groups.classes().count();
    }

    /** With the index of another table, which says the same of all rules but of groups. */
    private CompiledRules(RuleTable table, CompiledRules before, GroupRules changed) {
        this.table = table;
        isLinear = before.isLinear;
        ipv4 = before.ipv4;
        ipv6 = before.ipv6;
        projection = before.projection;
        groups = changed;
        unsure = before.unsure;
        frameRules = new FrameRules(table);
        facts = new RuleFacts(table);
        byId = before.byId;
        firstClasses = before.firstClasses;
    }

    /** Compiles a table: some milliseconds for 10,000 rules, so not on a thread that has packets to handle. */
    public static CompiledRules of(RuleTable table) {
        return of(table, LINEAR_RULES);
    }

    /**
     * Compiles a table that came after another one: where only a few addresses have joined groups or left them (or rules have another
     * action, live-flow mode, name or log, or keep state otherwise), the classes of those addresses are all that is made.
     */
    static CompiledRules after(CompiledRules before, RuleTable table) {
        GroupRules groups = before.groups;
        // classes that no address is in any more stay until the table is compiled anew
        boolean isWorn = groups == null || groups.classes().count() > 2 * before.firstClasses + MAX_NEW_CLASSES;
        GroupRules changed = groups == null || isWorn ? null : MembershipChange.apply(before.table, groups, table);
        return changed == null ? of(table) : new CompiledRules(table, before, changed);
    }

    /** Whether this was made of an index that another table has too. */
    boolean sharesIndexWith(CompiledRules other) {
        return ipv4 == other.ipv4;
    }

    /** @param linearRules up to so many rules are left as they are */
    static CompiledRules of(RuleTable table, int linearRules) {
        boolean isLinear = table.rules().size() <= linearRules || !hasStagesInOrder(table.rules());
        RuleTable indexed = isLinear ? new RuleTable("", List.of(), table.defaultAction(), false) : table;
        return new CompiledRules(table, new RuleCompiler(indexed), isLinear);
    }

    /** PASS leads on to the next stage, which an index finds only behind all of this one. */
    private static boolean hasStagesInOrder(List<TableRule> rules) {
        for (int i = 1; i < rules.size(); i++) {
            if (rules.get(i).stage().compareTo(rules.get(i - 1).stage()) < 0) {
                return false;
            }
        }
        return true;
    }

    public RuleTable table() {
        return table;
    }

    /** For one thread. */
    public Classifier classifier() {
        return classifier(null);
    }

    /** As {@link #classifier()}, which also says what passed. */
    public Classifier classifier(@Nullable PassedRules notes) {
        return isLinear ? new LinearClassifier(table, notes) : new PacketClassifier(this, notes);
    }

    /** Those of category ETHERNET. */
    public FrameRules frameRules() {
        return frameRules;
    }

    /** What each rule does. */
    public RuleFacts facts() {
        return facts;
    }

    /** Whether the other one has rules with the same ids in the same order. */
    public boolean hasRulesOf(CompiledRules other) {
        return facts.hasIdsOf(other.facts);
    }

    /** As {@link #indexOf(long)}, at once if the rule is where it is looked for first. */
    public int indexOf(long ruleId, int guess) {
        return guess >= 0 && guess < byId.length && facts.id(guess) == ruleId ? guess : indexOf(ruleId);
    }

    /** Index of a rule with this id, or -1; by a binary search. */
    public int indexOf(long ruleId) {
        int from = 0;
        int to = byId.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (facts.id(byId[middle]) < ruleId) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from < byId.length && facts.id(byId[from]) == ruleId ? byId[from] : -1;
    }

    RuleIndex ipv4() {
        return ipv4;
    }

    RuleIndex ipv6() {
        return ipv6;
    }

    AddressProjection projection() {
        return projection;
    }

    @Nullable
    GroupRules groups() {
        return groups;
    }

    /** Whether a rule that the index found is to be asked itself. */
    boolean isUnsure(int rule) {
        return unsure.get(rule);
    }

    /** The first rule behind this one that is of another stage. */
    int behindStageOf(int rule) {
        Stage stage = table.rules().get(rule).stage();
        int next = rule + 1;
        while (next < table.rules().size() && table.rules().get(next).stage() == stage) {
            next++;
        }
        return next;
    }

    /** Bytes of the heap beside the table itself. */
    public long bytes() {
        return HeapSizes.OBJECT
                + HeapSizes.ofInts(byId.length)
                + facts.bytes()
                + ipv4.bytes()
                + ipv6.bytes()
                + (groups == null ? 0 : groups.bytes());
    }
}
