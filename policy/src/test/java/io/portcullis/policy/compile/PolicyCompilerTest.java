package io.portcullis.policy.compile;

import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.policy.Category;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyCompilerTest {
    private static final VnicId WEB_1 = VnicId.parse("acme/web-1/eth0");
    private static final VnicId WEB_2 = VnicId.parse("acme/web-2/eth0");
    private static final VnicId DB_1 = VnicId.parse("acme/db-1/eth0");

    private final PolicyCompiler compiler = new PolicyCompiler();

    private static TestTenant tenant() {
        return aTenant()
                .segment("lan", 10)
                .vm("web-1", "app:web", "10.0.0.1")
                .vm("web-2", "app:web", "10.0.0.2")
                .vm("db-1", "app:db", "10.0.0.9")
                .group("web", tag("app:web"))
                .policy(SecurityPolicy.of(
                        "web",
                        Category.APPLICATION,
                        1,
                        Rule.allow("http").to("web").services("http").direction(RuleDirection.IN)));
    }

    @Test
    void shouldShareOneTableBetweenVnicsWithEqualContent() {
        Map<VnicId, RuleTable> tables = compiler.compileAll(tenant().build());

        assertThat(tables.get(WEB_1)).isSameAs(tables.get(WEB_2)).isNotSameAs(tables.get(DB_1));
        assertThat(tables.get(WEB_1).hash())
                .hasSize(64)
                .isNotEqualTo(tables.get(DB_1).hash());
    }

    @Test
    void shouldGiveTheSameTableAgainWhenARevisionDoesNotConcernIt() {
        TenantModel before = tenant().build();
        TenantModel after = accepted(before.putSegment(new Segment("dmz", 20, "new")));

        assertThat(compiler.compile(after, WEB_1)).isSameAs(compiler.compile(before, WEB_1));
        assertThat(new PolicyCompiler().compile(after, WEB_1).hash())
                .as("another node")
                .isEqualTo(compiler.compile(before, WEB_1).hash());
    }

    @Test
    void shouldKeepRuleIdsWhenRulesMoveOrChange() {
        TenantModel before = tenant().build();
        TenantModel after = accepted(before.putPolicy(SecurityPolicy.of(
                "web",
                Category.INFRASTRUCTURE,
                7,
                Rule.drop("new").to("web").services("ssh"),
                Rule.reject("http").to("web").services("http", "https"))));

        TableRule old = compiler.compile(before, WEB_1).rules().getFirst();
        TableRule moved = compiler.compile(after, WEB_1).rules().getLast();
        assertThat(moved.id()).isEqualTo(old.id()).isEqualTo(RuleIds.of(new TenantId("acme"), "web", "http"));
        assertThat(moved.name()).isEqualTo("web/http");
    }

    @Test
    void shouldGiveRulesOfDifferentTenantsDifferentIds() {
        assertThat(RuleIds.of(new TenantId("acme"), "web", "http"))
                .isNotEqualTo(RuleIds.of(new TenantId("globex"), "web", "http"))
                .isNotEqualTo(RuleTable.DEFAULT_RULE_ID)
                // Pinned (printf acme/web/http | sha256sum): connections of running clusters refer to it.
                .isEqualTo(6_799_803_484_233_938_541L);
    }

    @Test
    void shouldMergeTheAddressesOfAGroup() {
        RuleTable table = compiler.compile(tenant().build(), WEB_1);

        assertThat(table.rules().getFirst().destinations().ranges())
                .singleElement()
                .hasToString("IpRange[family=IPV4, firstHigh=0, firstLow=167772161, lastHigh=0, lastLow=167772162]");
    }

    @Test
    void shouldRefuseAVnicThatTheModelDoesNotHave() {
        assertThatThrownBy(() -> compiler.compile(tenant().build(), VnicId.parse("globex/web-1/eth0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("globex/web-1/eth0");
    }
}
