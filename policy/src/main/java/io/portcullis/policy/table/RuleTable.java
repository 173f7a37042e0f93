package io.portcullis.policy.table;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import java.util.List;

/**
 * The ordered rules that concern one vNIC: first match wins, {@link io.portcullis.policy.Stage} by stage, then the default. Category ETHERNET judges
 * every frame by itself; what it lets through and is IP comes to the others, which judge connections. Immutable; two tables with the same content have the same {@link #hash()} and are shared by every vNIC that has them.
 *
 * @param hash lower-case hexadecimal SHA-256 of the content; made by the compiler
 * @param rules in order of evaluation, stages ascending; of an excluded vNIC the provider's only
 * @param defaultAction ALLOW, DROP or REJECT: what happens where no rule matched
 * @param looseTracking whether a TCP packet in mid-stream may open a connection (pickup)
 * @param timeouts after which an idle connection is forgotten
 * @param excluded whether the firewall stands aside: what no rule refuses passes, whatever it is and whatever the state of its
 *     connection, which is followed all the same, so that it goes on when the exclusion ends
 * @param ftpHelper whether FTP control connections open the way for the data connections that they announce
 */
public record RuleTable(
        String hash,
        List<TableRule> rules,
        Action defaultAction,
        boolean looseTracking,
        TimeoutPreset timeouts,
        boolean ftpHelper,
        boolean excluded) {
    /** Id of the default "rule" in verdicts, counters and connections. */
    public static final long DEFAULT_RULE_ID = 0;

    public RuleTable {
        rules = List.copyOf(rules);
        if (defaultAction == Action.PASS) {
            throw new IllegalArgumentException("the default cannot PASS");
        }
        if (excluded && (defaultAction != Action.ALLOW || !looseTracking)) {
            throw new IllegalArgumentException("an excluded vNIC allows by default, and tracks loosely");
        }
    }

    /** Of a vNIC that is not excluded. */
    public RuleTable(
            String hash,
            List<TableRule> rules,
            Action defaultAction,
            boolean looseTracking,
            TimeoutPreset timeouts,
            boolean ftpHelper) {
        this(hash, rules, defaultAction, looseTracking, timeouts, ftpHelper, false);
    }

    /** With the time-outs of Linux, without helpers. */
    public RuleTable(String hash, List<TableRule> rules, Action defaultAction, boolean looseTracking) {
        this(hash, rules, defaultAction, looseTracking, TimeoutPreset.LINUX, false);
    }
}
