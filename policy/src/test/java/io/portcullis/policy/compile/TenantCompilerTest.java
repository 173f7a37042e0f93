package io.portcullis.policy.compile;

import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Category;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Publication;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The incremental compiler against the full one. */
class TenantCompilerTest {
    private static final int MODELS = 60;
    private static final int EDITS_PER_MODEL = 200;

    @Test
    void shouldGiveEveryVnicTheTableOfTheFullCompileAfterEveryEdit() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("TenantCompilerTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        Map<String, Integer> accepted = new HashMap<>();
        int partly = 0;
        int shadowed = 0;
        for (int round = 0; round < MODELS; round++) {
            TenantModel model = new RandomTenant(seeds.nextLong()).model();
            RandomEdits edits = new RandomEdits(seeds.nextLong());
            PolicyCompiler reference = new PolicyCompiler();
            TenantCompiler compiler = reference.incremental();
            Map<VnicId, RuleTable> before = Map.of();
            Map<VnicId, RuleTable> shadowsBefore = Map.of();
            for (int step = 0; step < EDITS_PER_MODEL; step++) {
                String what = "seed " + seed + " round " + round + " step " + step;
                List<ModelEdit> made = step == 0 ? List.of() : edits.next(model);
                if (!(model.apply(made) instanceof EditResult.Accepted result)) {
                    continue;
                }
                model = result.model();
                made.forEach(edit -> accepted.merge(edit.getClass().getSimpleName(), 1, Integer::sum));
                Set<VnicId> changed = compiler.update(model);
                Map<VnicId, RuleTable> expected = reference.compileAll(model);
                assertThat(hashes(compiler.tables())).as("%s: %s", what, made).isEqualTo(hashes(expected));
                assertThat(changed).as("%s: %s", what, made).isEqualTo(differing(before, expected));
                partly += changed.isEmpty() || changed.size() == expected.size() ? 0 : 1;
                before = expected;
                Map<VnicId, RuleTable> shadows = reference.compileShadows(model);
                assertThat(hashes(compiler.shadows())).as("%s: %s", what, made).isEqualTo(hashes(shadows));
                assertThat(compiler.shadowsChanged())
                        .as("%s: %s", what, made)
                        .isEqualTo(differing(shadowsBefore, shadows));
                shadowed += shadows.isEmpty() || shadows.size() == expected.size() ? 0 : 1;
                shadowsBefore = shadows;
            }
        }
        assertThat(accepted.keySet())
                .as("kinds of edits: %s", accepted)
                .hasSize(ModelEdit.class.getPermittedSubclasses().length);
        assertThat(partly).isGreaterThan(MODELS * EDITS_PER_MODEL / 20);
        assertThat(shadowed).isGreaterThan(MODELS * EDITS_PER_MODEL / 20);
    }

    @Test
    void shouldCompileAModelAtOnceAsInSteps() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("TenantCompilerTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        for (int round = 0; round < 200; round++) {
            RandomTenant random = new RandomTenant(seeds.nextLong());
            TenantModel model = random.withProvider(random.model());
            RandomTenant another = new RandomTenant(seeds.nextLong());
            TenantModel other = another.withProvider(another.model());
            PolicyCompiler reference = new PolicyCompiler();
            TenantCompiler compiler = reference.incremental();
            compiler.update(model);
            Set<VnicId> changed = compiler.update(other);

            Map<VnicId, RuleTable> expected = reference.compileAll(other);
            assertThat(hashes(compiler.tables())).as("seed %d", seed).isEqualTo(hashes(expected));
            assertThat(changed).as("seed %d", seed).isEqualTo(differing(reference.compileAll(model), expected));
            assertThat(compiler.clear()).as("seed %d", seed).isEqualTo(expected.keySet());
            assertThat(compiler.tables()).isEmpty();
            assertThat(compiler.update(model))
                    .isEqualTo(reference.compileAll(model).keySet());
        }
    }

    @Test
    void shouldEnforceNothingOfWhatIsStaged() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("TenantCompilerTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        int staged = 0;
        for (int round = 0; round < 300; round++) {
            RandomTenant random = new RandomTenant(seeds.nextLong());
            TenantModel model = random.withProvider(random.model());
            TenantModel without = model.replayed(
                    model.staged().keySet().stream()
                            .<ModelEdit>map(ModelEdit.RemoveStagedPolicy::new)
                            .toList(),
                    model.revision());
            PolicyCompiler reference = new PolicyCompiler();
            TenantCompiler compiler = reference.incremental();
            compiler.update(without);
            assertThat(compiler.shadows()).as("seed %d", seed).isEmpty();

            Set<VnicId> changed = compiler.update(model);

            assertThat(changed).as("seed %d", seed).isEmpty();
            assertThat(hashes(compiler.tables())).as("seed %d", seed).isEqualTo(hashes(reference.compileAll(without)));
            staged += compiler.shadows().size();
            Map<VnicId, String> expected = hashes(compiler.tables());
            expected.putAll(hashes(compiler.shadows()));
            compiler.update(
                    accepted(model.apply(Publication.edits(model, model.staged().keySet()))));
            assertThat(hashes(compiler.tables())).as("seed %d", seed).isEqualTo(expected);
            assertThat(compiler.shadows()).as("seed %d", seed).isEmpty();
        }
        assertThat(staged).as("shadows").isGreaterThan(100);
    }

    @Test
    void shouldShadowOnlyWhomAStagedChangeConcerns() {
        TenantModel model = threeTiers();
        TenantCompiler compiler = new PolicyCompiler().incremental();
        compiler.update(model);

        assertThat(compiler.update(accepted(model.stage(StagedPolicy.removal("db")))))
                .isEmpty();

        assertThat(compiler.shadowsChanged()).containsExactly(VnicId.parse("acme/db-1/eth0"));
        assertThat(compiler.shadows()).containsOnlyKeys(VnicId.parse("acme/db-1/eth0"));
        assertThat(compiler.table(VnicId.parse("acme/db-1/eth0")).rules()).hasSize(1);
        assertThat(compiler.shadow(VnicId.parse("acme/db-1/eth0")).rules()).isEmpty();
    }

    private static Map<VnicId, String> hashes(Map<VnicId, RuleTable> tables) {
        Map<VnicId, String> hashes = new HashMap<>();
        tables.forEach((vnic, table) -> hashes.put(vnic, table.hash()));
        return hashes;
    }

    private static Set<VnicId> differing(Map<VnicId, RuleTable> before, Map<VnicId, RuleTable> after) {
        Map<VnicId, String> old = hashes(before);
        Map<VnicId, String> next = hashes(after);
        Set<VnicId> differing = new HashSet<>(old.keySet());
        differing.addAll(next.keySet());
        differing.removeIf(vnic -> old.containsKey(vnic) && old.get(vnic).equals(next.get(vnic)));
        return differing;
    }

    private static TenantModel threeTiers() {
        return aTenant()
                .segment("lan", 10)
                .vm("web-1", "app:web", "10.0.0.1")
                .vm("web-2", "app:web", "10.0.0.2")
                .vm("db-1", "app:db", "10.0.0.9")
                .vm("other", "", "10.0.0.20")
                .group("web", tag("app:web"))
                .group("db", tag("app:db"))
                .policy(SecurityPolicy.of(
                        "db",
                        Category.APPLICATION,
                        1,
                        Rule.allow("sql")
                                .from("web")
                                .to("db")
                                .services("postgresql")
                                .direction(RuleDirection.IN)
                                .appliedTo("db")))
                .build();
    }

    @Test
    void shouldTouchOnlyWhomATagChangeConcerns() {
        TenantModel model = threeTiers();
        TenantCompiler compiler = new PolicyCompiler().incremental();
        compiler.update(model);
        RuleTable others = compiler.table(VnicId.parse("acme/other/eth0"));

        TenantModel tagged = accepted(model.setTags("other", Set.of(Tag.parse("app:web"))));

        assertThat(compiler.update(tagged)).containsExactly(VnicId.parse("acme/db-1/eth0"));
        assertThat(compiler.table(VnicId.parse("acme/other/eth0"))).isSameAs(others);
    }

    @Test
    void shouldTouchNobodyWhenNoVerdictCanChange() {
        TenantModel model = threeTiers();
        TenantCompiler compiler = new PolicyCompiler().incremental();
        compiler.update(model);

        model = accepted(model.setTags("web-1", Set.of(Tag.parse("app:web"), Tag.parse("env:prod"))));
        assertThat(compiler.update(model)).isEmpty();
        model = accepted(model.setFinding("web-1", "malware", "eicar"));
        assertThat(compiler.update(model)).isEmpty();
    }

    @Test
    void shouldTouchOnlyWhomAnHourOfTheDayConcerns() {
        SecurityPolicy night = SecurityPolicy.of(
                        "night",
                        Category.APPLICATION,
                        2,
                        Rule.allow("backup").from("db").services("ssh"))
                .withAppliedTo("web")
                .withSchedule(Schedule.daily("UTC", "22:00-06:00"));
        Instant noon = Instant.parse("2026-12-01T12:00:00Z");
        TenantModel model =
                accepted(threeTiers().apply(List.of(new ModelEdit.PutPolicy(night), new ModelEdit.SetClock(noon))));
        TenantCompiler compiler = new PolicyCompiler().incremental();
        compiler.update(model);
        assertThat(compiler.nextChange()).isEqualTo(noon.plus(Duration.ofHours(10)));

        TenantModel evening = model.at(noon.plus(Duration.ofHours(10)));
        assertThat(compiler.update(evening))
                .containsExactlyInAnyOrder(VnicId.parse("acme/web-1/eth0"), VnicId.parse("acme/web-2/eth0"));
        assertThat(compiler.nextChange()).isEqualTo(noon.plus(Duration.ofHours(18)));
        assertThat(compiler.update(evening.at(noon.plus(Duration.ofHours(11))))).isEmpty();
    }

    @Test
    void shouldShareTablesWithWhoeverHasTheSameContent() {
        PolicyCompiler shared = new PolicyCompiler();
        TenantCompiler compiler = shared.incremental();
        TenantModel model = threeTiers();
        compiler.update(model);

        shared.compileAll(model)
                .forEach((vnic, table) -> assertThat(compiler.table(vnic)).isSameAs(table));
        assertThat(compiler.table(VnicId.parse("acme/nobody/eth0"))).isNull();
    }
}
