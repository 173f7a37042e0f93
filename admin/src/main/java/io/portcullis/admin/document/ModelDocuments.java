package io.portcullis.admin.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.portcullis.api.Json;
import io.portcullis.api.Metadata;
import io.portcullis.api.Resource;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A model as the YAML documents that make it: for export, and to show what is different between two. Stateless. */
public final class ModelDocuments {
    /** Most of a difference that is shown, in characters. */
    public static final int MAX_DIFF_CHARS = 4 << 20;

    private static final String NOTHING = "/dev/null";

    private ModelDocuments() {}

    /** What the model consists of, in the order in which documents depend on each other; each as if it were new. */
    public static Stream<ModelChange> objects(TenantModel model) {
        TenantModel nothing = TenantModel.empty(model.tenant());
        ModelEdit defaults = new ModelEdit.SetDefaults(model.defaultAction(), model.looseTracking(), model.timeouts());
        return Stream.concat(
                Stream.of(
                        new ModelChange(ModelChange.Kind.TENANT, model.tenant().value(), defaults, defaults)),
                ModelChange.between(nothing, model).stream()
                        .filter(change -> change.kind() != ModelChange.Kind.TENANT
                                && change.kind().hasDocuments()));
    }

    /** One of them as a document, with {@code ---} before it. */
    public static String document(TenantModel model, ModelChange object) {
        return "---\n" + text(model, object.redo());
    }

    /**
     * The differences in the unified format, one heading per document; empty if there are none.
     *
     * @param maxChars what goes beyond is left out, and the last line says so
     */
    public static String diff(TenantModel model, List<ModelChange> changes, int maxChars) {
        StringBuilder diff = new StringBuilder();
        for (int index = 0; index < changes.size(); index++) {
            ModelChange change = changes.get(index);
            boolean added = change.effect() == ModelChange.Effect.ADDED;
            boolean removed = change.effect() == ModelChange.Effect.REMOVED;
            diff.append("--- ").append(added ? NOTHING : change.title()).append('\n');
            diff.append("+++ ").append(removed ? NOTHING : change.title()).append('\n');
            for (String line : hunks(model, change)) {
                if (diff.length() + line.length() > maxChars) {
                    int left = changes.size() - index - 1;
                    return diff.append("… the rest is left out")
                            .append(left == 0 ? "" : ", and " + left + " more documents")
                            .append('\n')
                            .toString();
                }
                diff.append(line).append('\n');
            }
        }
        return diff.toString();
    }

    private static List<String> hunks(TenantModel model, ModelChange change) {
        if (change.undo() instanceof ModelEdit.PutPolicy(SecurityPolicy before)
                && change.redo() instanceof ModelEdit.PutPolicy(SecurityPolicy after)) {
            PolicyExcerpts excerpts = PolicyExcerpts.of(before, after);
            return LineDiff.hunks(
                    text(model, new ModelEdit.PutPolicy(excerpts.before())),
                    text(model, new ModelEdit.PutPolicy(excerpts.after())),
                    excerpts.linesBefore());
        }
        return LineDiff.hunks(text(model, change.undo()), text(model, change.redo()));
    }

    private static String text(TenantModel model, ModelEdit edit) {
        return resource(model, edit).map(ModelDocuments::yaml).orElse("");
    }

    /** Empty for the removal of something. */
    private static Optional<Resource<?>> resource(TenantModel model, ModelEdit edit) {
        return switch (edit) {
            case ModelEdit.PutSegment(var it) -> resource("Segment", it.name(), ModelWriter.segment(it));
            case ModelEdit.PutService(var it) -> resource("Service", it.name(), ModelWriter.service(it));
            case ModelEdit.PutGroup(var it) -> resource("Group", it.name(), ModelWriter.group(it));
            case ModelEdit.PutVm(var it) -> resource("Vm", it.name(), ModelWriter.vm(it));
            case ModelEdit.PutPolicy(var it) -> resource("Policy", it.name(), ModelWriter.policy(it));
            case ModelEdit.PutStagedPolicy(var it) -> resource("StagedPolicy", it.name(), ModelWriter.staged(it));
            case ModelEdit.PutExclusion(var it) -> resource("Exclusion", it.name(), ModelWriter.exclusion(it));
            case ModelEdit.SetDefaults it -> resource("Tenant", model.tenant().value(), ModelWriter.defaults(it));
            case ModelEdit.SetClock it -> resource("Clock", model.tenant().value(), ClockText.of(model, it.time()));
            case ModelEdit.SetQuota(var it) -> resource("Quota", model.tenant().value(), ModelWriter.quota(it));
            case ModelEdit.AdoptProvider it ->
                resource(
                        "Provider",
                        model.tenant().value(),
                        new ProviderText(it.provider().revision()));
            case ModelEdit.RemoveSegment _, ModelEdit.RemoveService _, ModelEdit.RemoveGroup _ -> Optional.empty();
            case ModelEdit.RemoveVm _,
                    ModelEdit.RemovePolicy _,
                    ModelEdit.RemoveExclusion _,
                    ModelEdit.RemoveStagedPolicy _ -> Optional.empty();
            case ModelEdit.SetTags _, ModelEdit.SetFinding _, ModelEdit.ClearFinding _, ModelEdit.SetDiscovered _ ->
                throw new IllegalArgumentException("part of a document");
        };
    }

    /**
     * How differences show the tenant's time, which is no document.
     *
     * @param inactive policies out of their schedules, and rules that have expired
     */
    record ClockText(String time, List<String> inactive) {
        static ClockText of(TenantModel model, Instant time) {
            List<String> inactive = new ArrayList<>();
            for (SecurityPolicy policy : model.policies().values()) {
                if (policy.enabled() && !policy.activeAt(time)) {
                    inactive.add("Policy/" + policy.name());
                }
                policy.rules().stream()
                        .filter(rule -> !rule.activeAt(time))
                        .forEach(rule -> inactive.add("Rule/" + policy.name() + "/" + rule.name()));
            }
            return new ClockText(time.toString(), inactive);
        }
    }

    /** How differences show which of the provider's policies the tenant has: nothing of what is in them. */
    record ProviderText(long revision) {}

    private static Optional<Resource<?>> resource(String kind, String name, Record spec) {
        return Optional.of(new Resource<>(kind, new Metadata(name), spec));
    }

    private static String yaml(Resource<?> resource) {
        try {
            return Json.yaml().writeValueAsString(resource);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
