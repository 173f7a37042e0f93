package io.portcullis.policy.model;

import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Category;
import io.portcullis.policy.VmId;
import io.portcullis.policy.compile.RandomEdits;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a quota refuses, and what it never does. */
class TenantQuotaTest {
    private static final int MODELS = 30;
    private static final int EDITS_PER_MODEL = 300;

    private static TenantModel model() {
        return aTenant()
                .segment("lan", 10)
                .vm("web-1", "app:web", "10.0.0.1")
                .vm("web-2", "app:web", "10.0.0.2")
                .group("web", tag("app:web"))
                .policy(policy("p", 2))
                .build();
    }

    private static SecurityPolicy policy(String name, int rules) {
        Rule.Builder[] all = new Rule.Builder[rules];
        for (int rule = 0; rule < rules; rule++) {
            all[rule] = Rule.allow("r" + rule).from("web").services("https");
        }
        return SecurityPolicy.of(name, Category.APPLICATION, 1, all);
    }

    private static TenantModel limited(TenantModel model, QuotaItem item, int limit) {
        return accepted(model.setQuota(model.quota().with(item, limit)));
    }

    @Test
    void shouldRefuseGrowthBeyondTheQuotaAndSayWhatThereIs() {
        TenantModel model = limited(model(), QuotaItem.RULES, 3);

        assertThat(refused(model.putPolicy(policy("q", 2))))
                .containsExactly(new Problem(
                        "/quota/rules",
                        "the tenant's quota is 3 rules; it has 2 and would have 4",
                        "delete others first, or ask whoever runs the cluster for more"));

        assertThat(accepted(model.putPolicy(policy("q", 1))).policies()).hasSize(2);
        assertThat(refused(model.stage(StagedPolicy.of(policy("q", 2))))).hasSize(1);
        assertThat(accepted(model.stage(StagedPolicy.of(policy("q", 1)))).staged())
                .hasSize(1);
    }

    @Test
    void shouldNeverRefuseWhatLeavesOrLessensWhatThereIs() {
        TenantModel model = limited(model(), QuotaItem.VMS, 0);

        assertThat(refused(model.putVm(Vm.named(new VmId(model.tenant(), "web-3")))))
                .extracting(Problem::path)
                .containsExactly("/quota/vms");
        accepted(model.putVm(model.vms().get("web-1").withOs("debian-13")));
        accepted(model.setFinding("web-1", "malware", "eicar"));
        accepted(model.apply(List.of(
                new ModelEdit.RemoveVm("web-1"), new ModelEdit.PutVm(Vm.named(new VmId(model.tenant(), "web-3"))))));
        TenantModel less = accepted(model.removeVm("web-1"));
        assertThat(refused(less.putVm(model.vms().get("web-1")))).hasSize(1);
    }

    @Test
    void shouldJudgeAnEditByTheQuotaThatItLeaves() {
        TenantModel model = limited(model(), QuotaItem.GROUPS, 1);
        ModelEdit group = new ModelEdit.PutGroup(new Group("db", tag("app:db")));

        assertThat(refused(model.apply(group))).hasSize(1);
        accepted(model.apply(List.of(group, new ModelEdit.SetQuota(TenantQuota.NONE.with(QuotaItem.GROUPS, 2)))));
        assertThat(refused(model().apply(List.of(group, new ModelEdit.SetQuota(model.quota())))))
                .extracting(Problem::path)
                .containsExactly("/quota/groups");
    }

    @Test
    void shouldRefuseAQuotaBelowNothing() {
        assertThat(refused(model().setQuota(TenantQuota.NONE.with(QuotaItem.MEMBERS, -1))))
                .extracting(Problem::path)
                .containsExactly("/quota/members");
    }

    @Test
    void shouldLetAVmBeIsolatedWhateverTheQuota() {
        TenantModel model = model();
        for (QuotaItem item : QuotaItem.values()) {
            model = limited(model, item, 0);
        }

        TenantModel isolated =
                accepted(model.apply(Quarantine.isolate(model, model.vms().get("web-1"))));

        assertThat(TenantQuota.use(isolated)).isEqualTo(TenantQuota.use(model));
        SecurityPolicy own = isolated.policies().get(Quarantine.POLICY).withEnabled(false);
        assertThat(refused(isolated.putPolicy(own)))
                .extracting(Problem::path)
                .containsExactly("/quota/policies", "/quota/rules");
    }

    @Test
    void shouldCheckManyEditsAtOnceAsItDoesFew() {
        TestTenant tenant = aTenant().segment("lan", 10);
        for (int vm = 0; vm < 2_000; vm++) {
            tenant.vm("vm-" + vm, "", "10.0." + vm / 200 + "." + (1 + vm % 200));
        }
        tenant.with(new ModelEdit.SetQuota(TenantQuota.NONE.with(QuotaItem.VNICS, 2_000)));
        TenantModel model = tenant.build();

        Vm more = model.vms().get("vm-7").withVnic(tenant.vnic("vm-7", "eth1", "lan", "10.0.99.200"));
        assertThat(refused(model.putVm(more)).getFirst().message())
                .isEqualTo("the tenant's quota is 2000 vNICs; it has 2000 and would have 2001");
        assertThat(refused(tenant.with(new ModelEdit.PutVm(more)).tried()))
                .extracting(Problem::path)
                .containsExactly("/quota/vnics");
    }

    @Test
    void shouldCountAndRefuseAsALookAtTheWholeModelWould() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("TenantQuotaTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        Map<String, Integer> outcomes = new HashMap<>();
        for (int round = 0; round < MODELS; round++) {
            Random random = new Random(seeds.nextLong());
            RandomEdits edits = new RandomEdits(random.nextLong());
            TenantModel model = aTenant().segment("lan", 10).segment("dmz", 20).build();
            for (int step = 0; step < EDITS_PER_MODEL; step++) {
                if (random.nextInt(10) == 0) {
                    model = accepted(model.setQuota(near(TenantQuota.use(model), random)));
                }
                List<ModelEdit> next = edits.next(model);
                outcomes.merge(judge(model, next, "seed " + seed + " step " + step), 1, Integer::sum);
                model = model.apply(next) instanceof EditResult.Accepted accepted ? accepted.model() : model;
            }
        }
        assertThat(outcomes.get("refused by the quota")).isGreaterThan(MODELS * EDITS_PER_MODEL / 50);
        assertThat(outcomes.get("accepted")).isGreaterThan(MODELS * EDITS_PER_MODEL / 5);
    }

    private static String judge(TenantModel model, List<ModelEdit> edits, String where) {
        TenantModel after = model.replayed(edits, model.revision() + 1);
        boolean grows = after.quota().limits().entrySet().stream()
                .anyMatch(each -> counted(after, each.getKey()) > each.getValue()
                        && counted(after, each.getKey()) > counted(model, each.getKey()));
        return switch (model.apply(edits)) {
            case EditResult.Accepted _ -> {
                assertThat(grows).as("%s: %s", where, edits).isFalse();
                for (QuotaItem item : QuotaItem.values()) {
                    assertThat(TenantQuota.use(after).get(item))
                            .as("%s: %s", where, item)
                            .isEqualTo(counted(after, item));
                }
                yield "accepted";
            }
            case EditResult.Refused(List<Problem> problems)
            when problems.getFirst().path().startsWith("/quota/") -> {
                assertThat(grows).as("%s: %s", where, edits).isTrue();
                yield "refused by the quota";
            }
            case EditResult.Refused _ -> "refused";
        };
    }

    /** Limits for some, a little below or above what there is. */
    private static TenantQuota near(Map<QuotaItem, Integer> use, Random random) {
        TenantQuota quota = TenantQuota.NONE;
        for (QuotaItem item : QuotaItem.values()) {
            if (random.nextInt(4) == 0) {
                quota = quota.with(item, Math.max(0, use.get(item) - 1 + random.nextInt(5)));
            }
        }
        return quota;
    }

    /** One by one; random tenants have no quarantine of ours. */
    private static int counted(TenantModel model, QuotaItem item) {
        List<SecurityPolicy> policies =
                new java.util.ArrayList<>(model.policies().values());
        model.staged().values().stream().map(StagedPolicy::policy).forEach(policy -> {
            if (policy != null) {
                policies.add(policy);
            }
        });
        return switch (item) {
            case VMS -> model.vms().keySet().size();
            case VNICS ->
                model.vms().values().stream().mapToInt(vm -> vm.vnics().size()).sum();
            case SEGMENTS -> model.segments().keySet().size();
            case GROUPS ->
                (int) model.groups().values().stream()
                        .filter(group ->
                                !group.equals(new Group(Quarantine.GROUP, new Expression.HasTag(Quarantine.TAG))))
                        .count();
            case SERVICES -> model.services().keySet().size();
            case POLICIES ->
                model.policies().keySet().size() + model.staged().keySet().size();
            case RULES ->
                policies.stream().mapToInt(policy -> policy.rules().size()).sum();
            case MEMBERS ->
                model.groups().values().stream()
                                .mapToInt(group -> listed(group.expression()))
                                .sum()
                        + model.exclusions().values().stream()
                                .mapToInt(exclusion -> exclusion.vms().size())
                                .sum()
                        + policies.stream()
                                .flatMap(policy -> policy.rules().stream())
                                .mapToInt(rule -> rule.sources().addresses().size()
                                        + rule.destinations().addresses().size())
                                .sum();
        };
    }

    private static int listed(Expression expression) {
        int own = expression instanceof Expression.Addresses(var addresses)
                ? addresses.size()
                : expression instanceof Expression.Members(var vms) ? vms.size() : 0;
        return own
                + expression.operandsByPath().values().stream()
                        .mapToInt(TenantQuotaTest::listed)
                        .sum();
    }
}
