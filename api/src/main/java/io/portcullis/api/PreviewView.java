package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a change of a tenant would do to rule tables and to live connections; nothing was changed.
 *
 * @param revision at which the tenant is
 * @param changed documents that the change would make other, for example {@code Policy/web}
 * @param vnics whose rules would change
 * @param attached those of them that are attached to a host, and were asked
 * @param unanswered those that did not answer; their connections are not in the numbers
 * @param connections live ones of those that answered: each would be judged again with its next packet
 * @param cut would end without a word
 * @param reset would end with a TCP reset to both ends
 * @param kept are not allowed any more, but would go on as a rule with live-flow mode KEEP wants
 * @param released would not be tracked any more, as a stateless rule allows them, and go on packet by packet
 * @param oneWay likewise, but no rule would let their answers pass
 * @param byOtherRule would be allowed, but by another rule than now
 * @param tables what would change in rule tables; vNICs with the same change together
 * @param tablesTruncated whether there are more
 * @param items attached vNICs, those first that would lose most connections
 * @param truncated whether there are more
 */
public record PreviewView(
        String tenant,
        long revision,
        List<String> changed,
        int vnics,
        int attached,
        int unanswered,
        long connections,
        long cut,
        long reset,
        long kept,
        long released,
        long oneWay,
        long byOtherRule,
        List<TableChangeView> tables,
        boolean tablesTruncated,
        List<VnicPreview> items,
        boolean truncated) {
    /**
     * A change of a rule table. Of rules the first are named, as {@code policy/rule (ACTION)}.
     *
     * @param vnics some of those that it would happen to
     * @param vnicCount all of them
     * @param rulesBefore how many rules they have, 0 for vNICs that are not there yet
     * @param rulesAfter how many they would have
     * @param added rules that are new to them
     * @param removed rules that would not concern them any more
     * @param changed rules that would say something else; with groups as they would be then
     * @param reordered whether rules would stand in another order
     * @param settings whether the default, the tracking or the time-outs would be other ones
     */
    public record TableChangeView(
            List<String> vnics,
            int vnicCount,
            int rulesBefore,
            int rulesAfter,
            RuleNames added,
            RuleNames removed,
            RuleNames changed,
            boolean reordered,
            boolean settings) {}

    /** Some names, and how many there are. */
    public record RuleNames(int count, List<String> names) {}

    /**
     * One attached vNIC.
     *
     * @param problem why there is no answer; then all numbers are 0
     * @param examples some connections that would not be allowed any more, those first that would end
     */
    public record VnicPreview(
            String vnic,
            String host,
            int connections,
            int cut,
            int reset,
            int kept,
            int released,
            int oneWay,
            int byOtherRule,
            List<FlowExampleView> examples,
            @Nullable String problem) {}

    /**
     * A live connection that would not be allowed any more.
     *
     * @param connection with the rule that admitted it
     * @param outcome CUT, RESET, KEPT or ONE_WAY
     * @param action what would be said of its first packet, or, if it is ONE_WAY, of an answer
     * @param rule that would decide: {@code policy/rule} or {@code default}
     * @param liveFlows that rule's live-flow mode
     */
    public record FlowExampleView(
            ConnectionView connection, String outcome, String action, String rule, String liveFlows) {}
}
