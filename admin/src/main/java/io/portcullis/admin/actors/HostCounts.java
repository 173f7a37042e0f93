package io.portcullis.admin.actors;

import io.portcullis.admin.HitReport;
import io.portcullis.admin.StagedReport;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.persistence.HostHits;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.StagedCounts;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What hosts count of a tenant's rules; all are asked at once, and those that do not answer are named. Thread-safe. */
final class HostCounts {
    /** Whose counts are summed for the provider: each asks every host. */
    static final int MAX_TENANTS = 200;

    private final ClusterAccess access;
    private final Asking asking;

    HostCounts(ClusterAccess access, Asking asking) {
        this.access = access;
        this.asking = asking;
    }

    /** Makes the question to one host. */
    private interface Question {
        HostCommand to(ActorRef<HostReply> replyTo);
    }

    // ---- staged policies

    CompletionStage<StagedReport> staged(TenantId tenant) {
        return askAll(me -> new HostCommand.GetStaged(tenant, me)).thenApply(replies -> {
            StagedReport sum = StagedReport.NONE;
            for (Map.Entry<HostId, Optional<HostReply>> reply : replies.entrySet()) {
                sum = sum.plus(
                        reply.getValue().orElse(null) instanceof HostReply.Staged staged
                                ? new StagedReport(staged.counts(), List.of())
                                : new StagedReport(
                                        StagedCounts.NONE,
                                        List.of(reply.getKey().value())));
            }
            return sum;
        });
    }

    // ---- hits

    /** Of hosts that do not answer, or are gone, what they wrote last. */
    CompletionStage<HitReport> hits(TenantId tenant) {
        CompletionStage<Optional<Stored>> stored = access.ruleHits()
                .listByTenant(tenant)
                .thenCombine(access.directory().listByTenant(tenant), (rows, placed) -> {
                    Set<HostId> enforcing = new HashSet<>();
                    placed.forEach(row -> enforcing.add(row.host()));
                    return new Stored(rows, enforcing);
                })
                .handle((found, down) -> Optional.ofNullable(found));
        return askAll(me -> new HostCommand.GetHits(tenant, me)).thenCombine(stored, HostCounts::sum);
    }

    /** The sum, of one after the other. */
    CompletionStage<HitReport> hits(List<TenantId> tenants) {
        if (tenants.size() > MAX_TENANTS) {
            throw new RefusedException(
                    ProblemKind.WRONG_STATE,
                    "what the provider's rules counted is summed over at most " + MAX_TENANTS
                            + " tenants (MAX_TENANTS), and there are " + tenants.size(),
                    "rules that log say in the hosts' logs what they decide");
        }
        CompletionStage<HitReport> sum = CompletableFuture.completedFuture(HitReport.NONE);
        for (TenantId tenant : tenants) {
            sum = sum.thenCompose(before -> hits(tenant).thenApply(before::plus));
        }
        return sum;
    }

    /** What the database knows, and which hosts should have VMs of the tenant. */
    private record Stored(List<HostHits> rows, Set<HostId> enforcing) {}

    private static HitReport sum(Map<HostId, Optional<HostReply>> replies, Optional<Stored> known) {
        Map<HostId, TenantHits> written = new HashMap<>();
        known.ifPresent(stored -> stored.rows().forEach(row -> written.put(row.host(), row.hits())));
        Set<HostId> mayCount = new HashSet<>(replies.keySet());
        known.ifPresent(stored -> mayCount.addAll(stored.enforcing()));
        Set<String> silent = new TreeSet<>();
        HitReport sum = new HitReport(Map.of(), null, List.of(), known.isPresent());
        for (HostId host : mayCount) {
            if (replies.getOrDefault(host, Optional.empty()).orElse(null) instanceof HostReply.Hits hits) {
                written.put(host, hits.hits());
            } else {
                silent.add(host.value());
            }
        }
        for (TenantHits hits : written.values()) {
            sum = sum.plus(hits);
        }
        return new HitReport(sum.rules(), sum.countedSince(), List.copyOf(silent), sum.storeAnswers());
    }

    /** The tenant is gone, and what its rules counted with it. A host that does not hear it forgets with its next start. */
    CompletionStage<Void> forget(TenantId tenant) {
        for (HostId host : access.vnics().hosts().all().keySet()) {
            access.vnics().hostAgent(host).ifPresent(agent -> agent.tell(new HostCommand.ForgetHits(tenant)));
        }
        return access.ruleHits().removeOf(tenant).handle((removed, down) -> null);
    }

    // ---- asking

    /** By host of the cluster; empty where there is no answer. */
    private CompletionStage<Map<HostId, Optional<HostReply>>> askAll(Question question) {
        CompletionStage<Map<HostId, Optional<HostReply>>> all = CompletableFuture.completedFuture(new HashMap<>());
        for (HostId host : access.vnics().hosts().all().keySet()) {
            all = all.thenCombine(ask(host, question), (replies, reply) -> {
                replies.put(host, reply);
                return replies;
            });
        }
        return all;
    }

    private CompletionStage<Optional<HostReply>> ask(HostId host, Question question) {
        Optional<ActorRef<HostCommand>> agent = access.vnics().hostAgent(host);
        return agent.isEmpty()
                ? CompletableFuture.completedFuture(Optional.empty())
                : asking.askHost(agent.get(), question::to, Hosts.LOOK)
                        .handle((@Nullable HostReply reply, @Nullable Throwable failure) -> Optional.ofNullable(reply));
    }
}
