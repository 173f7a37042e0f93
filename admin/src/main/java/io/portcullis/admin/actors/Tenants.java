package io.portcullis.admin.actors;

import io.portcullis.admin.EditOutcome;
import io.portcullis.admin.TableInForce;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.HistoryView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.RevisionView;
import io.portcullis.api.TenantRealization;
import io.portcullis.api.TenantsRealization;
import io.portcullis.api.VnicRealization;
import io.portcullis.api.document.Nearest;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.LargeEdits;
import io.portcullis.vnic.ModelVersion;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.RegistryCommand;
import io.portcullis.vnic.RuleAssignment;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantEdit;
import io.portcullis.vnic.TenantReply;
import io.portcullis.vnic.VnicActors;
import io.portcullis.vnic.parcel.Parcel;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;

/** Tenants and their models. Thread-safe. */
final class Tenants {
    /** By how much the wait for an answer is longer for each edit: a tenant of hundreds of thousands of objects is not made in a moment. */
    private static final Duration TIME_PER_EDIT = Duration.ofNanos(200_000);

    private final ActorSystem<?> system;
    private final VnicActors actors;
    private final Asking asking;
    private final KnownModels known = new KnownModels();

    Tenants(ActorSystem<?> system, VnicActors actors, Asking asking) {
        this.system = system;
        this.actors = actors;
        this.asking = asking;
    }

    CompletionStage<List<TenantId>> names() {
        return registered().thenApply(names -> names.stream().map(TenantId::new).toList());
    }

    private CompletionStage<Set<String>> registered() {
        Function<ActorRef<RegistryCommand.Names>, RegistryCommand> list = RegistryCommand.ListTenants::new;
        return asking.ask(actors.tenantRegistry(), list)
                .thenCompose(names -> switch (names) {
                    case RegistryCommand.Tenants tenants -> CompletableFuture.completedFuture(tenants);
                    case RegistryCommand.TenantsInPieces(Parcel tenants) ->
                        asking.arrived(tenants, RegistryCommand.Tenants.class);
                })
                .thenApply(RegistryCommand.Tenants::names);
    }

    /**
     * From another node only what has changed since the last time. While the database is away a tenant may not answer: then it is the newest model that this node knows, which
     * nobody can change meanwhile.
     */
    CompletionStage<TenantModel> model(TenantId tenant) {
        KnownModels.Known before = known.of(tenant);
        return before == null
                ? model(tenant, null, asking.timeout())
                : model(tenant, before, asking.lookTimeout())
                        .exceptionallyCompose(failure -> isSilence(failure) && asking.isStoreDown()
                                ? CompletableFuture.completedFuture(before.model())
                                : CompletableFuture.failedFuture(failure));
    }

    private static boolean isSilence(Throwable failure) {
        return failure instanceof TimeoutException || failure.getCause() instanceof TimeoutException;
    }

    private CompletionStage<TenantModel> model(TenantId tenant, KnownModels.@Nullable Known before, Duration patience) {
        return askFor(
                        tenant,
                        replyTo -> new TenantCommand.GetModel(before == null ? null : before.version(), replyTo),
                        patience)
                .thenApply(reply -> switch (reply) {
                    case TenantReply.Model(TenantModel model, ModelVersion version) -> known.learned(model, version);
                    case TenantReply.ModelDelta(List<ModelEdit> edits, ModelVersion version)
                    when before != null -> known.learned(before.model(), edits, version);
                    default -> throw failed(reply);
                });
    }

    CompletionStage<EditOutcome> put(
            TenantId tenant, ModelEdit.SetDefaults defaults, OptionalLong expectedRevision, String by) {
        if (expectedRevision.isPresent()) {
            return edit(tenant, List.of(defaults), expectedRevision, by, "");
        }
        return ask(
                        tenant,
                        replyTo -> new TenantCommand.PutTenant(
                                defaults.defaultAction(), defaults.looseTracking(), defaults.timeouts(), by, replyTo))
                .thenApply(Tenants::outcome);
    }

    CompletionStage<Void> delete(TenantId tenant, String by) {
        return ask(tenant, replyTo -> new TenantCommand.DeleteTenant(by, replyTo))
                .thenAccept(reply -> {
                    if (!(reply instanceof TenantReply.TenantDeleted)) {
                        throw failed(reply);
                    }
                });
    }

    CompletionStage<EditOutcome> edit(
            TenantId tenant, List<ModelEdit> edits, OptionalLong expectedRevision, String by, String note) {
        return ask(
                        tenant,
                        replyTo -> LargeEdits.packed(
                                system,
                                new TenantCommand.Edit(changes(edits), expected(expectedRevision), by, note, replyTo)),
                        TIME_PER_EDIT.multipliedBy(edits.size()))
                .thenApply(Tenants::outcome);
    }

    CompletionStage<EditOutcome> check(TenantId tenant, List<ModelEdit> edits, OptionalLong expectedRevision) {
        return ask(
                        tenant,
                        replyTo -> LargeEdits.packed(
                                system,
                                new TenantCommand.CheckEdit(changes(edits), expected(expectedRevision), replyTo)),
                        TIME_PER_EDIT.multipliedBy(edits.size()))
                .thenApply(Tenants::outcome);
    }

    private static List<TenantEdit> changes(List<ModelEdit> edits) {
        return edits.stream().<TenantEdit>map(TenantEdit.Change::new).toList();
    }

    private static @Nullable Long expected(OptionalLong revision) {
        return revision.isPresent() ? (Long) revision.getAsLong() : null;
    }

    CompletionStage<TenantModel> model(TenantId tenant, long revision) {
        return ask(tenant, replyTo -> new TenantCommand.GetModelAt(revision, replyTo))
                .thenApply(reply -> switch (reply) {
                    case TenantReply.Model(TenantModel model, var _) -> model;
                    case TenantReply.NoRevision(long wanted, long oldest, long current) ->
                        throw new RefusedException(
                                ProblemKind.UNKNOWN,
                                "revision " + wanted + " of tenant " + tenant + " is "
                                        + (wanted > current ? "still to come" : "not remembered any more"),
                                "there are " + oldest + " to " + current);
                    default -> throw failed(reply);
                });
    }

    CompletionStage<HistoryView> history(TenantId tenant, long before, int limit) {
        return ask(tenant, replyTo -> new TenantCommand.GetHistory(before, limit, replyTo))
                .thenApply(reply -> {
                    if (!(reply instanceof TenantReply.History history)) {
                        throw failed(reply);
                    }
                    return new HistoryView(
                            tenant.value(),
                            history.current(),
                            history.oldest(),
                            history.revisions().stream()
                                    .map(each -> new RevisionView(
                                            each.revision(),
                                            text(each.at()),
                                            each.by(),
                                            each.note(),
                                            each.summary(),
                                            null))
                                    .toList());
                });
    }

    private static EditOutcome outcome(TenantReply reply) {
        return switch (reply) {
            case TenantReply.Applied(long revision, boolean changed) -> new EditOutcome.Applied(revision, changed);
            case TenantReply.Acceptable(long revision, boolean changed) -> new EditOutcome.Applied(revision, changed);
            case TenantReply.Rejected(var problems) -> new EditOutcome.Rejected(problems);
            case TenantReply.StaleRevision(long current) -> new EditOutcome.Stale(current);
            default -> throw failed(reply);
        };
    }

    CompletionStage<TableInForce> rules(VnicId vnic) {
        return ask(vnic.tenant(), replyTo -> new TenantCommand.GetRuleTables(Set.of(vnic), replyTo))
                .thenApply(reply -> {
                    if (!(reply instanceof TenantReply.Rules rules)) {
                        throw failed(reply);
                    }
                    RuleAssignment assignment = rules.assignments().getOrDefault(vnic, RuleAssignment.NONE);
                    RuleTable table = rules.tables().stream()
                            .filter(each -> each.hash().equals(assignment.hash()))
                            .findFirst()
                            .orElseThrow(() -> new RefusedException(
                                    ProblemKind.UNKNOWN, "there are no rules for " + vnic + " yet"));
                    return new TableInForce(assignment.revision(), table);
                });
    }

    CompletionStage<Map<VnicId, RuleAssignment>> assignments(TenantId tenant, Set<VnicId> vnics) {
        return ask(tenant, replyTo -> new TenantCommand.GetAssignments(vnics, replyTo))
                .thenApply(reply -> {
                    if (!(reply instanceof TenantReply.Assignments assignments)) {
                        throw failed(reply);
                    }
                    return assignments.assignments();
                });
    }

    CompletionStage<RealizationView> realization(TenantId tenant, OptionalLong asked, Duration wait) {
        return ask(tenant, replyTo -> new TenantCommand.GetRealization(expected(asked), wait.toMillis(), replyTo), wait)
                .thenApply(reply -> {
                    if (reply instanceof TenantReply.Adoptions adoptions) {
                        return view(adoptions, asked);
                    }
                    if (!(reply instanceof TenantReply.Realization realization)) {
                        throw failed(reply);
                    }
                    long current = realization.revision();
                    long revision = asked.orElse(current);
                    List<VnicRealization> vnics = realization.vnics().stream()
                            .flatMap(vnic ->
                                    Optional.ofNullable(vnic.host()).map(host -> view(vnic, host, revision)).stream())
                            .toList();
                    boolean realized = revision <= current && vnics.stream().allMatch(VnicRealization::realized);
                    return new RealizationView(tenant.value(), revision, current, realized, vnics);
                });
    }

    private static RealizationView view(TenantReply.Adoptions adoptions, OptionalLong asked) {
        long revision = asked.orElse(adoptions.revision());
        List<TenantRealization> items = adoptions.tenants().stream()
                .map(tenant -> new TenantRealization(
                        tenant.tenant().value(),
                        tenant.adopted(),
                        tenant.revision(),
                        tenant.realized(),
                        tenant.pendingSince() == null ? null : text(tenant.pendingSince()),
                        tenant.lagging().stream().map(HostId::value).toList(),
                        tenant.problem()))
                .toList();
        return new RealizationView(
                TenantId.PROVIDER.value(),
                revision,
                adoptions.revision(),
                revision <= adoptions.revision() && adoptions.pending() == 0,
                List.of(),
                new TenantsRealization(adoptions.all(), adoptions.pending(), items));
    }

    /** Nobody compares nanoseconds. */
    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private static VnicRealization view(TenantReply.VnicRealization vnic, HostId host, long revision) {
        Instant since = vnic.pendingSince();
        return new VnicRealization(
                vnic.vnic().toString(),
                host.value(),
                vnic.inForce().revision(),
                vnic.enforces(revision),
                since == null ? null : text(since));
    }

    /** Fails with 404 if the VM or its tenant does not exist. */
    CompletionStage<Void> requireVm(VmId vm) {
        return model(vm.tenant()).thenAccept(model -> {
            if (model.vm(vm).isEmpty()) {
                throw new RefusedException(
                        ProblemKind.UNKNOWN,
                        "there is no VM '" + vm + "'",
                        Nearest.to(vm.name(), model.vms().keySet())
                                .map(nearest -> "did you mean " + model.tenant() + "/" + nearest + "?")
                                .orElse("'portcullis get vms' shows them"));
            }
        });
    }

    private CompletionStage<TenantReply> ask(TenantId tenant, Function<ActorRef<TenantReply>, TenantCommand> command) {
        return ask(tenant, command, Duration.ZERO);
    }

    /**
     * An unknown tenant becomes a 404 with the names that there are.
     *
     * @param wait by how much an answer may come later than others: what was asked of the tenant, or what the work takes
     */
    private CompletionStage<TenantReply> ask(
            TenantId tenant, Function<ActorRef<TenantReply>, TenantCommand> command, Duration wait) {
        return askFor(tenant, command, asking.timeout().plus(wait));
    }

    private CompletionStage<TenantReply> askFor(
            TenantId tenant, Function<ActorRef<TenantReply>, TenantCommand> command, Duration patience) {
        return asking.ask(actors.tenantPolicy(tenant), command, patience).thenCompose(reply -> switch (reply) {
            case TenantReply.UnknownTenant _ -> unknown(tenant);
            case TenantReply.InPieces(Parcel answer) -> asking.arrived(answer, TenantReply.class);
            default -> CompletableFuture.completedFuture(reply);
        });
    }

    private CompletionStage<TenantReply> unknown(TenantId tenant) {
        return registered().handle((names, silent) -> {
            String hint = names == null || names.isEmpty()
                    ? "make it: portcullis apply -f FILE --tenant " + tenant + " --create-tenant"
                    : Nearest.to(tenant.value(), names)
                            .map(nearest -> "did you mean " + nearest + "?")
                            .orElse("there are " + String.join(", ", names));
            throw new CompletionException(
                    new RefusedException(ProblemKind.UNKNOWN, "there is no tenant '" + tenant + "'", hint));
        });
    }

    private static RuntimeException failed(TenantReply reply) {
        return reply instanceof Refused refused
                ? Asking.refused(refused.code(), refused.message())
                : Asking.unexpected(reply);
    }
}
