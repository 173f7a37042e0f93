package io.portcullis.api;

import io.portcullis.api.EvaluationView.EndView;
import io.portcullis.api.EvaluationView.RuleNameView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the firewalls on a connection's way say about it now; nothing was sent.
 *
 * @param revision of the policy that they are compared with
 * @param service for example {@code tcp/443}
 * @param verdict ALLOW, DROP, REJECT or UNKNOWN where all paths agree, else MIXED
 */
public record TraceView(String tenant, long revision, String service, String verdict, List<PathView> paths) {
    /**
     * One pair of addresses.
     *
     * @param verdict of both firewalls; UNKNOWN if one that counts does not answer and no other one forbids it
     * @param stoppedAt {@code source} or {@code destination}: who forbids it
     * @param differences where what is in force is not what the policy says, in words
     * @param source the sender's firewall; null if the sender is no VM of the tenant
     * @param destination likewise the receiver's
     */
    public record PathView(
            EndView from,
            EndView to,
            boolean withinSegment,
            String verdict,
            @Nullable String stoppedAt,
            List<String> differences,
            @Nullable SideView source,
            @Nullable SideView destination) {}

    /**
     * One end.
     *
     * @param direction IN or OUT
     * @param verdict of the firewall that enforces; DROP if the VM is attached to no host, UNKNOWN if that cannot be known
     * @param why if not by rules: why the verdict is what it is
     * @param policyVerdict what {@link EvaluationView} says of this end
     * @param policyRule by which rule, if one decides
     * @param wantedRevision at which the vNIC got the rules that it should have
     * @param firewalls that were asked: one, or two while the VM moves; none for a VM that is attached to no host
     */
    public record SideView(
            String vnic,
            String direction,
            String verdict,
            @Nullable String why,
            PlacementView placement,
            String policyVerdict,
            @Nullable RuleNameView policyRule,
            long wantedRevision,
            List<FirewallView> firewalls) {}

    /**
     * The firewall of a vNIC on one host.
     *
     * @param phase ENFORCING, PASSIVE, CUTTING_OVER or SEALED; null without an answer
     * @param revision at which the vNIC got the rules in force; 0 if it has none yet and passes nothing
     * @param lagging whether these are not the rules that it should have
     * @param verdict what they say about the connection's first packet
     * @param rule {@code policy/rule}, {@code default}, or {@code neighbourhood} for what rules on connections never see
     * @param stateless whether that rule judges each packet by itself, so that there is no connection; null if it does not
     * @param matching connections that there are now
     * @param connections some of them
     * @param problem why there is no answer
     */
    public record FirewallView(
            String host,
            @Nullable String phase,
            long epoch,
            long revision,
            @Nullable String rulesHash,
            boolean lagging,
            @Nullable String verdict,
            @Nullable String rule,
            @Nullable Long ruleId,
            @Nullable Boolean stateless,
            int matching,
            List<ConnectionView> connections,
            @Nullable String problem) {}
}
