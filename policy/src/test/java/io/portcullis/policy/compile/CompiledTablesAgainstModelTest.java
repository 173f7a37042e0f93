package io.portcullis.policy.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Tier;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.evaluate.Decision;
import io.portcullis.policy.evaluate.Evaluation;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the compiled tables decide is what the central model says, at the sender's vNIC and at the receiver's. */
class CompiledTablesAgainstModelTest {
    private static final int MODELS = 800;
    private static final int FLOWS_PER_MODEL = 60;

    @Test
    void shouldDecideEveryFlowAsTheCentralModelDoes() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("CompiledTablesAgainstModelTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        PolicyCompiler compiler = new PolicyCompiler();
        int compared = 0;
        int byRule = 0;
        int byProvider = 0;
        for (int round = 0; round < MODELS; round++) {
            RandomTenant random = new RandomTenant(seeds.nextLong());
            TenantModel model = random.withProvider(random.withDiscovery(random.model()));
            Map<VnicId, RuleTable> tables = compiler.compileAll(model);
            NaiveEvaluator oracle = new NaiveEvaluator(model);
            for (int index = 0; index < FLOWS_PER_MODEL; index++) {
                Flow flow = random.flow(model);
                for (Vnic vnic : RandomTenant.vnics(model)) {
                    for (RuleDirection direction : List.of(RuleDirection.IN, RuleDirection.OUT)) {
                        if (!RandomTenant.reaches(vnic, flow, direction)) {
                            continue;
                        }
                        Verdict expected = oracle.decide(vnic, flow, direction);
                        Verdict actual = TableWalk.decide(tables.get(vnic.id()), flow, direction);
                        assertThat(actual)
                                .as("seed %d round %d: %s %s at %s", seed, round, flow, direction, vnic.id())
                                .isEqualTo(expected);
                        compared++;
                        byRule += expected.ruleId() == RuleTable.DEFAULT_RULE_ID ? 0 : 1;
                        byProvider += Tier.ofName(expected.rule()) == Tier.PROVIDER ? 1 : 0;
                    }
                }
            }
        }
        // Else the comparison says little: many verdicts must come from rules.
        assertThat(byRule).isGreaterThan(compared / 5);
        assertThat(byProvider).isBetween(byRule / 20, byRule * 9 / 10);
    }

    /** The next change that an evaluation promises is the first at which a walk comes to another decision. */
    @Test
    void shouldForesayWhenADecisionChanges() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("CompiledTablesAgainstModelTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        int changes = 0;
        for (int round = 0; round < MODELS / 4; round++) {
            RandomTenant random = new RandomTenant(seeds.nextLong());
            TenantModel model = random.withProvider(random.model());
            Flow flow = random.flow(model);
            for (Vnic vnic : RandomTenant.vnics(model)) {
                Evaluation now = PolicyEvaluator.of(model).evaluate(vnic, RuleDirection.IN, flow.packet());
                Instant last = now.nextChange() == null ? model.time().plus(Duration.ofDays(1)) : now.nextChange();
                for (Instant time : changes(model, last)) {
                    Decision then = PolicyEvaluator.of(model.at(time)).decide(vnic, RuleDirection.IN, flow.packet());
                    assertThat(then.equals(now.decision()))
                            .as("seed %d round %d: %s IN at %s, %s", seed, round, flow, vnic.id(), time)
                            .isEqualTo(!time.equals(now.nextChange()));
                }
                changes += now.nextChange() == null ? 0 : 1;
            }
        }
        assertThat(changes).isGreaterThan(MODELS / 40);
    }

    /** All times until then, it included, at which other rules are in tables. */
    private static List<Instant> changes(TenantModel model, Instant last) {
        TreeSet<Instant> found = new TreeSet<>();
        for (SecurityPolicy policy : model.allPolicies().toList()) {
            Instant next = policy.nextChange(model.time());
            while (next != null && !next.isAfter(last)) {
                found.add(next);
                next = policy.nextChange(next);
            }
        }
        return List.copyOf(found);
    }

    @Test
    void shouldCompileOneVnicAsItCompilesAll() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("CompiledTablesAgainstModelTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        PolicyCompiler compiler = new PolicyCompiler();
        for (int round = 0; round < 100; round++) {
            RandomTenant random = new RandomTenant(seeds.nextLong());
            TenantModel model = random.withProvider(random.model());
            compiler.compileAll(model)
                    .forEach((vnic, table) -> assertThat(compiler.compile(model, vnic))
                            .as("seed %d", seed)
                            .isSameAs(table));
        }
    }
}
