package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant's policy says about a connection.
 *
 * @param revision of the policy that was asked
 * @param at for which time it was asked; null for now
 * @param service for example {@code tcp/443}
 * @param verdict ALLOW, DROP or REJECT where all paths agree, else MIXED
 * @param nextChange when one of the firewalls on the paths decides otherwise, or by another rule, by the time alone; null if that is not known to come
 */
public record EvaluationView(
        String tenant,
        long revision,
        @Nullable String at,
        String service,
        String verdict,
        @Nullable String nextChange,
        List<PathView> paths) {
    /**
     * One pair of addresses.
     *
     * @param withinSegment whether the ends see each other without a router
     * @param verdict of both firewalls
     * @param source what the sender's firewall says; null if the sender is no VM of the tenant
     * @param destination likewise the receiver's, as if the packet arrived
     */
    public record PathView(
            EndView from,
            EndView to,
            boolean withinSegment,
            String verdict,
            @Nullable VerdictView source,
            @Nullable VerdictView destination) {}

    /**
     * One end of a path.
     *
     * @param vnic {@code tenant/vm/vnic}; null for an address that no vNIC declares
     */
    public record EndView(
            @Nullable String vnic, String address, @Nullable String segment) {}

    /**
     * What one firewall says.
     *
     * @param direction IN or OUT
     * @param cause RULE, DEFAULT, EXCLUDED, NEIGHBOURHOOD (ARP, neighbour and listener discovery), NO_CONNECTION (it opens none, and
     *     the rule that matches it is not stateless) or NOT_IP; for a token of a tenant PROVIDER where a rule of the provider decided
     * @param rule what decided, if a rule did
     * @param passes rules that handed the packet on to the next category
     * @param reasons why the rule matches
     * @param nearMisses where nothing matched: rules that were closest to deciding otherwise, closest first
     * @param nextChange when it decides otherwise, or by another rule, by the time alone; null if that is not known to come
     * @param stateless whether the rule judges each packet by itself; null if it does not
     * @param answer where such a rule allows the packet: what this firewall says of the packet that answers it
     */
    public record VerdictView(
            String vnic,
            String direction,
            String verdict,
            String cause,
            @Nullable RuleNameView rule,
            List<RuleNameView> passes,
            List<ReasonView> reasons,
            List<NearMissView> nearMisses,
            @Nullable String nextChange,
            @Nullable Boolean stateless,
            @Nullable AnswerView answer) {}

    /**
     * What is said of an answer that nobody expects.
     *
     * @param verdict ALLOW, DROP or REJECT
     * @param cause as of a {@link VerdictView}
     * @param rule what decided, if a rule did
     */
    public record AnswerView(
            String verdict, String cause, @Nullable RuleNameView rule) {}

    /** A rule by name. */
    public record RuleNameView(String category, String policy, String rule, String action) {}

    /**
     * Why a condition of a rule holds or fails.
     *
     * @param condition SOURCES, DESTINATIONS, SERVICES, RULE_APPLIED_TO, …
     * @param because why somebody is in a group or is not, line by line; deeper lines are reasons of those above
     */
    public record ReasonView(String condition, String text, List<String> because) {}

    /** A rule that did not match, and all that failed. */
    public record NearMissView(RuleNameView rule, List<ReasonView> failed) {}
}
