package io.portcullis.policy.compile;

import static io.portcullis.policy.model.Expression.and;
import static io.portcullis.policy.model.Expression.finding;
import static io.portcullis.policy.model.Expression.group;
import static io.portcullis.policy.model.Expression.not;
import static io.portcullis.policy.model.Expression.or;
import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What an operator writes and what a vNIC then does, read as stories. */
class PolicyScenarioTest {
    private static final String WEB = "10.0.0.1";
    private static final String WEB_V6 = "2001:db8::1";
    private static final String APP = "10.0.0.2";
    private static final String APP_V6 = "2001:db8::2";
    private static final String DB = "10.0.0.3";
    private static final String CLIENT = "198.51.100.9";

    private final PolicyCompiler compiler = new PolicyCompiler();

    /** web-1, app-1 and db-1 in one segment, with groups web, app and db by tag. */
    private static TestTenant threeTiers() {
        return aTenant()
                .segment("lan", 10)
                .vm("web-1", "tier:web", WEB, WEB_V6)
                .vm("app-1", "tier:app", APP, APP_V6)
                .vm("db-1", "tier:db", DB)
                .group("web", tag("tier:web"))
                .group("app", tag("tier:app"))
                .group("db", tag("tier:db"));
    }

    private static SecurityPolicy application(Rule.Builder... rules) {
        return SecurityPolicy.of("shop", Category.APPLICATION, 10, rules);
    }

    private static SecurityPolicy quarantine() {
        return SecurityPolicy.of(
                "quarantine",
                Category.EMERGENCY,
                1,
                Rule.drop("from").from("quarantined").anyService(),
                Rule.drop("to").to("quarantined").anyService());
    }

    private Verdict in(TenantModel model, String vm, Flow flow) {
        return decide(model, vm, flow, RuleDirection.IN);
    }

    private Verdict out(TenantModel model, String vm, Flow flow) {
        return decide(model, vm, flow, RuleDirection.OUT);
    }

    private Verdict decide(TenantModel model, String vm, Flow flow, RuleDirection direction) {
        return TableWalk.decide(table(model, vm), flow, direction);
    }

    private RuleTable table(TenantModel model, String vm) {
        return compiler.compile(model, VnicId.parse("acme/" + vm + "/eth0"));
    }

    @Test
    void shouldDropWhatNoRuleAllows() {
        TenantModel model = threeTiers()
                .policy(application(Rule.allow("web-app").from("web").to("app").services("https")))
                .build();

        assertThat(out(model, "web-1", Flow.tcp(WEB, APP, 443)).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "app-1", Flow.tcp(WEB, APP, 443)).rule()).isEqualTo("shop/web-app");
        assertThat(out(model, "web-1", Flow.tcp(WEB, APP, 22))).isEqualTo(new Verdict(Action.DROP, "default", 0));
        assertThat(out(model, "app-1", Flow.tcp(APP, WEB, 443)).action()).isEqualTo(Action.DROP);
    }

    @Test
    void shouldCoverBothFamiliesOfAMemberWithOneRule() {
        TenantModel model = threeTiers()
                .policy(application(
                        Rule.allow("web-app").from("web").to("app").services("https", "ping"),
                        Rule.allow("v6").from("app").to("web").services("ssh").family(IpFamily.IPV6)))
                .build();

        assertThat(in(model, "app-1", Flow.tcp(WEB_V6, APP_V6, 443)).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "app-1", Flow.ping(WEB, APP)).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "app-1", Flow.ping(WEB_V6, APP_V6)).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "web-1", Flow.tcp(APP, WEB, 22)).action()).isEqualTo(Action.DROP);
        assertThat(in(model, "web-1", Flow.tcp(APP_V6, WEB_V6, 22)).action()).isEqualTo(Action.ALLOW);
    }

    @Test
    void shouldQuarantineByTagBeforeAnythingElse() {
        TenantModel before = threeTiers()
                .group("quarantined", or(tag("security:quarantine"), finding("malware")))
                .policy(quarantine())
                .policy(application(Rule.allow("all").anyService()))
                .build();
        assertThat(out(before, "web-1", Flow.tcp(WEB, DB, 5_432)).action()).isEqualTo(Action.ALLOW);

        TenantModel after =
                accepted(before.setTags("web-1", Set.of(Tag.parse("tier:web"), Tag.parse("security:quarantine"))));

        assertThat(out(after, "web-1", Flow.tcp(WEB, DB, 5_432)).rule()).isEqualTo("quarantine/from");
        assertThat(in(after, "db-1", Flow.tcp(WEB, DB, 5_432)).rule()).isEqualTo("quarantine/from");
        assertThat(in(after, "web-1", Flow.tcp(CLIENT, WEB, 443)).rule()).isEqualTo("quarantine/to");
        assertThat(in(after, "db-1", Flow.tcp(APP, DB, 5_432)).action()).isEqualTo(Action.ALLOW);
    }

    @Test
    void shouldQuarantineByFindingAndReleaseAgain() {
        TenantModel clean = threeTiers()
                .group("quarantined", finding("malware", "eicar"))
                .policy(quarantine())
                .policy(application(Rule.allow("all").anyService()))
                .build();
        TenantModel other = accepted(clean.setFinding("db-1", "malware", "mirai"));
        TenantModel infected = accepted(other.setFinding("db-1", "malware", "eicar"));
        TenantModel cleaned = accepted(infected.clearFinding("db-1", "malware"));

        Flow flow = Flow.tcp(APP, DB, 5_432);
        assertThat(in(other, "db-1", flow).action()).isEqualTo(Action.ALLOW);
        assertThat(in(infected, "db-1", flow).rule()).isEqualTo("quarantine/to");
        assertThat(out(infected, "app-1", flow).rule()).isEqualTo("quarantine/to");
        assertThat(in(cleaned, "db-1", flow).action()).isEqualTo(Action.ALLOW);
    }

    @Test
    void shouldLeaveTheCategoryOnPass() {
        TenantModel model = threeTiers()
                .policy(SecurityPolicy.of(
                        "zones",
                        Category.ENVIRONMENT,
                        1,
                        Rule.pass("web-may").from("web").anyService(),
                        Rule.drop("rest").anyService()))
                .policy(SecurityPolicy.of(
                        "more-zones", Category.ENVIRONMENT, 2, Rule.drop("all").anyService()))
                .policy(application(Rule.allow("https").services("https")))
                .build();

        assertThat(in(model, "app-1", Flow.tcp(WEB, APP, 443)).rule()).isEqualTo("shop/https");
        assertThat(in(model, "app-1", Flow.tcp(WEB, APP, 22)).rule()).isEqualTo("default");
        assertThat(in(model, "app-1", Flow.tcp(DB, APP, 443)).rule()).isEqualTo("zones/rest");
    }

    @Test
    void shouldOrderByCategoryThenSequenceThenName() {
        TestTenant tenant = threeTiers();
        tenant.policy(
                SecurityPolicy.of("z", Category.APPLICATION, 1, Rule.allow("r").anyService()));
        tenant.policy(
                SecurityPolicy.of("b", Category.APPLICATION, 2, Rule.allow("r").anyService()));
        tenant.policy(
                SecurityPolicy.of("a", Category.APPLICATION, 2, Rule.allow("r").anyService()));
        tenant.policy(
                SecurityPolicy.of("c", Category.EMERGENCY, 9, Rule.allow("r").anyService()));

        assertThat(table(tenant.build(), "web-1").rules())
                .extracting(TableRule::name)
                .containsExactly("c/r", "z/r", "a/r", "b/r");
    }

    @Test
    void shouldMatchEveryoneButTheNegated() {
        TenantModel model = threeTiers()
                .policy(application(
                        Rule.drop("no-strangers")
                                .from(Peers.groups("web", "app").negate())
                                .to("db")
                                .anyService(),
                        Rule.allow("db").to("db").services("postgresql")))
                .build();

        assertThat(in(model, "db-1", Flow.tcp(APP, DB, 5_432)).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "db-1", Flow.tcp(CLIENT, DB, 5_432)).rule()).isEqualTo("shop/no-strangers");
    }

    @Test
    void shouldMatchEveryoneWhenTheNegatedGroupIsEmpty() {
        TenantModel model = threeTiers()
                .group("nobody", tag("no:body"))
                .policy(application(
                        Rule.allow("all-but-nobody")
                                .from(Peers.groups("nobody").negate())
                                .anyService(),
                        Rule.drop("nobody").from("nobody").anyService()))
                .build();

        assertThat(in(model, "db-1", Flow.tcp(CLIENT, DB, 1)).rule()).isEqualTo("shop/all-but-nobody");
        assertThat(table(model, "db-1").rules()).hasSize(1);
    }

    @Test
    void shouldEnforceOnlyWhereAppliedTo() {
        TenantModel model = threeTiers()
                .policy(SecurityPolicy.of(
                                "db-only",
                                Category.APPLICATION,
                                1,
                                Rule.reject("r").from("app").to("db").anyService(),
                                Rule.drop("web-too").anyService().appliedTo("web"))
                        .withAppliedTo("db"))
                .policy(application(Rule.allow("all").anyService()))
                .build();
        Flow flow = Flow.tcp(APP, DB, 5_432);

        assertThat(out(model, "app-1", flow).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "db-1", flow).action()).isEqualTo(Action.REJECT);
        assertThat(out(model, "web-1", Flow.tcp(WEB, APP, 80)).rule()).isEqualTo("shop/all");
    }

    @Test
    void shouldCompileOnlyRulesThatConcernTheVnic() {
        TenantModel model = threeTiers()
                .policy(application(
                        Rule.allow("web-app").from("web").to("app").services("https"),
                        Rule.allow("app-db").from("app").to("db").services("postgresql"),
                        Rule.allow("world-web").to("web").services("https").direction(RuleDirection.IN),
                        Rule.allow("mdns").to(Peers.addresses("224.0.0.251")).services("udp")))
                .build();

        assertThat(table(model, "web-1").rules())
                .extracting(TableRule::name)
                .containsExactly("shop/web-app", "shop/world-web", "shop/mdns");
        assertThat(table(model, "app-1").rules())
                .extracting(TableRule::name)
                .containsExactly("shop/web-app", "shop/app-db", "shop/mdns");
        assertThat(table(model, "db-1").rules())
                .extracting(TableRule::name)
                .containsExactly("shop/app-db", "shop/mdns");
    }

    @Test
    void shouldLeaveOutDisabledPolicies() {
        SecurityPolicy open = application(Rule.allow("all").anyService());
        TenantModel on = threeTiers().policy(open).build();
        TenantModel off = accepted(on.putPolicy(open.withEnabled(false)));

        assertThat(in(on, "db-1", Flow.tcp(APP, DB, 1)).action()).isEqualTo(Action.ALLOW);
        assertThat(table(off, "db-1").rules()).isEmpty();
    }

    @Test
    void shouldResolveNestedGroups() {
        TenantModel model = threeTiers()
                .group("shop", or(group("web"), group("app")))
                .group("rest", not(group("shop")))
                .group("office", Expression.addresses("198.51.100.0/24"))
                .group("clients", or(group("office"), and(group("shop"), tag("tier:web"))))
                .policy(application(Rule.allow("r").from("clients").to("rest").services("postgresql")))
                .build();

        assertThat(in(model, "db-1", Flow.tcp(CLIENT, DB, 5_432)).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "db-1", Flow.tcp(WEB, DB, 5_432)).action()).isEqualTo(Action.ALLOW);
        assertThat(in(model, "db-1", Flow.tcp(APP, DB, 5_432)).action()).isEqualTo(Action.DROP);
    }

    @Test
    void shouldCallFtpsHelperOnlyWhereARuleAllowsAServiceThatNeedsIt() {
        Service ftp = Service.of("files", ServiceMatch.ports(6, 21, 21)).withAlg(Alg.FTP);
        TestTenant tenant = threeTiers().with(new ModelEdit.PutService(ftp));

        TenantModel allowed = tenant.policy(
                        application(Rule.allow("ftp").from("web").to("app").services("files")))
                .build();
        assertThat(table(allowed, "web-1").ftpHelper()).isTrue();
        assertThat(table(allowed, "app-1").ftpHelper()).isTrue();
        assertThat(table(allowed, "db-1").ftpHelper()).isFalse();

        for (Rule.Builder other : List.of(
                Rule.drop("ftp").from("web").to("app").services("files"),
                Rule.allow("ftp")
                        .from("web")
                        .to("app")
                        .services(ServiceSelection.named("files").negate()),
                Rule.allow("ftp").from("web").to("app").services("ssh"))) {
            TenantModel model = tenant.policy(application(other)).build();
            assertThat(table(model, "web-1").ftpHelper()).isFalse();
        }
    }

    @Test
    void shouldGiveAVnicThatMayUseUndeclaredAddressesTheRulesForThem() {
        TenantModel pinned = threeTiers()
                .policy(application(Rule.allow("r")
                        .from("app")
                        .to(Peers.addresses("10.0.0.77"))
                        .services("ssh")))
                .build();
        Vm web = pinned.vms().get("web-1");
        TenantModel learning = accepted(pinned.putVm(new Vm(
                web.id(),
                web.os(),
                web.tags(),
                web.findings(),
                List.of(web.vnics().getFirst().withProtection(VnicProtection.STRICT.withLearnedAddresses(1))))));

        assertThat(in(pinned, "web-1", Flow.tcp(APP, "10.0.0.77", 22)).action()).isEqualTo(Action.DROP);
        assertThat(in(learning, "web-1", Flow.tcp(APP, "10.0.0.77", 22)).action())
                .isEqualTo(Action.ALLOW);
        assertThat(table(learning, "db-1").rules()).isEmpty();
    }

    @Test
    void shouldEnforceRulesForWhatIsAVnicsOwnWithoutBeingDeclared() {
        String linkLocal = threeTiers()
                .build()
                .vms()
                .get("web-1")
                .vnics()
                .getFirst()
                .mac()
                .linkLocal()
                .getHostAddress();
        TenantModel model = threeTiers()
                .policy(application(
                        Rule.drop("link-local")
                                .from(Peers.addresses("fe80::/10"))
                                .services("ssh")
                                .direction(RuleDirection.OUT),
                        Rule.drop("dhcp")
                                .from(Peers.addresses("0.0.0.0"))
                                .services("dhcp")
                                .direction(RuleDirection.OUT)))
                .with(new ModelEdit.SetDefaults(Action.ALLOW, false, TimeoutPreset.LINUX))
                .build();

        assertThat(out(model, "web-1", Flow.tcp(linkLocal, APP_V6, 22)).rule()).isEqualTo("shop/link-local");
        assertThat(out(model, "web-1", Flow.ports("0.0.0.0", "255.255.255.255", 17, 68, 67))
                        .rule())
                .isEqualTo("shop/dhcp");
    }

    @Test
    void shouldHonourTheDefaultOfTheTenant() {
        TenantModel model = threeTiers()
                .with(new ModelEdit.SetDefaults(Action.ALLOW, true, TimeoutPreset.NSX))
                .build();

        RuleTable table = table(model, "web-1");
        assertThat(TableWalk.decide(table, Flow.tcp(CLIENT, WEB, 80), RuleDirection.IN)
                        .action())
                .isEqualTo(Action.ALLOW);
        assertThat(table.looseTracking()).isTrue();
        assertThat(table.timeouts()).isEqualTo(TimeoutPreset.NSX);
    }
}
