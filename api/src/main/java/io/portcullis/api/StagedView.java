package io.portcullis.api;

import java.util.List;

/**
 * What is staged, and what it would have done since its vNICs had it.
 *
 * @param vnics attached vNICs that would enforce other rules than they do, if everything staged were published
 * @param judging of these, how many are still judging their live connections: {@code wouldCut} is not complete yet
 * @param liveJudged live connections that were judged
 * @param rules those of staged policies, in their order; then others that would decide differently, the ones with most differences first
 * @param omittedRules how many more have counts
 * @param examples latest first; a few of each vNIC
 * @param silentHosts hosts that did not answer: what they counted is missing
 */
public record StagedView(
        String tenant,
        long revision,
        List<Policy> policies,
        int vnics,
        int judging,
        long liveJudged,
        List<Rule> rules,
        int omittedRules,
        List<Example> examples,
        List<String> silentHosts) {
    /**
     * A staged policy.
     *
     * @param change what publishing it would do: {@code ADD}, {@code CHANGE} or {@code REMOVE}
     */
    public record Policy(String name, String change) {}

    /**
     * What a rule decided among those that would be enforced.
     *
     * @param rule {@code policy/rule}, or {@code default}
     * @param staged whether its policy is staged
     * @param hits first packets (of category ETHERNET: and frames) about which it would decide
     * @param wouldDeny of those, what passes now
     * @param wouldAllow of those, what is refused now
     * @param wouldCut live connections that it would end, as they were when the rules changed last
     */
    public record Rule(String rule, boolean staged, long hits, long wouldDeny, long wouldAllow, long wouldCut) {}

    /**
     * A flow about which would be decided differently.
     *
     * @param difference {@code WOULD_DENY}, {@code WOULD_ALLOW} or {@code WOULD_CUT}
     * @param direction as seen from the VM of the vNIC
     * @param protocol as of connections; of a frame that is not IP its ethertype, with MAC addresses in {@code source} and {@code destination}
     * @param ruleNow {@code policy/rule} that decides now, or {@code default}
     * @param ruleThen the one that would
     * @param times how often it was seen, from whatever source port
     */
    public record Example(
            String vnic,
            String difference,
            String direction,
            String protocol,
            String source,
            String destination,
            String ruleNow,
            String ruleThen,
            long ageMillis,
            long times) {}
}
