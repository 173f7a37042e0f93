package io.portcullis.replay.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.admin.document.ModelReader;
import io.portcullis.api.document.Documents;
import io.portcullis.api.document.Format;
import io.portcullis.api.document.InvalidDocumentException;
import io.portcullis.api.document.Located;
import io.portcullis.policy.Action;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Plays a scenario on real engines and compares what is reached with its matrices. */
final class ScenarioRun implements AutoCloseable {
    private final Scenario scenario;
    private final EngineLab lab = new EngineLab(false);
    private final Prober prober = new Prober(lab);
    private final Map<String, TenantModel> models = new HashMap<>();
    private int probes;

    ScenarioRun(Scenario scenario, Path folder) throws IOException {
        this.scenario = scenario;
        for (Map.Entry<String, Scenario.TenantPart> tenant : scenario.tenants().entrySet()) {
            models.put(tenant.getKey(), TenantModel.empty(new TenantId(tenant.getKey())));
            String defaultAction = tenant.getValue().defaultAction();
            if (defaultAction != null) {
                edit(
                        tenant.getKey(),
                        new ModelEdit.SetDefaults(Action.valueOf(defaultAction), false, TimeoutPreset.LINUX));
            }
            for (String file : tenant.getValue().include()) {
                apply(tenant.getKey(), Files.readString(folder.resolve(file)));
            }
        }
    }

    /** How many pairs of ends were tried. */
    int play() {
        for (Scenario.Step step : scenario.steps()) {
            step.apply().forEach(this::apply);
            step.delete()
                    .forEach((tenant, names) -> names.forEach(name -> edit(tenant, new ModelEdit.RemovePolicy(name))));
            step.tags()
                    .forEach((tenant, vms) -> vms.forEach((vm, tags) -> {
                        TreeSet<Tag> all = new TreeSet<>();
                        tags.forEach(tag -> all.add(Tag.parse(tag)));
                        edit(tenant, new ModelEdit.SetTags(vm, all));
                    }));
            step.finding()
                    .forEach((tenant, vms) -> vms.forEach((vm, finding) -> {
                        String[] parts = finding.split("=", 2);
                        edit(tenant, new ModelEdit.SetFinding(vm, parts[0], parts[1]));
                    }));
            if (step.at() != null) {
                Instant time = Instant.parse(step.at());
                models.keySet().forEach(tenant -> edit(tenant, new ModelEdit.SetClock(time)));
            }
            adopt();
            models.values().forEach(lab::enforce);
            step.reach().forEach(reach -> compare(step.title(), reach));
        }
        return probes;
    }

    /** All tenants have the provider's policies as they are, if the scenario has one. */
    private void adopt() {
        TenantModel provider = models.get(TenantId.PROVIDER.value());
        if (provider != null) {
            ModelEdit adoption = new ModelEdit.AdoptProvider(ProviderPolicies.of(provider));
            models.keySet().stream()
                    .filter(tenant -> !tenant.equals(TenantId.PROVIDER.value()))
                    .toList()
                    .forEach(tenant -> edit(tenant, adoption));
        }
    }

    private void compare(String step, Scenario.Reach reach) {
        TenantModel model = models.get(reach.tenant());
        Matrix expected = Matrix.parse(reach.matrix());
        if (reach.rest() != null) {
            expected = expected.withRest(model.vms().keySet(), reach.rest());
        }
        for (String probe : reach.probes()) {
            Matrix actual = expected.map((from, to) -> {
                probes++;
                return prober.probe(model, probe, from, to);
            });
            assertThat(actual.toString())
                    .as("%s: %s, %s of tenant %s", scenario.title(), step, probe, reach.tenant())
                    .isEqualTo(expected.toString());
        }
    }

    private void apply(String tenant, String yaml) {
        TenantModel model = models.get(tenant);
        List<ModelEdit> edits = new ArrayList<>();
        try {
            for (Located document : Documents.readAll(yaml.getBytes(StandardCharsets.UTF_8), Format.YAML)) {
                ModelReader reader = new ModelReader(model);
                edits.add(reader.read(document.resource())
                        .orElseThrow(() -> new AssertionError(scenario.title() + ": " + reader.mistakes())));
            }
        } catch (InvalidDocumentException mistakes) {
            throw new AssertionError(scenario.title() + ": " + mistakes.problems(), mistakes);
        }
        edit(tenant, edits.toArray(ModelEdit[]::new));
    }

    private void edit(String tenant, ModelEdit... edits) {
        models.put(
                tenant,
                switch (models.get(tenant).apply(List.of(edits))) {
                    case EditResult.Accepted accepted -> accepted.model();
                    case EditResult.Refused refused ->
                        throw new AssertionError(scenario.title() + ": " + refused.problems());
                });
    }

    @Override
    public void close() {
        lab.close();
    }
}
