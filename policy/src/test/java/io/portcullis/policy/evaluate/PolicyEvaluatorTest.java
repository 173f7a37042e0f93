package io.portcullis.policy.evaluate;

import static io.portcullis.policy.model.Expression.addresses;
import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.ip;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the model says and the reasons that an operator gets; that the decisions are right is for the random comparisons. */
class PolicyEvaluatorTest {
    private static final String WEB = "10.0.0.1";
    private static final String APP = "10.0.0.2";
    private static final String DB = "10.0.0.3";
    private static final String CLIENT = "198.51.100.9";

    private static TestTenant shop() {
        return aTenant()
                .segment("lan", 10)
                .vm("web-1", "tier:web", WEB)
                .vm("app-1", "tier:app", APP)
                .vm("db-1", "tier:db", DB)
                .group("web", tag("tier:web"))
                .group("app", tag("tier:app"))
                .group("db", tag("tier:db"))
                .group("office", addresses("198.51.100.0/24"));
    }

    private static SecurityPolicy application(Rule.Builder... rules) {
        return SecurityPolicy.of("shop", Category.APPLICATION, 10, rules);
    }

    private static FirstPacket tcp(String from, String to, int port) {
        return FirstPacket.of(Datagram.tcp(ip(from), ip(to), 40_000, port));
    }

    private static Evaluation in(TenantModel model, String vm, FirstPacket packet) {
        return evaluate(model, vm, RuleDirection.IN, packet);
    }

    private static Evaluation out(TenantModel model, String vm, FirstPacket packet) {
        return evaluate(model, vm, RuleDirection.OUT, packet);
    }

    private static Evaluation evaluate(TenantModel model, String vm, RuleDirection direction, FirstPacket packet) {
        return PolicyEvaluator.of(model)
                .evaluate(model.vnic(VnicId.parse("acme/" + vm + "/eth0")).orElseThrow(), direction, packet);
    }

    private static List<String> texts(List<Reason> reasons) {
        return reasons.stream()
                .map(reason -> reason.condition() + ": " + reason.text())
                .toList();
    }

    @Test
    void shouldSayWhichRuleDecidesAndWhyItsPeersAreMeant() {
        TenantModel model = shop().policy(
                        application(Rule.allow("web-app").from("web").to("app").services("https")))
                .build();

        Evaluation evaluation = in(model, "app-1", tcp(WEB, APP, 443));

        assertThat(evaluation.revision()).isEqualTo(model.revision());
        assertThat(evaluation.decision())
                .isEqualTo(new Decision(
                        Action.ALLOW,
                        Cause.RULE,
                        new RuleName(Category.APPLICATION, "shop", "web-app", Action.ALLOW),
                        List.of()));
        assertThat(texts(evaluation.reasons()))
                .containsExactly(
                        "SOURCES: 10.0.0.1 (web-1/eth0) is in group web",
                        "DESTINATIONS: 10.0.0.2 (app-1/eth0) is in group app",
                        "SERVICES: tcp/443 is of service https");
        assertThat(evaluation.reasons().getFirst().because()).containsExactly("tag tier:web: yes (has [tier:web])");
        assertThat(evaluation.nearMisses()).isEmpty();
    }

    @Test
    void shouldTellRulesOfTheProviderFromTheTenants() {
        TestTenant provider = aTenant(TenantId.PROVIDER.value())
                .group("app", tag("tier:app"))
                .group("web", tag("tier:web"))
                .policy(SecurityPolicy.of(
                        "base",
                        Category.APPLICATION,
                        10,
                        Rule.pass("web").from("web").services("https"),
                        Rule.drop("ssh").to("app").services("ssh"),
                        Rule.allow("ping").from("app").services("ping")));
        TenantModel model = shop().with(new ModelEdit.AdoptProvider(ProviderPolicies.of(provider.build())))
                .policy(application(Rule.allow("all").services("https", "ssh")))
                .build();

        Evaluation ofProvider = in(model, "app-1", tcp(CLIENT, APP, 22));
        RuleName ssh = new RuleName(Category.APPLICATION, "provider/base", "ssh", Action.DROP);
        assertThat(ofProvider.decision()).isEqualTo(new Decision(Action.DROP, Cause.RULE, ssh, List.of()));
        assertThat(ssh.tier()).isEqualTo(Tier.PROVIDER);
        assertThat(ssh).hasToString("provider/base/ssh");
        assertThat(texts(ofProvider.reasons()))
                .containsExactly(
                        "DESTINATIONS: 10.0.0.2 (app-1/eth0) is in group provider/app",
                        "SERVICES: tcp/22 is of service ssh");
        assertThat(ofProvider.reasons().getFirst().because()).containsExactly("tag tier:app: yes (has [tier:app])");

        Evaluation ofTenant = in(model, "app-1", tcp(WEB, APP, 443));
        assertThat(ofTenant.decision().rule()).hasToString("shop/all");
        assertThat(ofTenant.decision().passes())
                .singleElement()
                .satisfies(pass -> assertThat(pass.tier()).isEqualTo(Tier.PROVIDER));

        Evaluation byDefault = in(model, "app-1", FirstPacket.of(Datagram.icmp(ip(CLIENT), ip(APP), 8, 0)));
        assertThat(byDefault.decision().cause()).isEqualTo(Cause.DEFAULT);
        assertThat(byDefault.nearMisses())
                .extracting(miss -> miss.rule() + " " + miss.rule().tier())
                .containsExactly("provider/base/ping PROVIDER", "shop/all TENANT", "provider/base/web PROVIDER");
    }

    @Test
    void shouldAskTheTenantAboutFramesThatTheProviderAllows() {
        TestTenant provider = aTenant(TenantId.PROVIDER.value())
                .policy(SecurityPolicy.of(
                        "frames",
                        Category.ETHERNET,
                        10,
                        Rule.allow("lldp").anyService().ethernet(EthernetMatch.etherTypes(0x88cc)),
                        Rule.drop("rest").anyService().ethernet(EthernetMatch.etherTypes(0x88f7))));
        FirstPacket lldp = new FirstPacket(
                0x88cc, MacAddress.parse("02:00:00:00:00:01"), MacAddress.parse("01:80:c2:00:00:0e"), null);
        TenantModel model = shop().with(new ModelEdit.AdoptProvider(ProviderPolicies.of(provider.build())))
                .build();

        assertThat(out(model, "web-1", lldp).decision().rule()).hasToString("provider/frames/lldp");
        TenantModel passing = accepted(model.putPolicy(SecurityPolicy.of(
                "frames", Category.ETHERNET, 10, Rule.pass("all").anyService())));
        assertThat(out(passing, "web-1", lldp).decision())
                .satisfies(decision -> assertThat(decision.rule()).hasToString("provider/frames/lldp"))
                .satisfies(decision -> assertThat(decision.passes()).hasToString("[frames/all]"));
        TenantModel refusing = accepted(model.putPolicy(SecurityPolicy.of(
                "frames", Category.ETHERNET, 10, Rule.drop("all").anyService())));
        assertThat(out(refusing, "web-1", lldp).decision())
                .satisfies(decision -> assertThat(decision.rule()).hasToString("frames/all"))
                .satisfies(decision -> assertThat(decision.passes()).hasToString("[provider/frames/lldp]"));
    }

    @Test
    void shouldSayWhereNothingMatchedClosestFirst() {
        TenantModel model = shop().policy(application(
                        Rule.allow("far").from("db").to("web").services("ssh").family(IpFamily.IPV6),
                        Rule.allow("two").from("app").to("app").services("http"),
                        Rule.allow("from-db").from("db").to("app").services("https"),
                        Rule.allow("port").from("web").to("app").services("http", "ssh"),
                        Rule.drop("same-outcome").from("db").anyService()))
                .build();

        Evaluation evaluation = in(model, "app-1", tcp(WEB, APP, 443));

        assertThat(evaluation.decision().cause()).isEqualTo(Cause.DEFAULT);
        assertThat(evaluation.decision().verdict()).isEqualTo(Action.DROP);
        assertThat(evaluation.reasons()).isEmpty();
        assertThat(evaluation.nearMisses())
                .extracting(miss -> miss.rule().rule())
                .containsExactly("from-db", "port", "two");
        assertThat(texts(evaluation.nearMisses().get(0).failed()))
                .containsExactly("SOURCES: 10.0.0.1 (web-1/eth0) is not among db");
        assertThat(evaluation.nearMisses().get(0).failed().getFirst().because())
                .containsExactly("tag tier:db: no (has [tier:web])");
        assertThat(texts(evaluation.nearMisses().get(1).failed()))
                .containsExactly("SERVICES: tcp/443 is none of http, ssh");
        assertThat(evaluation.nearMisses().get(2).failed()).hasSize(2);
    }

    @Test
    void shouldNameThePassesOnTheWayAndLookNoFurtherInTheirCategory() {
        TenantModel model = shop().policy(SecurityPolicy.of(
                        "zones",
                        Category.ENVIRONMENT,
                        1,
                        Rule.pass("web-may").from("web").anyService(),
                        Rule.allow("never-seen").to("app").services("ssh")))
                .policy(application(Rule.allow("https").services("https")))
                .build();

        Evaluation passed = out(model, "web-1", tcp(WEB, APP, 443));
        Evaluation dropped = out(model, "web-1", tcp(WEB, APP, 80));

        assertThat(passed.decision().rule()).hasToString("shop/https");
        assertThat(passed.decision().passes())
                .containsExactly(new RuleName(Category.ENVIRONMENT, "zones", "web-may", Action.PASS));
        assertThat(dropped.decision().cause()).isEqualTo(Cause.DEFAULT);
        assertThat(dropped.nearMisses()).extracting(miss -> miss.rule().rule()).containsExactly("https");
    }

    @Test
    void shouldSayThatAPolicyIsNotEnabledOrNotAppliedHere() {
        SecurityPolicy allowAll = SecurityPolicy.of(
                "all", Category.APPLICATION, 1, Rule.allow("r").anyService());
        TenantModel model = shop().policy(allowAll.withEnabled(false))
                .policy(new SecurityPolicy("db-only", Category.APPLICATION, 2, List.of("db"), true, allowAll.rules()))
                .policy(application(
                        Rule.allow("web-only").anyService().appliedTo("web"),
                        Rule.allow("out").anyService().direction(RuleDirection.OUT)))
                .build();

        Evaluation evaluation = in(model, "app-1", tcp(WEB, APP, 443));

        assertThat(evaluation.nearMisses().stream()
                        .flatMap(miss -> texts(miss.failed()).stream())
                        .toList())
                .containsExactly(
                        "ENABLED: policy all is not enabled",
                        "POLICY_APPLIED_TO: policy db-only is applied to db, where acme/app-1/eth0 is not",
                        "RULE_APPLIED_TO: the rule is applied to web, where acme/app-1/eth0 is not",
                        "DIRECTION: the packet goes IN, the rule is for OUT");
        assertThat(texts(in(model, "db-1", tcp(WEB, DB, 443)).reasons()))
                .containsExactly("POLICY_APPLIED_TO: acme/db-1/eth0 is in group db");
    }

    @Test
    void shouldSayThatAPolicyIsOutOfItsScheduleOrARuleHasExpiredAndWhenThatChanges() {
        Instant noon = Instant.parse("2026-12-01T12:00:00Z");
        Instant evening = Instant.parse("2026-12-01T18:00:00Z");
        TenantModel model = shop().policy(SecurityPolicy.of(
                                "office",
                                Category.APPLICATION,
                                1,
                                Rule.allow("today").services("https").expires(evening.plusSeconds(600)),
                                Rule.allow("gone").services("https").expires(noon))
                        .withSchedule(Schedule.daily("Europe/Berlin", "19:00-23:00")))
                .with(new ModelEdit.SetClock(noon))
                .build();

        Evaluation closed = in(model, "app-1", tcp(WEB, APP, 443));
        assertThat(closed.decision().allows()).isFalse();
        assertThat(closed.nextChange()).isEqualTo(evening);
        assertThat(texts(closed.nearMisses().getFirst().failed()))
                .containsExactly(
                        "SCHEDULE: policy office is not active: its schedule is daily 19:00-23:00 Europe/Berlin,"
                                + " and begins at 2026-12-01T18:00:00Z");
        assertThat(texts(closed.nearMisses().get(1).failed()))
                .contains("EXPIRY: the rule expired at 2026-12-01T12:00:00Z");

        Evaluation open = in(model.at(evening), "app-1", tcp(WEB, APP, 443));
        assertThat(open.decision().rule()).hasToString("office/today");
        assertThat(open.nextChange()).isEqualTo(evening.plusSeconds(600));
        assertThat(in(model.at(evening.plusSeconds(600)), "app-1", tcp(WEB, APP, 443))
                        .nextChange())
                .as("nothing is left that could match")
                .isNull();
        assertThat(in(model, "app-1", tcp(WEB, APP, 22)).nextChange())
                .as("of another service")
                .isNull();
    }

    @Test
    void shouldExplainNegationAndAddressesOfNobody() {
        TenantModel model = shop().policy(application(
                        Rule.drop("strangers")
                                .from(Peers.groups("web", "app").negate())
                                .to("db")
                                .anyService(),
                        Rule.allow("office")
                                .from("office")
                                .to(Peers.addresses("10.0.0.0/30"))
                                .services("ssh")))
                .build();

        assertThat(texts(in(model, "db-1", tcp(CLIENT, DB, 22)).reasons()))
                .containsExactly(
                        "SOURCES: 198.51.100.9 (no VM's) is not among web, app, and the rule is for all others",
                        "DESTINATIONS: 10.0.0.3 (db-1/eth0) is in group db");
        Evaluation ssh = in(model, "web-1", tcp(CLIENT, WEB, 22));
        assertThat(texts(ssh.reasons()))
                .containsExactly(
                        "SOURCES: 198.51.100.9 (no VM's) is in group office",
                        "DESTINATIONS: 10.0.0.1 (web-1/eth0) is in 10.0.0.0/30",
                        "SERVICES: tcp/22 is of service ssh");
        assertThat(ssh.reasons().getFirst().because()).containsExactly("the group's address sets hold 198.51.100.9");
        Evaluation fromApp = in(model, "db-1", tcp(APP, DB, 22));
        assertThat(fromApp.nearMisses().getFirst().failed().getFirst().because())
                .containsExactly("address in 198.51.100.0/24: no");
    }

    @Test
    void shouldJudgeFramesByCategoryEthernetAlone() {
        TenantModel model = shop().policy(SecurityPolicy.of(
                        "frames",
                        Category.ETHERNET,
                        1,
                        Rule.allow("ptp").anyService().ethernet(EthernetMatch.etherTypes(0x88f7)),
                        Rule.drop("no-arp-from-2")
                                .anyService()
                                .ethernet(EthernetMatch.etherTypes(0x0806).from("02:00:00:00:00:02")),
                        Rule.reject("mpls").anyService().ethernet(EthernetMatch.etherTypes(0x8847)),
                        Rule.allow("web-frames").from("web").anyService(),
                        Rule.drop("not-ours")
                                .from(Peers.groups("web", "app").negate())
                                .anyService()))
                .policy(application(Rule.allow("all").services("https")))
                .build();

        assertThat(frame(model, 0x88f7, 1)).isEqualTo("ALLOW RULE");
        assertThat(frame(model, 0x0806, 1)).isEqualTo("ALLOW NEIGHBOURHOOD");
        assertThat(frame(model, 0x0806, 2)).isEqualTo("DROP RULE");
        assertThat(frame(model, 0x8847, 1)).isEqualTo("DROP RULE");
        assertThat(frame(model, 0x88cc, 1)).isEqualTo("DROP NOT_IP");
        assertThat(frame(model, 0x0050, 1)).isEqualTo("DROP NOT_IP");
        Decision ip = out(model, "web-1", tcp(WEB, APP, 443)).decision();
        assertThat(ip.rule()).hasToString("shop/all");
        assertThat(ip.passes()).extracting(RuleName::rule).containsExactly("web-frames");
        assertThat(in(model, "db-1", tcp(CLIENT, DB, 443)).decision().rule()).hasToString("frames/not-ours");
    }

    private static String frame(TenantModel model, int etherType, int mac) {
        FirstPacket packet =
                new FirstPacket(etherType, new MacAddress(0x0200_0000_0000L + mac), MacAddress.BROADCAST, null);
        Decision decision = in(model, "db-1", packet).decision();
        return decision.verdict() + " " + decision.cause();
    }

    @Test
    void shouldLetNeighbourAndListenerDiscoveryPassUnjudged() {
        TenantModel model = shop().build();

        assertThat(icmpv6(model, RuleDirection.IN, 135)).isEqualTo(Cause.NEIGHBOURHOOD);
        assertThat(icmpv6(model, RuleDirection.OUT, 143)).isEqualTo(Cause.NEIGHBOURHOOD);
        assertThat(icmpv6(model, RuleDirection.IN, 130)).isEqualTo(Cause.NEIGHBOURHOOD);
        assertThat(icmpv6(model, RuleDirection.OUT, 130)).isEqualTo(Cause.DEFAULT);
        assertThat(icmpv6(model, RuleDirection.IN, 128)).isEqualTo(Cause.DEFAULT);
    }

    private static Cause icmpv6(TenantModel model, RuleDirection direction, int type) {
        FirstPacket packet = FirstPacket.of(Datagram.icmp(ip("fe80::1"), ip("ff02::1"), type, 0));
        return evaluate(model, "web-1", direction, packet).decision().cause();
    }

    private static FirstPacket flags(String from, String to, int sourcePort, int port, int flags) {
        return FirstPacket.of(new Datagram(ip(from), ip(to), 6, sourcePort, port, -1, -1, flags));
    }

    @Test
    void shouldTellWhatOpensNothingFromWhatAStatelessRuleLetsPass() {
        TenantModel model = shop().policy(application(
                                Rule.allow("out").from("web").services("https"),
                                Rule.allow("ping").services("ping"))
                        .withTcpPickup(TcpPickup.LOOSE))
                .policy(SecurityPolicy.of(
                                "raw",
                                Category.INFRASTRUCTURE,
                                1,
                                Rule.allow("app").to("db").anyService())
                        .withStateless(true))
                .build();

        int ack = 0x10;
        int synAck = 0x12;
        assertThat(said(model, "web-1", flags(WEB, APP, 9, 443, ack))).isEqualTo("ALLOW RULE");
        assertThat(said(model, "web-1", flags(WEB, APP, 9, 443, synAck))).isEqualTo("DROP NO_CONNECTION");
        assertThat(said(model, "web-1", flags(WEB, APP, 9, 22, ack))).isEqualTo("DROP NO_CONNECTION");
        assertThat(said(model, "web-1", FirstPacket.of(Datagram.icmp(ip(WEB), ip(APP), 0, 0))))
                .isEqualTo("DROP NO_CONNECTION");
        assertThat(said(model, "web-1", FirstPacket.of(Datagram.icmp(ip(WEB), ip(APP), 8, 0))))
                .isEqualTo("ALLOW RULE");
        assertThat(said(model, "web-1", flags(WEB, DB, 9, 443, synAck))).isEqualTo("ALLOW RULE");
        assertThat(said(model, "web-1", flags(WEB, DB, 9, 443, 0x03)))
                .as("nobody sends that")
                .isEqualTo("DROP NO_CONNECTION");
        assertThat(said(model, "web-1", FirstPacket.of(Datagram.icmp(ip(WEB), ip(DB), 3, 1))))
                .isEqualTo("ALLOW RULE");
    }

    private static String said(TenantModel model, String vm, FirstPacket packet) {
        Decision decision = out(model, vm, packet).decision();
        return decision.verdict() + " " + decision.cause();
    }

    @Test
    void shouldSayWhatBecomesOfTheAnswerWhereNobodyRemembersTheQuestion() {
        Rule.Builder there = Rule.allow("there").from("web").to("app").services("https");
        Rule.Builder back =
                Rule.allow("back").from("app").to("web").services("answers").direction(RuleDirection.IN);
        Service answers = Service.of("answers", new ServiceMatch(6, 443, 443, 0, 65_535, -1, -1));
        TenantModel oneWay =
                shop().policy(application(there).withStateless(true)).build();
        TenantModel both = shop().with(new ModelEdit.PutService(answers))
                .policy(application(there, back).withStateless(true))
                .build();
        TenantModel stateful = shop().policy(application(there)).build();

        Evaluation unanswered = out(oneWay, "web-1", tcp(WEB, APP, 443));
        assertThat(unanswered.stateless()).isTrue();
        assertThat(unanswered.answer()).isNotNull();
        assertThat(unanswered.answer().cause()).isEqualTo(Cause.NO_CONNECTION);
        assertThat(out(both, "web-1", tcp(WEB, APP, 443)).answer().rule()).hasToString("shop/back");
        assertThat(in(both, "app-1", tcp(WEB, APP, 443)).answer().allows())
                .as("the rule for answers is for packets that come in")
                .isFalse();
        assertThat(out(stateful, "web-1", tcp(WEB, APP, 443)))
                .extracting(Evaluation::stateless, Evaluation::answer)
                .containsExactly(false, null);
        assertThat(out(both, "web-1", tcp(WEB, DB, 443)).answer()).isNull();
    }

    @Test
    void shouldBoundWhatItSays() {
        TenantModel model = shop().policy(application(IntStream.range(0, 200)
                        .mapToObj(i -> Rule.allow("r" + i).from("db").to("app").services("https"))
                        .toArray(Rule.Builder[]::new)))
                .build();

        assertThat(in(model, "app-1", tcp(WEB, APP, 443)).nearMisses()).hasSize(Evaluation.MAX_NEAR_MISSES);
    }

    @Test
    void shouldJudgeGroupsThatShareInnerGroupsOnce() {
        TestTenant tenant = shop().group("g0", tag("tier:web"));
        for (int level = 1; level < 30; level++) {
            String inner = "g" + (level - 1);
            tenant.group("g" + level, Expression.or(Expression.group(inner), Expression.not(Expression.group(inner))));
        }
        TenantModel model = tenant.policy(
                        application(Rule.allow("r").from("g29").services("https")))
                .build();

        assertThat(in(model, "app-1", tcp(WEB, APP, 443)).decision().allows()).isTrue();
        assertThat(in(model, "app-1", tcp(CLIENT, APP, 443)).decision().allows())
                .isFalse();
    }
}
