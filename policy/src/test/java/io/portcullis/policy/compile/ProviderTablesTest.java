package io.portcullis.policy.compile;

import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What policies of the provider make of the tables of tenants that have them. */
class ProviderTablesTest {
    private static final String CLIENT = "198.51.100.9";
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");
    private static final VnicId DB = VnicId.parse("acme/db-1/eth0");

    private final PolicyCompiler compiler = new PolicyCompiler();

    /** Has a web server and a database, and rules that allow HTTPS and SSH to both. */
    private static TestTenant aShop(String tenant) {
        return aTenant(tenant)
                .segment("lan", 10)
                .vm("web-1", "tier:web", "10.0.0.1")
                .vm("db-1", "tier:db", "10.0.0.2")
                .group("web", tag("tier:db"))
                .policy(SecurityPolicy.of(
                        "shop", Category.APPLICATION, 10, Rule.allow("all").services("https", "ssh")));
    }

    private static TenantModel shop() {
        return aShop("acme").build();
    }

    private static TestTenant aProvider() {
        return aTenant(TenantId.PROVIDER.value()).group("web", tag("tier:web"));
    }

    private static TenantModel with(TenantModel tenant, TestTenant provider) {
        return accepted(tenant.adopt(ProviderPolicies.of(provider.build())));
    }

    private Verdict in(TenantModel model, VnicId vnic, int port) {
        String address = model.vnic(vnic).orElseThrow().addresses().getFirst().getHostAddress();
        return TableWalk.decide(compiler.compile(model, vnic), Flow.tcp(CLIENT, address, port), RuleDirection.IN);
    }

    @Test
    void shouldDecideBeforeTheTenantsMostUrgentRules() {
        TestTenant provider = aProvider()
                .policy(SecurityPolicy.of(
                        "last",
                        Category.APPLICATION,
                        1_000,
                        Rule.drop("no-ssh").services("ssh"),
                        Rule.allow("web").to("web").services("http")));
        TenantModel model = with(
                accepted(shop().putPolicy(SecurityPolicy.of(
                        "first",
                        Category.EMERGENCY,
                        1,
                        Rule.drop("no-http").services("http"),
                        Rule.allow("ssh").services("ssh")))),
                provider);

        assertThat(in(model, WEB, 22).rule()).isEqualTo("provider/last/no-ssh");
        assertThat(in(model, WEB, 22).action()).isEqualTo(Action.DROP);
        assertThat(in(model, WEB, 80).rule()).isEqualTo("provider/last/web");
        // the tenant's group of the same name is another one
        assertThat(in(model, DB, 80).rule()).isEqualTo("first/no-http");
        assertThat(in(model, WEB, 443).rule()).isEqualTo("shop/all");
        assertThat(in(model, WEB, 81)).isEqualTo(new Verdict(Action.DROP, "default", RuleTable.DEFAULT_RULE_ID));
    }

    @Test
    void shouldGiveRulesOfTheProviderOneIdInAllTenants() {
        SecurityPolicy base =
                SecurityPolicy.of("base", Category.EMERGENCY, 1, Rule.drop("no").services("dns"));
        TestTenant provider = aProvider().policy(base);
        long id = RuleIds.of(TenantId.PROVIDER, "base", "no");

        for (String name : List.of("acme", "zenith")) {
            TenantModel model = with(
                    aTenant(name).segment("lan", 10).vm("vm", "", "10.0.0.1").build(), provider);
            assertThat(compiler.compile(model, VnicId.parse(name + "/vm/eth0")).rules())
                    .extracting(TableRule::id)
                    .containsExactly(id);
        }
        assertThat(RuleIds.of(new TenantId("acme"), "provider/base", "no")).isEqualTo(id);
        assertThat(RuleIds.of(new TenantId("acme"), "base", "no")).isNotEqualTo(id);
    }

    @Test
    void shouldHoldForWhoIsExcludedFromTheTenantsRules() {
        TestTenant provider = aProvider()
                .with(new ModelEdit.PutService(Service.of("ftp", ServiceMatch.ports(6, Alg.FTP_PORT, Alg.FTP_PORT))
                        .withAlg(Alg.FTP)))
                .policy(SecurityPolicy.of(
                        "base",
                        Category.EMERGENCY,
                        1,
                        Rule.drop("no-ssh").services("ssh"),
                        Rule.allow("ftp").to("web").services("ftp")));
        TenantModel model = with(
                accepted(accepted(shop().putPolicy(SecurityPolicy.of(
                                "mistake",
                                Category.EMERGENCY,
                                1,
                                Rule.drop("all").anyService())))
                        .putExclusion(Exclusion.ofVms("aside", "web-1"))),
                provider);

        assertThat(compiler.compile(model, WEB)).satisfies(table -> {
            assertThat(table.excluded()).isTrue();
            assertThat(table.ftpHelper()).isTrue();
            assertThat(table.rules())
                    .extracting(TableRule::name)
                    .containsExactly("provider/base/no-ssh", "provider/base/ftp");
        });
        assertThat(in(model, WEB, 22).action()).isEqualTo(Action.DROP);
        assertThat(in(model, WEB, 7_777)).isEqualTo(new Verdict(Action.ALLOW, "default", 0));
        assertThat(in(model, DB, 443).rule()).isEqualTo("mistake/all");
    }

    @Test
    void shouldAllowAnIsolatedVmWhatTheProviderAllows() {
        TestTenant provider = aProvider()
                .policy(SecurityPolicy.of(
                        "scanners", Category.APPLICATION, 1, Rule.allow("scan").services("ssh")));
        TenantModel shop = shop();
        TenantModel model =
                with(accepted(shop.apply(Quarantine.isolate(shop, shop.vms().get("web-1")))), provider);

        assertThat(in(model, WEB, 22).rule()).isEqualTo("provider/scanners/scan");
        assertThat(in(model, WEB, 443).rule()).isEqualTo("quarantine/isolate");
    }

    @Test
    void shouldCompileOfANewRevisionOnlyWhatIsDifferent() {
        TestTenant provider = aProvider()
                .group("db", tag("tier:db"))
                .policy(SecurityPolicy.of(
                                "web", Category.EMERGENCY, 1, Rule.drop("no").services("dns"))
                        .withAppliedTo("web"))
                .policy(SecurityPolicy.of(
                                "db", Category.EMERGENCY, 1, Rule.drop("no").services("dns"))
                        .withAppliedTo("db"));
        TenantModel above = provider.build();
        TenantModel model = shop();
        TenantCompiler incremental = compiler.incremental();
        incremental.update(model);

        model = accepted(model.adopt(ProviderPolicies.of(above)));
        assertThat(incremental.update(model)).containsExactlyInAnyOrder(WEB, DB);
        above = accepted(above.putPolicy(
                SecurityPolicy.of("db", Category.EMERGENCY, 1, Rule.drop("no").services("dns", "ntp"))
                        .withAppliedTo("db")));
        model = accepted(model.adopt(ProviderPolicies.of(above)));
        assertThat(incremental.update(model)).containsExactly(DB);
        model = accepted(model.setTags("web-1", java.util.Set.of()));
        assertThat(incremental.update(model)).containsExactly(WEB);
        // another revision, of which nothing concerns anybody
        above = accepted(accepted(above.removePolicy("web")).removeGroup("web"));
        model = accepted(model.adopt(ProviderPolicies.of(above)));
        assertThat(incremental.update(model)).isEmpty();
        model = accepted(model.adopt(ProviderPolicies.without(above.revision() + 1)));
        assertThat(incremental.update(model)).containsExactly(DB);
        assertThat(incremental.table(WEB)).isSameAs(compiler.compile(shop(), WEB));
    }

    @Test
    void shouldFollowSchedulesOfTheProvider() {
        Instant noon = Instant.parse("2026-12-01T12:00:00Z");
        TestTenant provider = aProvider()
                .policy(SecurityPolicy.of(
                                "night", Category.EMERGENCY, 1, Rule.drop("no").services("https"))
                        .withSchedule(Schedule.daily("UTC", "22:00-06:00")));
        TenantModel model = with(shop(), provider).at(noon);
        TenantCompiler incremental = compiler.incremental();
        incremental.update(model);

        assertThat(in(model, WEB, 443).rule()).isEqualTo("shop/all");
        assertThat(incremental.nextChange()).isEqualTo(noon.plus(Duration.ofHours(10)));
        TenantModel evening = model.at(noon.plus(Duration.ofHours(10)));
        assertThat(incremental.update(evening)).containsExactlyInAnyOrder(WEB, DB);
        assertThat(in(evening, WEB, 443).rule()).isEqualTo("provider/night/no");
        assertThat(incremental.update(model)).containsExactlyInAnyOrder(WEB, DB);
    }

    @Test
    void shouldWriteTablesWithoutRulesOfAProviderAsBeforeThereWasOne() {
        RuleTable own = compiler.compile(shop(), WEB);
        RuleTable before = RuleTableCodec.decode(RuleTableCodec.encode(own));

        assertThat(own.hash()).isEqualTo(before.hash());
        // the category's byte is behind magic, action, tracking, one match of anyone, count, id, and name
        byte[] bytes = RuleTableCodec.encode(own);
        int category = 4 + 1 + 1 + 4 + 6 + 4 + 8 + 4 + "shop/all".length();
        assertThat(bytes[category]).isEqualTo((byte) 4);
        for (Stage stage : Stage.values()) {
            byte[] other = bytes.clone();
            other[category] = (byte) (stage.tier() == Tier.TENANT ? 0 : 5);
            other[category] += (byte) stage.category().ordinal();
            assertThat(RuleTableCodec.decode(other).rules().getFirst().stage()).isEqualTo(stage);
        }
        assertThat(RuleTableCodec.sealExcluded(List.of(), TimeoutPreset.LINUX, false))
                .isEqualTo(RuleTableCodec.decode(HexFormat.of().parseHex("5052540200090000000000000000")));
    }
}
