package io.portcullis.admin;

import io.portcullis.api.ProvenanceView;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.evaluate.Decision;
import io.portcullis.policy.evaluate.Evaluation;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.evaluate.RuleName;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Why connections of a vNIC were allowed: their first packets, asked of the tenant as it was at the revisions that the connections remember.
 * One thread, short-lived.
 */
final class Provenance {
    /** Connections of one answer that are explained. */
    static final int MAX_EXPLAINED = 64;
    /** Older models that are looked up for one answer, the newest ones. */
    static final int MAX_MODELS = 8;

    private static final int ECHO_REQUEST = 8;
    private static final int ECHO_REQUEST_V6 = 128;

    private final VnicId vnic;
    private final Sight sight;
    private final Map<Long, TenantModel> models;
    private final Map<Long, PolicyEvaluator> evaluators = new HashMap<>();

    private Provenance(VnicId vnic, Map<Long, TenantModel> models, Sight sight) {
        this.vnic = vnic;
        this.sight = sight;
        this.models = models;
    }

    /**
     * Finds the models that the connections need; those that are not remembered any more are missing.
     *
     * @param newest is not asked for again
     */
    static CompletionStage<Provenance> of(
            AdminServices services, TenantModel newest, VnicId vnic, List<ConnectionInfo> connections, Sight sight) {
        Set<Long> revisions = new TreeSet<>();
        connections.stream().limit(MAX_EXPLAINED).forEach(connection -> {
            revisions.add(connection.policyRevision());
            revisions.add(connection.admittingRevision());
        });
        revisions.remove(newest.revision());
        List<CompletionStage<Optional<TenantModel>>> older = new ArrayList<>(revisions)
                .reversed().stream()
                        .limit(MAX_MODELS)
                        .map(revision -> services.model(newest.tenant(), revision)
                                .handle((model, forgotten) -> Optional.ofNullable(model)))
                        .toList();
        return Stages.all(older).thenApply(found -> {
            Map<Long, TenantModel> models = new HashMap<>();
            models.put(newest.revision(), newest);
            found.forEach(model -> model.ifPresent(known -> models.put(known.revision(), known)));
            return new Provenance(vnic, models, sight);
        });
    }

    /** When it was admitted and, if other rules have judged it since, the last time. */
    List<ProvenanceView> explain(ConnectionInfo connection) {
        List<ProvenanceView> views = new ArrayList<>();
        views.add(explain(connection, "ADMITTED", connection.admittingRuleId(), connection.admittingRevision()));
        if (connection.policyRevision() != connection.admittingRevision()) {
            views.add(explain(connection, "JUDGED_AGAIN", connection.ruleId(), connection.policyRevision()));
        }
        return views;
    }

    private ProvenanceView explain(ConnectionInfo connection, String when, long ruleId, long revision) {
        TenantModel model = models.get(revision);
        Vnic its = model == null ? null : model.vnic(vnic).orElse(null);
        if (model == null || its == null) {
            return new ProvenanceView(
                    when, revision, null, List.of(), List.of(), "nothing is remembered of this revision any more");
        }
        Evaluation evaluation = evaluators
                .computeIfAbsent(revision, first -> PolicyEvaluator.of(model))
                .evaluate(its, connection.outbound() ? RuleDirection.OUT : RuleDirection.IN, packet(connection, its));
        Decision decision = evaluation.decision();
        RuleName rule = decision.rule();
        if (idOf(model, rule) == ruleId && decision.allows()) {
            boolean isHidden = rule != null && sight.hides(rule.policy());
            return new ProvenanceView(
                    when,
                    revision,
                    EvaluationViews.name(rule, sight),
                    EvaluationViews.names(decision.passes(), sight),
                    isHidden ? List.of() : EvaluationViews.reasons(evaluation.reasons()),
                    isHidden
                            ? "the provider's policy allowed it"
                            : rule == null ? "no rule matched: the tenant's default" : null);
        }
        return new ProvenanceView(
                when,
                revision,
                null,
                List.of(),
                List.of(),
                "of its first packet the documents said " + decision.verdict() + " by "
                        + (rule == null ? Views.DEFAULT : sight.rule(rule.toString()))
                        + ": it went on by live-flow mode KEEP, or another connection had announced it");
    }

    private static long idOf(TenantModel model, @Nullable RuleName rule) {
        return rule == null ? RuleTable.DEFAULT_RULE_ID : RuleIds.of(model.tenant(), rule.policy(), rule.rule());
    }

    /** As far as the connection tells: of ICMP the echo request, which is nearly always what it was. */
    private static FirstPacket packet(ConnectionInfo connection, Vnic vnic) {
        InetAddress source = connection.originator().getAddress();
        InetAddress destination = connection.responder().getAddress();
        int from = connection.originator().getPort();
        int to = connection.responder().getPort();
        IpFamily family = source instanceof Inet4Address ? IpFamily.IPV4 : IpFamily.IPV6;
        Datagram datagram = switch (connection.protocol()) {
            case ServiceLibrary.TCP -> Datagram.tcp(source, destination, from, to);
            case ServiceLibrary.UDP, ServiceLibrary.SCTP ->
                Datagram.ports(source, destination, connection.protocol(), from, to);
            case ServiceLibrary.ICMP, ServiceLibrary.ICMPV6 ->
                Datagram.icmp(source, destination, family == IpFamily.IPV4 ? ECHO_REQUEST : ECHO_REQUEST_V6, 0);
            default -> Datagram.protocol(source, destination, connection.protocol());
        };
        MacAddress other = FirstPacket.UNKNOWN_MAC;
        return connection.outbound()
                ? FirstPacket.of(datagram).withMacs(vnic.mac(), other)
                : FirstPacket.of(datagram).withMacs(other, vnic.mac());
    }
}
