package io.portcullis.admin;

import io.portcullis.admin.document.DocumentPaths;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.FieldProblem;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
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
     */
    record Change(
            TenantId tenant,
            OptionalLong expected,
            String by,
            Function<TenantModel, List<ModelEdit>> edits,
            Function<Problem, @Nullable FieldProblem> place,
            ProblemKind otherwise) {
        /** Without a document: problems are about the rest of the model, which still needs what is removed. */
        static Change removal(
                TenantId tenant, OptionalLong expected, String by, Function<TenantModel, List<ModelEdit>> edits) {
            return new Change(tenant, expected, by, edits, problem -> null, ProblemKind.IN_USE);
        }
    }

    private final AdminServices services;

    Edits(AdminServices services) {
        this.services = services;
    }

    CompletionStage<Answer> apply(Change change) {
        return attempt(change, 1);
    }

    private CompletionStage<Answer> attempt(Change change, int attempt) {
        return services.model(change.tenant()).thenCompose(model -> {
            change.expected().ifPresent(expected -> {
                if (expected != model.revision()) {
                    throw stale(change.tenant(), expected, model.revision());
                }
            });
            List<ModelEdit> edits = change.edits().apply(model);
            List<String> changed = changed(model, edits);
            if (changed.isEmpty()) {
                return CompletableFuture.completedFuture(answer(model, model.revision(), changed));
            }
            return refuseIfAttached(model, edits)
                    .thenCompose(allowed ->
                            services.edit(change.tenant(), edits, OptionalLong.of(model.revision()), change.by()))
                    .thenCompose(outcome -> switch (outcome) {
                        case EditOutcome.Applied applied ->
                            CompletableFuture.completedFuture(answer(model, applied.revision(), changed));
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

    private static Answer answer(TenantModel model, long revision, List<String> changed) {
        return Answer.ok(new ChangeView(model.tenant().value(), revision, changed), revision);
    }

    static RefusedException stale(TenantId tenant, long expected, long current) {
        return new RefusedException(
                ProblemKind.STALE_REVISION,
                "tenant " + tenant + " is at revision " + current + ", not " + expected,
                "read it again, look at what has changed, and send the change with the new revision");
    }

    private static RefusedException rejected(Change change, EditOutcome.Rejected rejected) {
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
        return new RefusedException(
                change.otherwise(),
                first.path() + " " + first.message(),
                change.otherwise() == ProblemKind.IN_USE ? "change or delete what uses it first" : first.hint(),
                problems);
    }

    /** Of a removal, the model's problem is what the rest of it now lacks: a reference to what is gone. */
    private static FieldProblem elsewhere(Change change, Problem problem) {
        FieldProblem placed = DocumentPaths.elsewhere(problem);
        return change.otherwise() == ProblemKind.IN_USE
                ? new FieldProblem(placed.path(), "still names it", null)
                : placed;
    }

    /** The host knows a VM's vNICs as they were when it was attached; so they cannot change until it is detached. */
    private CompletionStage<Boolean> refuseIfAttached(TenantModel model, List<ModelEdit> edits) {
        Set<String> affected = new TreeSet<>();
        for (ModelEdit edit : edits) {
            switch (edit) {
                case ModelEdit.PutVm(Vm vm) -> {
                    Vm known = model.vms().get(vm.name());
                    if (known != null && !known.vnics().equals(vm.vnics())) {
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
                case ModelEdit.ClearFinding _, ModelEdit.SetDefaults _ -> {}
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

    /** What is new, different or gone, as {@code Kind/name}. */
    private static List<String> changed(TenantModel model, List<ModelEdit> edits) {
        Set<String> changed = new TreeSet<>();
        for (ModelEdit edit : edits) {
            @Nullable String name = changed(model, edit);
            if (name != null) {
                changed.add(name);
            }
        }
        return List.copyOf(changed);
    }

    private static @Nullable String changed(TenantModel model, ModelEdit edit) {
        return switch (edit) {
            case ModelEdit.PutSegment(var it) ->
                unlessEqual("Segment", it.name(), model.segments().get(it.name()), it);
            case ModelEdit.PutGroup(var it) ->
                unlessEqual("Group", it.name(), model.groups().get(it.name()), it);
            case ModelEdit.PutService(var it) ->
                unlessEqual("Service", it.name(), model.services().get(it.name()), it);
            case ModelEdit.PutPolicy(var it) ->
                unlessEqual("Policy", it.name(), model.policies().get(it.name()), it);
            case ModelEdit.PutVm(var it) ->
                unlessEqual("Vm", it.name(), model.vms().get(it.name()), it);
            case ModelEdit.RemoveSegment(String name) -> "Segment/" + name;
            case ModelEdit.RemoveGroup(String name) -> "Group/" + name;
            case ModelEdit.RemoveService(String name) -> "Service/" + name;
            case ModelEdit.RemovePolicy(String name) -> "Policy/" + name;
            case ModelEdit.RemoveVm(String name) -> "Vm/" + name;
            case ModelEdit.SetTags(String vm, var tags) ->
                unlessEqual("Vm", vm, known(model, vm).tags(), tags);
            case ModelEdit.SetFinding(String vm, String finding, String value) ->
                unlessEqual("Vm", vm, known(model, vm).findings().get(finding), value);
            case ModelEdit.ClearFinding(String vm, String finding) ->
                known(model, vm).findings().containsKey(finding) ? "Vm/" + vm : null;
            case ModelEdit.SetDefaults _ -> "Tenant/" + model.tenant();
        };
    }

    private static Vm known(TenantModel model, String vm) {
        return Lookup.vm(model, vm);
    }

    private static @Nullable String unlessEqual(String kind, String name, @Nullable Object before, Object after) {
        return Objects.equals(before, after) ? null : kind + "/" + name;
    }
}
