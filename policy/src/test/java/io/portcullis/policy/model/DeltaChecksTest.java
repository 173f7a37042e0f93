package io.portcullis.policy.model;

import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.compile.RandomEdits;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What an edit of a checked model comes to, against the check of all of its outcome. */
class DeltaChecksTest {
    private static final int MODELS = 40;
    private static final int EDITS_PER_MODEL = 300;

    @Test
    void shouldJudgeEveryEditAsTheCheckOfTheWholeModelDoes() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("DeltaChecksTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        Map<String, Integer> outcomes = new HashMap<>();
        for (int round = 0; round < MODELS; round++) {
            RandomEdits edits = new RandomEdits(seeds.nextLong());
            TenantModel model = aTenant().segment("lan", 10).segment("dmz", 20).build();
            for (int step = 0; step < EDITS_PER_MODEL; step++) {
                List<ModelEdit> next = edits.next(model);
                EditResult result = model.apply(next);
                assertThat(result)
                        .as("seed %d round %d step %d: %s", seed, round, step, next)
                        .isEqualTo(uncounted(model).apply(next));
                outcomes.merge(result.getClass().getSimpleName(), 1, Integer::sum);
                if (result instanceof EditResult.Accepted accepted) {
                    model = accepted.model();
                    assertThat(NameMap.copyOf(model.policies()).isCounted()).isTrue();
                }
            }
        }
        assertThat(outcomes.get("Accepted")).isGreaterThan(MODELS * EDITS_PER_MODEL / 4);
        assertThat(outcomes.get("Refused")).isGreaterThan(MODELS * EDITS_PER_MODEL / 20);
    }

    /** The same model as if it had been read from a store: nothing is known of it. */
    private static TenantModel uncounted(TenantModel model) {
        return new TenantModel(
                model.tenant(),
                model.revision(),
                new TreeMap<>(model.segments()),
                new TreeMap<>(model.vms()),
                new TreeMap<>(model.groups()),
                new TreeMap<>(model.services()),
                new TreeMap<>(model.policies()),
                new TreeMap<>(model.staged()),
                new TreeMap<>(model.exclusions()),
                model.defaultAction(),
                model.looseTracking(),
                model.timeouts(),
                model.time(),
                model.quota(),
                model.provider());
    }

    @Test
    void shouldCountWhatManyEditsAtOnceHaveBrought() {
        TestTenant tenant = aTenant().segment("lan", 10);
        for (int vm = 0; vm < 2_000; vm++) {
            tenant.vm("vm-" + vm, "", "10.0." + vm / 200 + "." + (1 + vm % 200));
        }
        TenantModel model = tenant.build();

        assertThat(refused(model.putVm(
                        model.vms().get("vm-7").withVnic(tenant.vnic("vm-7", "eth1", "lan", "10.0.9.200")))))
                .extracting(Problem::path)
                .contains("/vms/vm-7/vnics/1/addresses/0");
    }

    @Test
    void shouldRefuseGroupsThatOnesOutsideMakeTooDeep() {
        TestTenant tenant = aTenant().group("g1", Expression.tag("app:web"));
        for (int group = 2; group <= Limits.MAX_GROUP_NESTING; group++) {
            tenant.group("g" + group, Expression.group("g" + (group - 1)));
        }
        TenantModel model = accepted(tenant.build().putGroup(new Group("other", Expression.tag("app:db"))));

        assertThat(refused(model.putGroup(new Group("g1", Expression.group("other")))))
                .extracting(Problem::path)
                .contains("/groups/g" + Limits.MAX_GROUP_NESTING + "/expression");
        assertThat(refused(model.putGroup(new Group("g1", Expression.group("g5")))))
                .extracting(Problem::message)
                .anyMatch(message -> message.startsWith("group cycle"));
        accepted(model.putGroup(new Group("g1", Expression.tag("app:db"))));
    }
}
