package io.portcullis.policy.analyze;

import static io.portcullis.policy.model.Rule.allow;
import static io.portcullis.policy.model.Rule.drop;
import static io.portcullis.policy.model.Rule.pass;
import static io.portcullis.policy.model.Rule.reject;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyAnalyzerTest {
    private final TestTenant tenant = TestTenant.aTenant()
            .segment("lan", 10)
            .vm("web-1", "app:web", "10.0.0.1", "2001:db8::1")
            .vm("web-2", "app:web", "10.0.0.2")
            .vm("db-1", "app:db", "10.0.0.9", "2001:db8::9")
            .group("web", Expression.tag("app:web"))
            .group("db", Expression.tag("app:db"))
            .group("nobody", Expression.tag("app:none"));

    private Analysis analyze(SecurityPolicy... policies) {
        List.of(policies).forEach(tenant::policy);
        return PolicyAnalyzer.analyze(tenant.build());
    }

    private static SecurityPolicy application(Rule.Builder... rules) {
        return SecurityPolicy.of("shop", Category.APPLICATION, 10, rules);
    }

    /** Like {@code shadowed Rule/shop/b by [shop/a]}; groups and services that are empty or unused are left out. */
    private static List<String> ofRules(Analysis analysis) {
        return analysis.findings().stream()
                .filter(finding -> finding.subject() instanceof Finding.OfRule)
                .map(finding -> finding.kind().word() + " " + finding.subject() + " by " + finding.causes())
                .toList();
    }

    @Test
    void shouldFindNothingInAPolicyThatIsWell() {
        assertThat(ofRules(analyze(application(
                        allow("in").to("web").services("https"),
                        allow("sql").from("web").to("db").services("postgresql"),
                        drop("rest").anyService()))))
                .isEmpty();
    }

    @Test
    void shouldFindARuleThatAnEarlierOneWithAnotherActionCovers() {
        Analysis analysis = analyze(application(
                drop("first").to("web").anyService(),
                allow("second").to(Peers.addresses("10.0.0.1")).services("https")));

        assertThat(ofRules(analysis)).containsExactly("shadowed Rule/shop/second by [shop/first]");
        Finding finding = analysis.findings().getFirst();
        assertThat(finding.message())
                .isEqualTo("its ALLOW never decides: shop/first (DROP) comes first and matches all that it does");
        assertThat(finding.hint()).startsWith("move it before shop/first");
        assertThat(finding.problem().path()).isEqualTo("/policies/shop/rules/1");
    }

    private static ProviderPolicies ofProvider(SecurityPolicy... policies) {
        TestTenant provider = TestTenant.aTenant(TenantId.PROVIDER.value()).group("web", Expression.tag("app:web"));
        List.of(policies).forEach(provider::policy);
        return ProviderPolicies.of(provider.build());
    }

    @Test
    void shouldFindARuleThatTheProviderLeavesNothingAndSayNoMoreThanThatToATenant() {
        tenant.with(new ModelEdit.AdoptProvider(ofProvider(
                SecurityPolicy.of(
                        "last",
                        Category.APPLICATION,
                        1_000,
                        drop("no-ssh").services("ssh"),
                        pass("rest").anyService()),
                SecurityPolicy.of(
                        "never", Category.APPLICATION, 1_001, drop("never").anyService()))));
        TenantModel model = tenant.policy(SecurityPolicy.of(
                        "first",
                        Category.EMERGENCY,
                        1,
                        allow("ssh").to("web").services("ssh"),
                        allow("web").to("web").services("https")))
                .policy(application(drop("ssh").services("ssh")))
                .build();

        Analysis analysis = PolicyAnalyzer.analyze(model);
        assertThat(ofRules(analysis)).containsExactly("shadowed Rule/first/ssh by []", "redundant Rule/shop/ssh by []");
        Finding finding = analysis.findings().getFirst();
        assertThat(finding.message())
                .isEqualTo("its ALLOW never decides: a rule of the provider comes first and matches all that it does");
        assertThat(finding.hint()).isEqualTo("delete it: the provider's rules always come before those of a tenant");
        assertThat(analysis.rules()).isEqualTo(3);

        assertThat(ofRules(PolicyAnalyzer.analyze(model, Tier.PROVIDER)))
                .containsExactly(
                        "shadowed Rule/first/ssh by [provider/last/no-ssh]",
                        "redundant Rule/shop/ssh by [provider/last/no-ssh]");
    }

    @Test
    void shouldSayOfRulesOfTheProviderItselfWhatIsSoWhoeverIsInItsGroups() {
        TestTenant provider = TestTenant.aTenant(TenantId.PROVIDER.value())
                .group("web", Expression.tag("app:web"))
                .group("db", Expression.tag("app:db"))
                .group("old", Expression.tag("app:old"))
                .policy(SecurityPolicy.of(
                        "base",
                        Category.INFRASTRUCTURE,
                        1,
                        drop("one").to("web", "db").services("ssh", "http"),
                        allow("other").to("db").services("http"),
                        allow("more").to("db").services("http", "https"),
                        allow("everything").anyService(),
                        allow("again").from("web").services("https")));

        Analysis analysis = PolicyAnalyzer.analyze(provider.build());

        assertThat(analysis.findings())
                .extracting(finding -> finding.kind().word() + " " + finding.subject() + " by " + finding.causes())
                .containsExactly(
                        "shadowed Rule/base/other by [base/one]",
                        "too-permissive Rule/base/everything by []",
                        "redundant Rule/base/again by [base/everything]",
                        "unused Group/old by []");
    }

    @Test
    void shouldNotTakeARuleForCoveredThatIsAppliedToMoreOrSpeaksOfMore() {
        assertThat(ofRules(analyze(application(
                        drop("here").to("web").anyService().appliedTo("db"),
                        drop("in").to("web").anyService().direction(RuleDirection.IN),
                        drop("v4").to("web").anyService().family(IpFamily.IPV4),
                        drop("low").to("web").services("http"),
                        reject("all").to("web").anyService()))))
                .isEmpty();
    }

    @Test
    void shouldNotTakeARuleForAllVnicsForCoveredByOnesForThoseOfToday() {
        tenant.group("both", Expression.or(Expression.group("web"), Expression.group("db")));

        assertThat(ofRules(analyze(application(
                        reject("today").services("ssh").appliedTo("both"),
                        drop("always").services("ssh")))))
                .isEmpty();
    }

    @Test
    void shouldFindARuleThatSeveralEarlierOnesCoverTogether() {
        tenant.with(new ModelEdit.PutService(Service.of("low", ServiceMatch.ports(6, 0, 1_023))));
        tenant.with(new ModelEdit.PutService(Service.of("high", ServiceMatch.ports(6, 1_024, 65_535))));

        assertThat(ofRules(analyze(application(
                        allow("low").from("db").to("web").services("low").direction(RuleDirection.IN),
                        allow("out").from("db").to("web").services("tcp").direction(RuleDirection.OUT),
                        allow("high-4").from("db").to("web").services("high").family(IpFamily.IPV4),
                        allow("high-6").from("db").to("web").services("high").family(IpFamily.IPV6),
                        allow("tcp").from("db").to("web").services("tcp"),
                        drop("ssh").from("db").to("web").services("ssh")))))
                .containsExactly(
                        "redundant Rule/shop/tcp by [shop/low, shop/out, shop/high-4, shop/high-6]",
                        "shadowed Rule/shop/ssh by [shop/low, shop/out]");
    }

    @Test
    void shouldFindRulesThatEarlierCategoriesDecide() {
        assertThat(ofRules(analyze(
                        SecurityPolicy.of(
                                "stop",
                                Category.EMERGENCY,
                                10,
                                drop("db").to("db").anyService()),
                        application(allow("sql").from("web").to("db").services("postgresql")))))
                .containsExactly("shadowed Rule/shop/sql by [stop/db]");
    }

    @Test
    void shouldSeeWhatAPassTakesPastAnEarlierCategory() {
        assertThat(ofRules(analyze(
                        SecurityPolicy.of(
                                "stop",
                                Category.EMERGENCY,
                                10,
                                pass("sql").from("web").services("postgresql"),
                                drop("db").to("db").anyService()),
                        application(
                                allow("sql").from("web").to("db").services("postgresql"),
                                allow("ssh").from("web").to("db").services("ssh")))))
                .containsExactly("shadowed Rule/shop/ssh by [stop/db]");
    }

    @Test
    void shouldSeeFramesThatAreDroppedBeforeTheirPacketsAreJudged() {
        assertThat(ofRules(analyze(
                        SecurityPolicy.of(
                                "frames",
                                Category.ETHERNET,
                                10,
                                drop("no-ipv6").anyService().ethernet(EthernetMatch.etherTypes(0x86dd)),
                                allow("ours")
                                        .anyService()
                                        .ethernet(
                                                EthernetMatch.etherTypes(0x0800).from("02:00:00:00:00:00/24"))),
                        application(
                                allow("v6").to("web").services("https").family(IpFamily.IPV6),
                                allow("v4").to("web").services("https").family(IpFamily.IPV4)))))
                .containsExactly("shadowed Rule/shop/v6 by [frames/no-ipv6]");
    }

    @Test
    void shouldFindARuleThatALaterOneMakesUnnecessary() {
        assertThat(ofRules(analyze(application(
                        allow("one").to(Peers.addresses("10.0.0.1")).services("https"),
                        allow("logged")
                                .to(Peers.addresses("10.0.0.2"))
                                .services("https")
                                .log(true),
                        allow("all").to("web").services("https")))))
                .containsExactly("redundant Rule/shop/one by [shop/all]");
    }

    @Test
    void shouldKeepARuleThatIsAnExceptionFromOneBetween() {
        assertThat(ofRules(analyze(application(
                        allow("one").to(Peers.addresses("10.0.0.1")).services("https"),
                        drop("not-them").to(Peers.addresses("10.0.0.0/29")).services("https"),
                        allow("all").to("web").services("http", "https")))))
                .containsExactly("conflicting Rule/shop/all by [shop/not-them]");
    }

    @Test
    void shouldTakeNoRuleForUnnecessaryThatKeepsStateOtherwise() {
        SecurityPolicy raw = SecurityPolicy.of(
                        "raw", Category.APPLICATION, 20, allow("all").to("web").services("https", "http"))
                .withStateless(true);

        assertThat(ofRules(analyze(application(allow("https").to("web").services("https")), raw)))
                .as("without it, nothing would be tracked")
                .isEmpty();
        Analysis behind = analyze(
                raw.withSequence(1), application(allow("https").to("web").services("https")));
        assertThat(ofRules(behind)).containsExactly("shadowed Rule/shop/https by [raw/all]");
        assertThat(behind.findings().getFirst().message()).contains("raw/all (ALLOW, stateless) comes first");
        assertThat(ofRules(analyze(
                        application(allow("https").to("web").services("https")).withStateless(true), raw)))
                .containsExactly("redundant Rule/shop/https by [raw/all]");
        SecurityPolicy loose = SecurityPolicy.of(
                        "raw", Category.APPLICATION, 20, allow("all").to("web").services("https", "http"))
                .withTcpPickup(TcpPickup.LOOSE);
        assertThat(ofRules(analyze(application(allow("https").to("web").services("https")), loose)))
                .isEmpty();
        assertThat(ofRules(analyze(
                        application(allow("https").to("web").services("https")),
                        loose.withTcpPickup(TcpPickup.STRICT))))
                .as("as the tenant does anyway")
                .containsExactly("redundant Rule/shop/https by [raw/all]");
    }

    @Test
    void shouldFindRulesWhoseOrderAloneDecides() {
        Analysis analysis = analyze(application(
                allow("web").to("web").services("https"), drop("db").from("db").anyService()));

        assertThat(ofRules(analysis)).containsExactly("conflicting Rule/shop/db by [shop/web]");
        assertThat(analysis.findings().getFirst().message())
                .contains("shop/web (ALLOW)")
                .contains("tcp 10.0.0.9 → 10.0.0.2 port 443, OUT at db-1/eth0");
    }

    @Test
    void shouldNotCallAnExceptionAConflictNorWhatNoVnicSees() {
        assertThat(ofRules(analyze(application(
                        drop("one").to(Peers.addresses("10.0.0.1")).services("https"),
                        allow("all").to("web").services("https"),
                        // both meet between strangers only
                        drop("bad").from(Peers.addresses("192.0.2.0/24")).services("ssh"),
                        allow("good")
                                .to(Peers.addresses("198.51.100.0/24", "10.0.0.9"))
                                .from(Peers.addresses("192.0.2.0/25", "10.0.0.1"))
                                .services("ssh")
                                .direction(RuleDirection.OUT)))))
                .isEmpty();
    }

    @Test
    void shouldSayThatNamesDecideBetweenPoliciesOfOneSequence() {
        Analysis analysis = analyze(
                SecurityPolicy.of(
                        "a", Category.APPLICATION, 10, allow("web").to("web").services("https")),
                SecurityPolicy.of(
                        "b", Category.APPLICATION, 10, drop("db").from("db").anyService()));

        assertThat(analysis.findings().getFirst().message()).contains("same sequence");
    }

    @Test
    void shouldFindRulesThatNoPacketMatches() {
        tenant.with(new ModelEdit.PutService(
                Service.of("answers", ServiceMatch.protocol(6).withTcpFlags(0x10, 0x10))));

        assertThat(ofRules(analyze(application(
                        allow("empty").to("nobody").services("ssh"),
                        allow("nowhere").services("ssh").to("web").appliedTo("nobody"),
                        allow("families")
                                .from(Peers.addresses("192.0.2.1"))
                                .to(Peers.addresses("2001:db8::/32"))
                                .services("ssh"),
                        allow("icmp").to("web").services("icmp-echo").family(IpFamily.IPV6),
                        allow("flags").to("web").services("answers"),
                        allow("all-but-all")
                                .to("web")
                                .from(Peers.addresses("0.0.0.0/0", "::/0").negate())
                                .services("ssh"),
                        allow("elsewhere")
                                .from(Peers.addresses("192.0.2.1"))
                                .to(Peers.addresses("192.0.2.2"))
                                .services("ssh")))))
                .containsExactly(
                        "never-matches Rule/shop/empty by []",
                        "never-matches Rule/shop/nowhere by []",
                        "never-matches Rule/shop/families by []",
                        "never-matches Rule/shop/icmp by []",
                        "never-matches Rule/shop/flags by []",
                        "never-matches Rule/shop/all-but-all by []",
                        "never-matches Rule/shop/elsewhere by []");
    }

    @Test
    void shouldFindARuleThatIsLeftNothingAtVnicsThatAreYetToComeEither() {
        Peers outside = Peers.addresses("192.0.2.1");
        assertThat(ofRules(analyze(application(
                        allow("web").to(Peers.addresses("10.0.0.1")).services("ssh"),
                        allow("elsewhere")
                                .from(outside)
                                .to(Peers.addresses("192.0.2.2"))
                                .services("ssh"),
                        drop("both")
                                .from(outside)
                                .to(Peers.addresses("10.0.0.1", "192.0.2.2"))
                                .services("ssh")))))
                .containsExactly(
                        "never-matches Rule/shop/elsewhere by []",
                        "shadowed Rule/shop/both by [shop/web, shop/elsewhere]");
    }

    @Test
    void shouldSayNothingOfRulesForWhichItMattersWhatOneThatIsTooLargeTakes() {
        ServiceMatch[] matches = new ServiceMatch[256];
        for (int i = 0; i < matches.length; i++) {
            matches[i] = new ServiceMatch(6, 4_000 + 2 * i, 4_000 + 2 * i, 22 + i, 22 + i, -1, -1);
        }
        tenant.with(new ModelEdit.PutService(Service.of("many", matches)));
        tenant.with(new ModelEdit.PutService(Service.of("more", new ServiceMatch(6, 4_001, 4_001, 22, 22, -1, -1))));
        Analysis analysis = analyze(
                SecurityPolicy.of(
                        "before",
                        Category.ENVIRONMENT,
                        10,
                        pass("large").services("many", "more"),
                        drop("ssh").services("ssh")),
                application(
                        drop("some").to("web").services("ssh"),
                        allow("large").to("web").services("many", "more"),
                        drop("all").to("web").anyService()));
        assertThat(ofRules(analysis)).isEmpty();
        assertThat(analysis.unfinished()).isEqualTo(2);
    }

    @Test
    void shouldNotSayOfARuleThatItPassesAllWhereLaterOnesWaitForVnicsThatAreYetToCome() {
        assertThat(ofRules(analyze(application(
                        pass("some").services("ssh"),
                        allow("covered").to("web").services("ssh"),
                        allow("elsewhere")
                                .from(Peers.addresses("192.0.2.1"))
                                .to(Peers.addresses("192.0.2.2"))
                                .services("https")))))
                .containsExactly(
                        "shadowed Rule/shop/covered by [shop/some]", "never-matches Rule/shop/elsewhere by []");
    }

    @Test
    void shouldLetMidStreamPacketsMatchWhereConnectionsArePickedUp() {
        tenant.with(new ModelEdit.PutService(
                Service.of("answers", ServiceMatch.protocol(6).withTcpFlags(0x10, 0x10))));
        tenant.with(new ModelEdit.SetDefaults(Action.DROP, true));

        assertThat(ofRules(
                        analyze(application(allow("flags").from("db").to("web").services("answers")))))
                .isEmpty();
    }

    @Test
    void shouldLetAnEmergencyWaitForItsGroup() {
        Analysis analysis = analyze(SecurityPolicy.of(
                "quarantine",
                Category.EMERGENCY,
                10,
                drop("from").from("nobody").anyService()));

        assertThat(ofRules(analysis)).isEmpty();
        assertThat(analysis.findings()).anySatisfy(finding -> {
            assertThat(finding.kind()).isEqualTo(FindingKind.EMPTY_GROUP);
            assertThat(finding.causes()).containsExactly(new RuleName("quarantine", "from"));
        });
    }

    @Test
    void shouldFindAPassThatJumpsOverEverythingAndOneThatJumpsOverNothing() {
        assertThat(ofRules(analyze(
                        SecurityPolicy.of(
                                "zones",
                                Category.ENVIRONMENT,
                                10,
                                pass("all").anyService(),
                                drop("ssh").to("db").services("ssh")),
                        application(
                                allow("web").to("web").services("https"),
                                pass("rest").to("db").anyService()))))
                .containsExactly(
                        "passes-all Rule/zones/all by [zones/ssh]",
                        "shadowed Rule/zones/ssh by [zones/all]",
                        "redundant Rule/shop/rest by []");
    }

    @Test
    void shouldFindRulesThatAllowTooMuch() {
        Analysis analysis = analyze(application(
                allow("ping").services("ping"),
                allow("https").services("https").appliedTo("web").direction(RuleDirection.IN),
                allow("to-web").to("web").services("http", "https"),
                allow("not-ssh").to("db").services(ServiceSelection.named("ssh").negate()),
                allow("wide").from(Peers.addresses("0.0.0.0/1")).to("web").services("tcp"),
                allow("everyone-ssh").services("ssh"),
                allow("everything").anyService()));

        assertThat(analysis.findings().stream()
                        .filter(finding -> finding.kind() == FindingKind.TOO_PERMISSIVE)
                        .map(finding -> finding.subject().toString()))
                .containsExactly(
                        "Rule/shop/not-ssh", "Rule/shop/wide", "Rule/shop/everyone-ssh", "Rule/shop/everything");
    }

    @Test
    void shouldFindGroupsAndServicesThatNoPolicyNeeds() {
        tenant.group("inner", Expression.tag("app:web")).group("outer", Expression.group("inner"));
        tenant.with(new ModelEdit.PutService(Service.of("spare", ServiceMatch.ports(6, 1, 1))));

        Analysis analysis =
                analyze(application(allow("in").to("outer").services("https")).withEnabled(false));

        assertThat(analysis.findings().stream().map(finding -> finding.kind().word() + " " + finding.subject()))
                .containsExactly(
                        "unused Group/db",
                        "empty-group Group/nobody",
                        "unused Group/nobody",
                        "unused Group/web",
                        "unused Service/spare");
        assertThat(analysis.rules()).isZero();
    }

    @Test
    void shouldFindOfARuleOnlyWhatIsSoWheneverItIsActive() {
        Schedule night = Schedule.daily("UTC", "22:00-06:00");
        Instant noon = Instant.parse("2026-12-01T12:00:00Z");
        tenant.with(new ModelEdit.SetClock(noon));
        SecurityPolicy closed = SecurityPolicy.of(
                        "closed", Category.APPLICATION, 0, drop("all").anyService())
                .withSchedule(night);
        SecurityPolicy twice = SecurityPolicy.of(
                        "twice",
                        Category.APPLICATION,
                        1,
                        allow("backup").services("ssh"),
                        allow("past").services("ssh").expires(noon))
                .withSchedule(night);
        tenant.policy(closed).policy(twice);

        List<String> found = ofRules(analyze(application(
                allow("ssh").to("web").services("ssh"), allow("again").to("web").services("ssh"))));

        assertThat(found)
                .as("at noon and at night")
                .containsExactly(
                        "shadowed Rule/twice/backup by [closed/all]",
                        "never-matches Rule/twice/past by []",
                        "redundant Rule/shop/again by [shop/ssh]");
    }

    @Test
    void shouldKeepARuleThatSwitchesAGatewayOn() {
        tenant.with(new ModelEdit.PutService(
                Service.of("files", ServiceMatch.ports(6, 21, 21)).withAlg(Alg.FTP)));

        assertThat(ofRules(analyze(application(
                        allow("tcp").to("web").services("tcp"),
                        allow("files").to("web").services("files")))))
                .doesNotContain("redundant Rule/shop/files by [shop/tcp]");
    }
}
