package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the shadow of a vNIC would have done.
 *
 * @param revision at which the vNIC got the shadow
 * @param hash of the shadow
 * @param judging whether live connections are still being judged, so that those that would be cut are not all counted yet
 * @param liveJudged live connections that were judged since the shadow, or the policy in force, changed last
 * @param rules those that decided anything, at most {@link ShadowPolicy#MAX_REPORTED_RULES}
 * @param omittedRules how many more decided something
 * @param examples newest first
 */
public record ShadowReport(
        VnicId vnic,
        long revision,
        String hash,
        boolean judging,
        long liveJudged,
        List<RuleCount> rules,
        int omittedRules,
        List<Example> examples) {
    public ShadowReport {
        rules = List.copyOf(rules);
        examples = List.copyOf(examples);
    }

    /** In what the shadow is different from the policy in force. */
    public enum Difference {
        /** Allowed now. */
        WOULD_DENY,
        /** Refused now. */
        WOULD_ALLOW,
        /** A live connection that goes on now. */
        WOULD_CUT
    }

    /**
     * What one rule of the shadow decided.
     *
     * @param ruleId {@link io.portcullis.policy.table.RuleTable#DEFAULT_RULE_ID} for the default
     * @param rule {@code policy/rule}; empty for the default
     * @param hits first packets (of category ETHERNET: and frames) about which it decides, different or not
     * @param wouldDeny of those, what passes now
     * @param wouldAllow of those, what is refused now
     * @param wouldCut live connections that it would end
     */
    public record RuleCount(long ruleId, String rule, long hits, long wouldDeny, long wouldAllow, long wouldCut) {}

    /**
     * A flow about which the shadow says something else.
     *
     * @param direction as seen from the VM
     * @param source null for a frame that is not IP; as are {@code destination} and all that follows it up to the rules
     * @param sourcePort of TCP, UDP, SCTP; identifier of ICMP echo
     * @param icmpType of ICMP and ICMPv6 only
     * @param ruleNow {@code policy/rule} that decides now; empty for the default
     * @param ruleThen {@code policy/rule} of the shadow; empty for the default
     * @param ageNanos since it was seen last
     * @param times how often it was seen
     */
    public record Example(
            Difference difference,
            Direction direction,
            int etherType,
            MacAddress sourceMac,
            MacAddress destinationMac,
            @Nullable InetAddress source,
            @Nullable InetAddress destination,
            int protocol,
            int sourcePort,
            int destinationPort,
            int icmpType,
            int icmpCode,
            String ruleNow,
            String ruleThen,
            long ageNanos,
            long times) {}
}
