package io.portcullis.datapath.classify;

import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * What happens where a rule matched: id, action, live-flow mode, in 16 bytes a rule, and whether it keeps state as the table does. A decision about a first packet reads these
 * instead of the rule itself, which lies three cache lines further. The entry behind the last rule is the default's;
 * {@link Classifier#DEFAULT} means it, too. Immutable, any thread.
 */
public final class RuleFacts {
    /** The default cuts: a connection that no rule allows any more is over. */
    private static final LiveFlowMode MODE_OF_DEFAULT = LiveFlowMode.RECHECK;

    private final long[] ids;
    private final Action[] actions;
    private final LiveFlowMode[] modes;
    private final BitSet stateless = new BitSet();
    private final boolean isLoose;
    /** Rules that do not pick connections up as the table does. */
    private final BitSet otherPickup = new BitSet();

    RuleFacts(RuleTable table) {
        List<TableRule> rules = table.rules();
        ids = new long[rules.size() + 1];
        actions = new Action[ids.length];
        modes = new LiveFlowMode[ids.length];
        for (int i = 0; i < rules.size(); i++) {
            TableRule rule = rules.get(i);
            ids[i] = rule.id();
            actions[i] = rule.action();
            modes[i] = rule.liveFlowMode();
            stateless.set(i, rule.stateless());
            otherPickup.set(i, picksUp(rule.pickup(), table.looseTracking()) != table.looseTracking());
        }
        isLoose = table.looseTracking();
        ids[rules.size()] = RuleTable.DEFAULT_RULE_ID;
        actions[rules.size()] = table.defaultAction();
        modes[rules.size()] = MODE_OF_DEFAULT;
    }

    private int place(int decision) {
        return decision == Classifier.DEFAULT ? ids.length - 1 : decision;
    }

    public long id(int decision) {
        return ids[place(decision)];
    }

    public Action action(int decision) {
        return actions[place(decision)];
    }

    public LiveFlowMode liveFlowMode(int decision) {
        return modes[place(decision)];
    }

    private static boolean picksUp(TcpPickup pickup, boolean isLoose) {
        return switch (pickup) {
            case INHERIT -> isLoose;
            case STRICT -> false;
            case LOOSE -> true;
        };
    }

    /** Whether all rules keep state, and pick up connections as the table does: then nobody need ask the one that decided. */
    public boolean areAlike() {
        return stateless.isEmpty() && otherPickup.isEmpty();
    }

    public boolean hasStateless() {
        return !stateless.isEmpty();
    }

    /** Whether the rule judges a packet by itself; the default never does. */
    public boolean isStateless(int decision) {
        return decision != Classifier.DEFAULT && stateless.get(decision);
    }

    /** Whether a TCP connection that is allowed here may be picked up in mid-stream. */
    public boolean picksUp(int decision) {
        return isLoose != (decision != Classifier.DEFAULT && otherPickup.get(decision));
    }

    /** Whether there is any that does. */
    public boolean mayPickUp() {
        return isLoose || !otherPickup.isEmpty();
    }

    boolean hasIdsOf(RuleFacts other) {
        return Arrays.equals(ids, other.ids);
    }

    long bytes() {
        return HeapSizes.OBJECT
                + HeapSizes.ofLongs(ids.length)
                + 2 * HeapSizes.ofReferences(ids.length)
                + (stateless.size() + otherPickup.size()) / Byte.SIZE;
    }
}
