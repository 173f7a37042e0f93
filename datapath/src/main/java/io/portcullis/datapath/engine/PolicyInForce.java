package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Classifier;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.classify.FrameRules;
import io.portcullis.datapath.classify.PassedRules;
import io.portcullis.datapath.classify.RuleFacts;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.RuleUse;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A rule table with its classifier, revision and hit counters. The table and classifier may be shared, the counters are
 * this vNIC's. One thread, no allocation per decision ({@link HitCounters}). A decision is the index of the rule, or {@link Classifier#DEFAULT}.
 */
final class PolicyInForce implements RuleUse {
    /** Instead of the name of a rule that is not in the table: it allowed a connection that is kept. */
    static final String GONE = "(gone)";

    private static final PassedRules NONE_PASSED = new PassedRules();

    private final CompiledRules compiled;
    private final RuleTable table;
    private final long revision;
    // ---- made with the first decision ----
    private @Nullable Classifier classifier;
    /** Of the last decision. */
    private PassedRules passed = NONE_PASSED;

    private final FrameRules frameRules;
    private final RuleFacts facts;
    /** By index of the rule; the last one is the default's. */
    private final HitCounters hits;
    /** Where the rule was that was of use last. */
    private int lastSeen;

    /** @param previous whose hits go on for rules with the same id; not used any more */
    PolicyInForce(CompiledRules compiled, long revision, @Nullable PolicyInForce previous) {
        this.compiled = compiled;
        this.revision = revision;
        table = compiled.table();
        frameRules = compiled.frameRules();
        facts = compiled.facts();
        hits = previous == null
                ? new HitCounters(table.rules().size() + 1)
                : previous.hits.carriedOver(previous.compiled, compiled);
    }

    CompiledRules compiled() {
        return compiled;
    }

    HitCounters hits() {
        return hits;
    }

    RuleTable table() {
        return table;
    }

    long revision() {
        return revision;
    }

    /** Whether nothing but a rule stops a packet: neither its kind nor the state of its connection, nor a limit. */
    boolean isExcluded() {
        return table.excluded();
    }

    int decide(PacketView packet, Direction direction) {
        Classifier present = classifier;
        return (present == null ? makeClassifier() : present).classify(packet, direction);
    }

    private Classifier makeClassifier() {
        passed = new PassedRules();
        Classifier made = compiled.classifier(passed);
        classifier = made;
        return made;
    }

    /** Whether each frame is judged by itself, before its connection is looked for. */
    boolean hasFrameRules() {
        return !frameRules.isEmpty();
    }

    /** The rule of category ETHERNET that decides about a frame, or {@link FrameRules#DEFAULT}; hits of the provider's and the tenant's are counted. */
    int decideFrame(PacketView packet, Direction direction, long nowNanos) {
        if (frameRules.isEmpty()) {
            return FrameRules.DEFAULT;
        }
        int above = countFrame(frameRules.matchOfProvider(packet, direction), nowNanos);
        return frameRules.isFinal(above)
                ? above
                : frameRules.joined(above, countFrame(frameRules.matchOfTenant(packet, direction), nowNanos));
    }

    private int countFrame(int match, long nowNanos) {
        if (match != FrameRules.DEFAULT) {
            hits.add(match, 1, nowNanos);
        }
        return match;
    }

    /** As {@link #decideFrame}, without a count. */
    int matchFrame(PacketView packet, Direction direction) {
        return frameRules.isEmpty() ? FrameRules.DEFAULT : frameRules.classify(packet, direction);
    }

    /** Counts what {@link #decide} said last, and the rules that passed it on. */
    void countHit(int decision, long nowNanos) {
        hits.add(place(decision), 1, nowNanos);
        if (passed.count() > 0) {
            countPassed(nowNanos);
        }
    }

    private void countPassed(long nowNanos) {
        for (int i = 0; i < passed.count(); i++) {
            hits.add(passed.place(i), 1, nowNanos);
        }
    }

    private int place(int decision) {
        return decision == Classifier.DEFAULT ? hits.count() - 1 : decision;
    }

    @Override
    public void seen(long ruleId, long atNanos) {
        int place = ruleId == RuleTable.DEFAULT_RULE_ID ? hits.count() - 1 : compiled.indexOf(ruleId, lastSeen);
        if (place >= 0) {
            lastSeen = place;
            hits.seen(place, atNanos);
        }
    }

    /** Null for the default. */
    @Nullable
    TableRule rule(int decision) {
        return decision == Classifier.DEFAULT ? null : table.rules().get(decision);
    }

    Action action(int decision) {
        return facts.action(decision);
    }

    LiveFlowMode liveFlowMode(int decision) {
        return facts.liveFlowMode(decision);
    }

    /** Whether every rule keeps state, and picks up connections as all others do. */
    boolean tracksAlike() {
        return facts.areAlike();
    }

    boolean hasStateless() {
        return facts.hasStateless();
    }

    /** Whether the rule judges a packet by itself. */
    boolean isStateless(int decision) {
        return facts.isStateless(decision);
    }

    /** Whether a TCP connection that is allowed by this may begin with a segment without SYN. */
    boolean picksUp(int decision) {
        return facts.picksUp(decision);
    }

    long ruleId(int decision) {
        return facts.id(decision);
    }

    /** {@code policy/rule}; empty for the default, and {@link #GONE} for a rule that the table does not have (any more). */
    String ruleName(long id) {
        if (id == RuleTable.DEFAULT_RULE_ID) {
            return "";
        }
        int index = compiled.indexOf(id);
        return index < 0 ? GONE : table.rules().get(index).name();
    }

    /** As {@link #ruleName(long)}, of the rule that decided. */
    String ruleNameOf(int decision) {
        return decision == Classifier.DEFAULT ? "" : table.rules().get(decision).name();
    }

    void drainHits(HitSink sink) {
        hits.drain((place, count, lastNanos) -> sink.hit(facts.id(place), count, lastNanos));
    }

    SortedMap<Long, Long> hitsById() {
        SortedMap<Long, Long> map = new TreeMap<>();
        for (int i = 0; i < hits.count(); i++) {
            map.merge(facts.id(i), hits.of(i), Long::sum);
        }
        return map;
    }
}
