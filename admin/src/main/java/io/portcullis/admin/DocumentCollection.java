package io.portcullis.admin;

import io.portcullis.admin.document.ModelWriter;
import io.portcullis.api.ExclusionSpec;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A collection of a tenant's documents.
 *
 * @param path its segment in addresses
 * @param kind of its documents
 * @param specType of their specs
 * @param documents of a model, as specs, by name
 * @param remove the edit that removes one by name
 */
record DocumentCollection<S extends Record>(
        String path,
        String kind,
        Class<S> specType,
        Function<TenantModel, Map<String, S>> documents,
        Function<String, ModelEdit> remove) {
    static final List<DocumentCollection<?>> ALL = List.of(
            new DocumentCollection<>(
                    "segments",
                    "Segment",
                    SegmentSpec.class,
                    model -> specs(model.segments(), ModelWriter::segment),
                    ModelEdit.RemoveSegment::new),
            new DocumentCollection<>(
                    "groups",
                    "Group",
                    GroupSpec.class,
                    model -> specs(model.groups(), ModelWriter::group),
                    ModelEdit.RemoveGroup::new),
            new DocumentCollection<>(
                    "services",
                    "Service",
                    ServiceSpec.class,
                    model -> specs(model.services(), ModelWriter::service),
                    ModelEdit.RemoveService::new),
            new DocumentCollection<>(
                    "policies",
                    "Policy",
                    PolicySpec.class,
                    model -> specs(model.policies(), ModelWriter::policy),
                    ModelEdit.RemovePolicy::new),
            new DocumentCollection<>(
                    "staged-policies",
                    "StagedPolicy",
                    StagedPolicySpec.class,
                    model -> specs(model.staged(), ModelWriter::staged),
                    ModelEdit.RemoveStagedPolicy::new),
            new DocumentCollection<>(
                    "exclusions",
                    "Exclusion",
                    ExclusionSpec.class,
                    model -> specs(model.exclusions(), ModelWriter::exclusion),
                    ModelEdit.RemoveExclusion::new));

    private static <T, S> Map<String, S> specs(Map<String, T> things, Function<T, S> write) {
        Map<String, S> specs = new TreeMap<>();
        things.forEach((name, thing) -> specs.put(name, write.apply(thing)));
        return specs;
    }
}
