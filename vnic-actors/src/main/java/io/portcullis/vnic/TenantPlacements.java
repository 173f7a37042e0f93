package io.portcullis.vnic;

import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * Knows which hosts have vNICs of a tenant, for those who ask how far its rules are realized. Before it is known which hosts have its vNICs that cannot be said, and whoever asks
 * waits for the directory; else a change would seem to be in force everywhere just because no host has spoken yet. One thread.
 */
final class TenantPlacements {
    /** Askers that wait for the directory; more are refused. */
    private static final int MAX_WAITING = 1_000;

    /** Silent hosts whose rows are read one host after the other; of more, the tenant's rows are read. */
    private static final int MAX_HOSTS_ASKED = 16;

    private static final Refused UNREADABLE = new Refused(
            RefusalCode.TIMEOUT,
            "the directory of placements cannot be read, so nobody knows which hosts lag; try again");

    private final ActorContext<TenantCommand> context;
    private final TenantId tenant;
    private final PlacementDirectory directory;
    private final HostSubscriptions subscriptions;
    private final List<TenantCommand.GetRealization> waiting = new ArrayList<>();
    private final Consumer<TenantCommand.GetRealization> answer;
    private boolean reading;

    /** @param answer answers who asks, once it is known which hosts have vNICs */
    TenantPlacements(
            ActorContext<TenantCommand> context,
            TenantId tenant,
            PlacementDirectory directory,
            HostSubscriptions subscriptions,
            Consumer<TenantCommand.GetRealization> answer) {
        this.context = context;
        this.tenant = tenant;
        this.directory = directory;
        this.subscriptions = subscriptions;
        this.answer = answer;
    }

    /** Reads the directory if there is something that only it knows. */
    void review() {
        if (reading || !subscriptions.needsPlacements()) {
            return;
        }
        reading = true;
        context.pipeToSelf(read().thenApply(this::hosts), TenantCommand.PlacementsRead::new);
    }

    /** All rows of the tenant once; later those of the hosts that are silent: one that is away for days is no reason to read everything again and again. */
    private CompletionStage<List<PlacementRow>> read() {
        List<HostId> silent = subscriptions.silent();
        if (!subscriptions.arePlacementsKnown() || silent.size() > MAX_HOSTS_ASKED) {
            return directory.listByTenant(tenant);
        }
        CompletionStage<List<PlacementRow>> rows = CompletableFuture.completedFuture(List.of());
        for (HostId host : silent) {
            rows = rows.thenCombine(
                    directory.listByHost(host),
                    (before, its) ->
                            Stream.concat(before.stream(), its.stream()).toList());
        }
        return rows;
    }

    private Map<VmId, HostId> hosts(List<PlacementRow> rows) {
        Map<VmId, HostId> hosts = new HashMap<>();
        rows.stream().filter(row -> row.vm().tenant().equals(tenant)).forEach(row -> hosts.put(row.vm(), row.host()));
        return hosts;
    }

    /** Of a tenant that exists. */
    void answer(TenantCommand.GetRealization get) {
        if (subscriptions.arePlacementsKnown()) {
            answer.accept(get);
        } else if (waiting.size() >= MAX_WAITING) {
            get.replyTo().tell(UNREADABLE);
        } else {
            waiting.add(get);
            review();
        }
    }

    void onRead(TenantCommand.PlacementsRead read, TenantState state, RuleBook book) {
        reading = false;
        Map<VmId, HostId> hosts = read.hosts();
        if (hosts == null) {
            context.getLog()
                    .warn("tenant {} cannot read which hosts have its VMs: {}", tenant, String.valueOf(read.failure()));
            waiting.forEach(get -> get.replyTo().tell(UNREADABLE));
        } else {
            subscriptions.reconcile(hosts, book);
            waiting.forEach(get -> {
                if (state.model() == null) {
                    get.replyTo().tell(new TenantReply.UnknownTenant(tenant));
                } else {
                    answer.accept(get);
                }
            });
        }
        waiting.clear();
    }
}
