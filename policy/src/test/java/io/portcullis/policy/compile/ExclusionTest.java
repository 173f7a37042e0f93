package io.portcullis.policy.compile;

import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.analyze.Finding;
import io.portcullis.policy.analyze.FindingKind;
import io.portcullis.policy.analyze.PolicyAnalyzer;
import io.portcullis.policy.evaluate.Cause;
import io.portcullis.policy.evaluate.Condition;
import io.portcullis.policy.evaluate.Decision;
import io.portcullis.policy.evaluate.Evaluation;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** VMs that the tenant's rules do not hold for. */
class ExclusionTest {
    private static final VnicId CONSOLE = VnicId.parse("acme/console/eth0");
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");

    /** A tenant that has locked everybody out, its console among them. */
    private static TenantModel lockedOut() {
        return aTenant()
                .segment("lan", 10)
                .vm("console", "role:management", "10.0.0.1")
                .vm("web-1", "app:web", "10.0.0.2")
                .group("management", tag("role:management"))
                .policy(SecurityPolicy.of(
                        "mistake", Category.EMERGENCY, 1, Rule.drop("all").anyService()))
                .build();
    }

    private static TenantModel excluding(Exclusion exclusion) {
        return accepted(lockedOut().putExclusion(exclusion));
    }

    private static Evaluation evaluate(TenantModel model, VnicId id) {
        Vnic vnic = model.vnic(id).orElseThrow();
        Flow flow = Flow.tcp("10.0.0.1", "10.0.0.2", 443);
        RuleDirection direction = id.equals(CONSOLE) ? RuleDirection.OUT : RuleDirection.IN;
        return PolicyEvaluator.of(model).evaluate(vnic, direction, flow.packet());
    }

    @Test
    void shouldAllowEverythingToWhoIsExcludedAndToNobodyElse() {
        TenantModel model = excluding(Exclusion.ofGroups("operators", "management"));
        PolicyCompiler compiler = new PolicyCompiler();

        assertThat(compiler.compile(model, CONSOLE)).satisfies(table -> {
            assertThat(table.rules()).isEmpty();
            assertThat(table.excluded()).isTrue();
            assertThat(table.defaultAction()).isEqualTo(Action.ALLOW);
        });
        assertThat(compiler.compile(model, WEB).excluded()).isFalse();
        assertThat(compiler.compile(model, WEB).rules()).hasSize(1);
    }

    @Test
    void shouldSayWhoExcludesAndWhatWouldHaveDecided() {
        TenantModel model = excluding(Exclusion.ofVms("operators", "console"));

        Evaluation evaluation = evaluate(model, CONSOLE);

        assertThat(evaluation.decision()).isEqualTo(new Decision(Action.ALLOW, Cause.EXCLUDED, null, List.of()));
        assertThat(evaluation.reasons())
                .singleElement()
                .satisfies(reason -> assertThat(reason.text())
                        .isEqualTo("acme/console/eth0 is excluded from the tenant's rules by operators"));
        assertThat(evaluation.nearMisses()).singleElement().satisfies(miss -> {
            assertThat(miss.rule()).hasToString("mistake/all");
            assertThat(miss.failed())
                    .singleElement()
                    .satisfies(reason -> assertThat(reason.condition()).isEqualTo(Condition.NOT_EXCLUDED));
        });
        assertThat(evaluate(model, WEB).decision().verdict()).isEqualTo(Action.DROP);
    }

    @Test
    void shouldFollowTheGroupAndTheList() {
        TenantCompiler compiler = new PolicyCompiler().incremental();
        TenantModel model = excluding(Exclusion.ofGroups("operators", "management"));
        compiler.update(model);

        model = accepted(model.setTags("web-1", Set.of(io.portcullis.policy.model.Tag.parse("role:management"))));
        assertThat(compiler.update(model)).containsExactly(WEB);
        assertThat(compiler.table(WEB)).isSameAs(compiler.table(CONSOLE));

        model = accepted(model.putExclusion(Exclusion.ofVms("operators", "web-1")));
        assertThat(compiler.update(model)).containsExactly(CONSOLE);
        model = accepted(model.removeExclusion("operators"));
        assertThat(compiler.update(model)).containsExactly(WEB);
    }

    @Test
    void shouldIsolateAVmThoughItIsExcluded() {
        TenantModel model = excluding(Exclusion.ofVms("operators", "console"));
        TenantCompiler compiler = new PolicyCompiler().incremental();
        compiler.update(model);

        TenantModel isolated =
                accepted(model.apply(Quarantine.isolate(model, model.vms().get("console"))));

        assertThat(compiler.update(isolated)).containsExactly(CONSOLE);
        assertThat(compiler.table(CONSOLE)).satisfies(table -> {
            assertThat(table.excluded()).isFalse();
            assertThat(table.rules()).isNotEmpty();
        });
        assertThat(evaluate(isolated, CONSOLE).decision().verdict()).isEqualTo(Action.DROP);
        assertThat(ExcludedVnics.of(isolated)).satisfies(excluded -> {
            assertThat(excluded.isOverruled(CONSOLE)).isTrue();
            assertThat(excluded.exclusions(CONSOLE)).containsExactly("operators");
        });
        TenantModel released =
                accepted(isolated.apply(Quarantine.release(isolated.vms().get("console"))));
        assertThat(compiler.update(released)).containsExactly(CONSOLE);
        assertThat(ExcludedVnics.of(released).holds(CONSOLE)).isTrue();
    }

    @Test
    void shouldWarnOfWhatIsExcluded() {
        TenantModel model = excluding(Exclusion.ofVms("operators", "console"));

        assertThat(PolicyAnalyzer.analyze(model).findings()).anySatisfy(finding -> {
            assertThat(finding.kind()).isEqualTo(FindingKind.EXCLUDED);
            assertThat(finding.subject()).isEqualTo(new Finding.OfExclusion("operators"));
            assertThat(finding.message()).isEqualTo("none of the tenant's rules holds for 1 vNIC that it names");
        });
    }

    @Test
    void shouldRefuseToNameNobodyOrWhatIsNotThere() {
        assertThat(refused(lockedOut().putExclusion(Exclusion.ofGroups("operators"))))
                .extracting(Problem::message)
                .containsExactly("nobody is named");
        assertThat(refused(lockedOut()
                        .putExclusion(new Exclusion("operators", List.of("none"), new TreeSet<>(Set.of("vm-9")), ""))))
                .extracting(Problem::path)
                .containsExactly("/exclusions/operators/groups/0", "/exclusions/operators/vms");
        TenantModel model = excluding(
                new Exclusion("operators", List.of("management"), new TreeSet<>(Set.of("web-1")), "our own way in"));
        assertThat(refused(model.removeGroup("management")))
                .extracting(Problem::path)
                .containsExactly("/exclusions/operators/groups/0");
        assertThat(refused(model.removeVm("web-1")))
                .extracting(Problem::path)
                .containsExactly("/exclusions/operators/vms");
        accepted(model.apply(
                List.of(new ModelEdit.RemoveExclusion("operators"), new ModelEdit.RemoveGroup("management"))));
    }
}
