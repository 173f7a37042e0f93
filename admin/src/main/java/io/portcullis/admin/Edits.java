package io.portcullis.admin;

import io.portcullis.admin.document.DocumentPaths;
import io.portcullis.admin.document.ModelDocuments;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.FieldProblem;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Changes a tenant: reads its model, makes edits for it, and applies them if the model still is the one that was read, else begins again.
 * So an edit never rests on something that is no longer so.
 */
final class Edits {
    /** How often a change begins again because somebody else was faster. */
    private static final int MAX_ATTEMPTS = 8;

    /**
     * What a request wants.
     *
     * @param expected revision that the client named
     * @param edits for the model as it is
     * @param place of a problem of the model in the client's document; null if it is about something else
     * @param otherwise how the request is refused if all problems are about something else
     * @param note why, for the record; empty for none
     * @param hint what to do where all problems are about something else; null for what the model says
     */
    record Change(
            TenantId tenant,
            OptionalLong expected,
            String by,
            Function<TenantModel, List<ModelEdit>> edits,
            Function<Problem, @Nullable FieldProblem> place,
            ProblemKind otherwise,
            String note,
            @Nullable String hint) {
        Change(
                TenantId tenant,
                OptionalLong expected,
                String by,
                Function<TenantModel, List<ModelEdit>> edits,
                Function<Problem, @Nullable FieldProblem> place,
                ProblemKind otherwise) {
            this(tenant, expected, by, edits, place, otherwise, "", null);
        }

        /** Without a document: problems are about the rest of the model, which still needs what is removed. */
        static Change removal(
                TenantId tenant, OptionalLong expected, String by, Function<TenantModel, List<ModelEdit>> edits) {
            return new Change(
                    tenant,
                    expected,
                    by,
                    edits,
                    problem -> null,
                    ProblemKind.IN_USE,
                    "",
                    "change or delete what uses it first");
        }

        Change withEdits(Function<TenantModel, List<ModelEdit>> others) {
            return new Change(tenant, expected, by, others, place, otherwise, note, hint);
        }
    }

    /**
     * A change of a model as it was read, before it is made.
     *
     * @param after the model as it would be
     */
    record Plan(TenantModel model, TenantModel after, List<ModelEdit> edits, List<ModelChange> changes) {
        List<String> titles() {
            return changes.stream().map(ModelChange::title).toList();
        }

        Answer answer(long revision) {
            return Answer.ok(new ChangeView(model.tenant().value(), revision, titles()), revision)
                    .withDiff(ModelDocuments.diff(model, changes, AuditLog.MAX_DIFF_CHARS));
        }

        Answer dryRun() {
            String diff = ModelDocuments.diff(model, changes, ModelDocuments.MAX_DIFF_CHARS);
            return Answer.ok(
                    new DryRunView(model.tenant().value(), model.revision(), titles(), diff), model.revision());
        }
    }

    private final AdminServices services;

    Edits(AdminServices services) {
        this.services = services;
    }

    CompletionStage<Answer> apply(Change change) {
        return attempt(change, 1);
    }

    /** All checks of {@link #apply}, and what it would change; nothing is changed. */
    CompletionStage<Answer> dryRun(Change change) {
        return checked(change).thenApply(Plan::dryRun);
    }

    /** What {@link #apply} would do; fails as that would. */
    CompletionStage<Plan> checked(Change change) {
        return plan(change)
                .thenCompose(plan -> refuseIfAttached(plan.model(), plan.edits())
                        .thenCompose(allowed -> services.check(
                                change.tenant(),
                                plan.edits(),
                                OptionalLong.of(plan.model().revision())))
                        .thenApply(outcome -> switch (outcome) {
                            case EditOutcome.Applied _ -> plan;
                            case EditOutcome.Rejected rejected -> throw rejected(change, rejected);
                            case EditOutcome.Stale stale ->
                                throw stale(change.tenant(), plan.model().revision(), stale.current());
                        }));
    }

    private CompletionStage<Plan> plan(Change change) {
        return services.model(change.tenant()).thenApply(model -> {
            change.expected().ifPresent(expected -> {
                if (expected != model.revision()) {
                    throw stale(change.tenant(), expected, model.revision());
                }
            });
            List<ModelEdit> edits = change.edits().apply(model);
            TenantModel after = model.replayed(edits, model.revision() + 1);
            return new Plan(model, after, edits, ModelChange.made(model, after, edits));
        });
    }

    private CompletionStage<Answer> attempt(Change change, int attempt) {
        return plan(change).thenCompose(plan -> {
            TenantModel model = plan.model();
            if (plan.changes().isEmpty()) {
                return CompletableFuture.completedFuture(plan.answer(model.revision()));
            }
            return refuseIfAttached(model, plan.edits())
                    .thenCompose(allowed -> services.edit(
                            change.tenant(),
                            plan.edits(),
                            OptionalLong.of(model.revision()),
                            change.by(),
                            change.note()))
                    .thenCompose(outcome -> switch (outcome) {
                        case EditOutcome.Applied applied ->
                            CompletableFuture.completedFuture(plan.answer(applied.revision()));
                        case EditOutcome.Rejected rejected -> throw rejected(change, rejected);
                        case EditOutcome.Stale stale -> {
                            if (change.expected().isPresent() || attempt == MAX_ATTEMPTS) {
                                throw stale(change.tenant(), model.revision(), stale.current());
                            }
                            yield attempt(change, attempt + 1);
                        }
                    });
        });
    }

    static RefusedException stale(TenantId tenant, long expected, long current) {
        return new RefusedException(
                ProblemKind.STALE_REVISION,
                "tenant " + tenant + " is at revision " + current + ", not " + expected,
                "read it again, look at what has changed, and send the change with the new revision");
    }

    static RefusedException rejected(Change change, EditOutcome.Rejected rejected) {
        // What is wrong in the rest of the tenant is but the other side of it, if something is wrong in the document.
        List<FieldProblem> ours = rejected.problems().stream()
                .map(change.place())
                .filter(Objects::nonNull)
                .toList();
        if (!ours.isEmpty()) {
            return RefusedException.invalid(ours);
        }
        List<FieldProblem> problems = rejected.problems().stream()
                .map(problem -> elsewhere(change, problem))
                .toList();
        FieldProblem first = problems.getFirst();
        if (DocumentPaths.isQuota(rejected.problems().getFirst())) {
            return new RefusedException(
                    ProblemKind.QUOTA, first.path() + ": " + first.message(), first.hint(), problems);
        }
        return new RefusedException(
                change.otherwise(),
                first.path() + " " + first.message(),
                change.hint() == null ? first.hint() : change.hint(),
                problems);
    }

    /** Of a removal, the model's problem is what the rest of it now lacks: a reference to what is gone. */
    private static FieldProblem elsewhere(Change change, Problem problem) {
        FieldProblem placed = DocumentPaths.elsewhere(problem);
        return change.otherwise() == ProblemKind.IN_USE && !DocumentPaths.isQuota(problem)
                ? new FieldProblem(placed.path(), "still names it", null)
                : placed;
    }

    private static List<Vnic> declared(Vm vm) {
        return vm.vnics().stream().map(Vnic::declared).toList();
    }

    /** The host knows a VM's vNICs as they were when it was attached; so they cannot change until it is detached. */
    private CompletionStage<Boolean> refuseIfAttached(TenantModel model, List<ModelEdit> edits) {
        Set<String> affected = new TreeSet<>();
        for (ModelEdit edit : edits) {
            switch (edit) {
                case ModelEdit.PutVm(Vm vm) -> {
                    Vm known = model.vms().get(vm.name());
                    if (known != null && !declared(known).equals(declared(vm))) {
                        affected.add(vm.name());
                    }
                }
                case ModelEdit.RemoveVm(String name) -> affected.add(name);
                case ModelEdit.PutSegment put -> {
                    var known = model.segments().get(put.segment().name());
                    if (known != null && known.vlan() != put.segment().vlan()) {
                        model.vms().values().stream()
                                .filter(vm ->
                                        vm.vnics().stream().map(Vnic::segment).anyMatch(known.name()::equals))
                                .forEach(vm -> affected.add(vm.name()));
                    }
                }
                case ModelEdit.RemoveSegment _, ModelEdit.PutGroup _, ModelEdit.RemoveGroup _ -> {}
                case ModelEdit.PutService _, ModelEdit.RemoveService _, ModelEdit.PutPolicy _ -> {}
                case ModelEdit.RemovePolicy _, ModelEdit.SetTags _, ModelEdit.SetFinding _ -> {}
                case ModelEdit.PutStagedPolicy _, ModelEdit.RemoveStagedPolicy _ -> {}
                case ModelEdit.ClearFinding _, ModelEdit.SetDiscovered _ -> {}
                case ModelEdit.SetDefaults _,
                        ModelEdit.SetClock _,
                        ModelEdit.SetQuota _,
                        ModelEdit.AdoptProvider _ -> {}
                case ModelEdit.PutExclusion _, ModelEdit.RemoveExclusion _ -> {}
            }
        }
        CompletionStage<Boolean> allowed = CompletableFuture.completedFuture(true);
        for (String name : affected) {
            VmId vm = new VmId(model.tenant(), name);
            allowed = allowed.thenCombine(services.placement(vm), (before, placement) -> {
                if (!placement.phase().equals("DETACHED")) {
                    throw new RefusedException(
                            ProblemKind.WRONG_STATE,
                            vm + " is attached to a host (" + placement.phase() + "): it cannot be deleted, nor its"
                                    + " vNICs be changed",
                            "detach it first");
                }
                return before;
            });
        }
        return allowed;
    }
}
