package io.portcullis.policy.compile;

import static io.portcullis.policy.model.Expression.and;
import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuarantineTest {
    private static final String WEB = "10.0.0.1";
    private static final String DB = "10.0.0.9";
    private static final String BEHIND_WEB = "172.16.0.1";
    private static final VnicId WEB_1 = VnicId.parse("acme/web-1/eth0");
    private static final VnicId DB_1 = VnicId.parse("acme/db-1/eth0");

    private final PolicyCompiler compiler = new PolicyCompiler();

    /** Everybody may do everything, in an emergency, too. */
    private static TestTenant tenant() {
        return aTenant()
                .segment("lan", 10)
                .vm("web-1", "app:web", WEB)
                .vm("db-1", "app:db", DB)
                .policy(SecurityPolicy.of(
                        "break-glass", Category.EMERGENCY, -7, Rule.allow("all").anyService()))
                .policy(SecurityPolicy.of(
                        "open", Category.APPLICATION, 0, Rule.allow("all").anyService()));
    }

    private static Vm web(TenantModel model) {
        return model.vms().get("web-1");
    }

    private static TenantModel isolated(TenantModel model) {
        return accepted(model.apply(Quarantine.isolate(model, web(model))));
    }

    private Action out(TenantModel model, VnicId vnic, String from, String to) {
        return decide(model, vnic, from, to, RuleDirection.OUT);
    }

    private Action in(TenantModel model, VnicId vnic, String from, String to) {
        return decide(model, vnic, from, to, RuleDirection.IN);
    }

    private Action decide(TenantModel model, VnicId vnic, String from, String to, RuleDirection direction) {
        RuleTable table = compiler.compile(model, vnic);
        return TableWalk.decide(table, Flow.tcp(from, to, 80), direction).action();
    }

    @Test
    void shouldIsolateBeforeAnyOtherPolicy() {
        TenantModel model = isolated(tenant().build());

        assertThat(out(model, WEB_1, WEB, DB)).isEqualTo(Action.DROP);
        assertThat(in(model, WEB_1, DB, WEB)).isEqualTo(Action.DROP);
        assertThat(out(model, DB_1, DB, "10.0.0.77")).isEqualTo(Action.ALLOW);
        assertThat(compiler.compile(model, WEB_1).rules().getFirst().liveFlowMode())
                .isEqualTo(LiveFlowMode.RECHECK);
    }

    @Test
    void shouldHoldForWhatARouterForwards() {
        TestTenant tenant = tenant();
        Vm router = Vm.named(web(tenant.build()).id())
                .withVnic(tenant.vnic("web-1", "eth0", "lan", WEB)
                        .withProtection(new VnicProtection(false, true, false, true, 0)));
        TenantModel open = accepted(tenant.build().putVm(router));
        assertThat(out(open, WEB_1, BEHIND_WEB, DB)).isEqualTo(Action.ALLOW);

        TenantModel model = isolated(open);

        assertThat(out(model, WEB_1, BEHIND_WEB, DB)).isEqualTo(Action.DROP);
        assertThat(in(model, WEB_1, DB, BEHIND_WEB)).isEqualTo(Action.DROP);
    }

    @Test
    void shouldEndByTheTagAlone() {
        TenantModel model = isolated(tenant().build());

        TenantModel released = accepted(model.apply(Quarantine.release(web(model))));

        assertThat(out(released, WEB_1, WEB, DB)).isEqualTo(Action.ALLOW);
        assertThat(Quarantine.release(web(released))).isEmpty();
        assertThat(Quarantine.isolate(released, web(released)))
                .as("group and policy are there")
                .hasSize(1);
        assertThat(Quarantine.isolate(model, web(model))).isEmpty();
    }

    @Test
    void shouldTakeATenantsOwnPolicyIfItIsolates() {
        for (SecurityPolicy own : List.of(
                emergency(
                        Rule.drop("from").from("quarantined").anyService(),
                        Rule.drop("to").to("quarantined").anyService()),
                emergency(Rule.drop("all").anyService()).withAppliedTo("quarantined"))) {
            TenantModel model = isolated(own(own, tag("quarantine:yes")));

            assertThat(model.policies().get("quarantine")).isEqualTo(own);
            assertThat(out(model, WEB_1, WEB, DB)).isEqualTo(Action.DROP);
            assertThat(in(model, WEB_1, DB, WEB)).isEqualTo(Action.DROP);
        }
    }

    @Test
    void shouldRefuseATenantsOwnThatDoesNotIsolate() {
        SecurityPolicy good = emergency(Rule.drop("all").anyService()).withAppliedTo("quarantined");
        for (SecurityPolicy bad : List.of(
                good.withEnabled(false),
                emergency(Rule.drop("from").from("quarantined").anyService()),
                emergency(
                        Rule.allow("dns").services("dns").to("quarantined"),
                        Rule.drop("from").from("quarantined").anyService(),
                        Rule.drop("to").to("quarantined").anyService()),
                emergency(Rule.drop("http").services("http")).withAppliedTo("quarantined"),
                emergency(Rule.drop("all").anyService().liveFlows(LiveFlowMode.KEEP))
                        .withAppliedTo("quarantined"),
                SecurityPolicy.of(
                        "quarantine", Category.APPLICATION, -9, Rule.drop("all").anyService()),
                SecurityPolicy.of(
                        "quarantine", Category.EMERGENCY, 9, Rule.drop("all").anyService()))) {
            TenantModel model = own(bad, tag("quarantine:yes"));

            assertThatIllegalStateException()
                    .as("%s", bad)
                    .isThrownBy(() -> Quarantine.isolate(model, web(model)))
                    .withMessageContaining("'quarantine' does not isolate");
        }
        TenantModel other = own(good, and(tag("quarantine:yes"), tag("app:db")));
        assertThatIllegalStateException()
                .isThrownBy(() -> Quarantine.isolate(other, web(other)))
                .withMessageContaining("group 'quarantined'");
    }

    private static SecurityPolicy emergency(Rule.Builder... rules) {
        return SecurityPolicy.of("quarantine", Category.EMERGENCY, -9, rules);
    }

    private static TenantModel own(SecurityPolicy policy, Expression members) {
        return tenant().group("quarantined", members)
                .with(new ModelEdit.PutPolicy(policy))
                .build();
    }
}
