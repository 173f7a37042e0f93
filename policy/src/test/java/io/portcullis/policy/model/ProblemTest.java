package io.portcullis.policy.model;

import static io.portcullis.policy.model.Expression.addresses;
import static io.portcullis.policy.model.Expression.and;
import static io.portcullis.policy.model.Expression.finding;
import static io.portcullis.policy.model.Expression.group;
import static io.portcullis.policy.model.Expression.members;
import static io.portcullis.policy.model.Expression.name;
import static io.portcullis.policy.model.Expression.not;
import static io.portcullis.policy.model.Expression.or;
import static io.portcullis.policy.model.Expression.segment;
import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every kind of mistake is refused with the path to it and with words that help. */
class ProblemTest {
    private final TestTenant builder = aTenant()
            .segment("lan", 10)
            .segment("dmz", 20)
            .vm("web-1", "app:web", "10.0.0.1")
            .group("web", tag("app:web"))
            .group("outer", or(group("web"), segment("dmz"), members("web-1")))
            .policy(policy(Rule.allow("r").from("web").services("https")));
    private final TenantModel model = builder.build();

    private static SecurityPolicy policy(Rule.Builder... rules) {
        return SecurityPolicy.of("p", Category.APPLICATION, 1, rules);
    }

    private static void assertProblem(EditResult result, String path, String message) {
        assertThat(refused(result)).anySatisfy(problem -> {
            assertThat(problem.path()).isEqualTo(path);
            assertThat(problem.message()).contains(message);
            assertThat(problem.hint()).isNotBlank();
        });
    }

    private Vm web2(Vnic... vnics) {
        Vm vm = Vm.named(VmId.parse("acme/web-2"));
        for (Vnic vnic : vnics) {
            vm = vm.withVnic(vnic);
        }
        return vm;
    }

    @Test
    void shouldRefuseUnknownThings() {
        assertProblem(model.removeVm("nope"), "/vms/nope", "tenant acme has nothing of this name");
        assertProblem(model.setTags("nope", Set.of()), "/vms/nope", "nothing of this name");
        assertProblem(model.setFinding("a/b", "x", "y"), "/vms/a~1b", "nothing of this name");
        assertProblem(model.removeSegment("nope"), "/segments/nope", "nothing of this name");
        assertProblem(model.removePolicy("nope"), "/policies/nope", "nothing of this name");
        assertProblem(model.removeService("ssh"), "/services/ssh", "nothing of this name");
    }

    @Test
    void shouldRefuseUnknownReferencesOfRules() {
        assertProblem(
                model.putPolicy(policy(
                        Rule.allow("a").anyService(),
                        Rule.allow("r").from("web", "nope").anyService())),
                "/policies/p/rules/1/sources/groups/1",
                "no group 'nope'");
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").to("nope").anyService())),
                "/policies/p/rules/0/destinations/groups/0",
                "no group 'nope'");
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").anyService().appliedTo("nope"))),
                "/policies/p/rules/0/appliedTo/0",
                "no group 'nope'");
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").anyService()).withAppliedTo("nope")),
                "/policies/p/appliedTo/0",
                "no group 'nope'");
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").services("https", "nope"))),
                "/policies/p/rules/0/services/1",
                "no service 'nope'");
    }

    @Test
    void shouldRefuseARuleWithoutAService() {
        assertProblem(
                model.putPolicy(policy(Rule.allow("r"))), "/policies/p/rules/0/services", "the rule has no service");
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").services(new ServiceSelection(true, List.of("ssh"))))),
                "/policies/p/rules/0/services",
                "'any' stands alone");
    }

    @Test
    void shouldRefuseWhatCannotBeSaidOfFramesFlagsAndNegatedServices() {
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").anyService().ethernet(EthernetMatch.etherTypes(0x0806)))),
                "/policies/p/rules/0/ethernet",
                "category ETHERNET");
        assertProblem(
                model.putPolicy(frames(EthernetMatch.etherTypes(0x0800, 0x5ff))),
                "/policies/p/rules/0/ethernet/etherTypes/1",
                "no ethertype 1535");
        assertProblem(
                model.putPolicy(frames(EthernetMatch.ANY.notFrom())),
                "/policies/p/rules/0/ethernet/sources",
                "no address is named");
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").services(ServiceSelection.ANY.negate()))),
                "/policies/p/rules/0/services",
                "'any' stands alone");
        assertProblem(
                model.putService(Service.of("s", ServiceMatch.ports(17, 1, 2).withTcpFlags(2, 2))),
                "/services/s/matches/0/tcpFlags",
                "only tcp");
        assertProblem(
                model.putService(Service.of("s", ServiceMatch.ports(6, 1, 2).withTcpFlags(2, 3))),
                "/services/s/matches/0/tcpFlags",
                "TCP flags 3 of 2");
        assertProblem(
                model.putService(Service.of("s", ServiceMatch.ports(6, 22, 80), ServiceMatch.ports(17, 21, 21))
                        .withAlg(Alg.FTP)),
                "/services/s/alg",
                "does not have FTP's control connection");
    }

    private static SecurityPolicy frames(EthernetMatch match) {
        return SecurityPolicy.of(
                "p", Category.ETHERNET, 10, Rule.drop("r").anyService().ethernet(match));
    }

    @Test
    void shouldRefuseSidesThatNameNobodyOrContradictThemselves() {
        assertProblem(
                model.putPolicy(policy(Rule.allow("r")
                        .from(new Peers(false, List.of(), List.of(), false))
                        .anyService())),
                "/policies/p/rules/0/sources",
                "nobody is named");
        assertProblem(
                model.putPolicy(policy(Rule.allow("r").to(Peers.ANY.negate()).anyService())),
                "/policies/p/rules/0/destinations",
                "'any' stands alone");
    }

    @Test
    void shouldRefuseDuplicateRuleNames() {
        assertProblem(
                model.putPolicy(
                        policy(Rule.allow("r").anyService(), Rule.drop("r").anyService())),
                "/policies/p/rules/1/name",
                "two rules named 'r'");
    }

    @Test
    void shouldRefuseBadNames() {
        assertProblem(model.putGroup(new Group("Web", tag("a:b"))), "/groups/Web/name", "'Web' is no name");
        assertProblem(model.putGroup(new Group("any", tag("a:b"))), "/groups/any/name", "'any' is taken");
        assertProblem(model.putSegment(new Segment("a/b", 30)), "/segments/a~1b/name", "is no name");
        assertProblem(
                model.putPolicy(policy(Rule.allow("R r").anyService())),
                "/policies/p/rules/0/name",
                "'R r' is no name");
        assertProblem(model.setFinding("web-1", "A", "b"), "/vms/web-1/findings/A", "'A' is no name");
        assertProblem(model.putService(Service.of("ssh", ServiceMatch.ANY)), "/services/ssh/name", "ssh is built in");
    }

    @Test
    void shouldRefuseGroupCycles() {
        assertProblem(model.putGroup(new Group("web", group("web"))), "/groups/web/expression", "cycle: web → web");
        assertProblem(
                model.putGroup(new Group("web", and(tag("a:b"), not(group("outer"))))),
                "/groups/outer/expression",
                "cycle: outer → web → outer");
    }

    @Test
    void shouldRefuseGroupsNestedTooDeep() {
        List<ModelEdit> chain = new ArrayList<>();
        chain.add(new ModelEdit.PutGroup(new Group("g0", tag("a:b"))));
        for (int index = 1; index < Limits.MAX_GROUP_NESTING; index++) {
            chain.add(new ModelEdit.PutGroup(new Group("g" + index, group("g" + (index - 1)))));
        }
        TestTenant.accepted(model.apply(chain));
        for (int index = Limits.MAX_GROUP_NESTING; index < 5_000; index++) {
            chain.add(new ModelEdit.PutGroup(new Group("g" + index, group("g" + (index - 1)))));
        }
        assertThat(refused(model.apply(chain)))
                .hasSizeLessThanOrEqualTo(Limits.MAX_PROBLEMS)
                .allSatisfy(problem -> assertThat(problem.message()).contains("nested deeper than 32"));
    }

    @Test
    void shouldRefuseBadExpressions() {
        Expression deep = tag("a:b");
        for (int depth = 0; depth < 10_000; depth++) {
            deep = not(deep);
        }
        EditResult result = model.apply(List.of(new ModelEdit.PutGroup(new Group("g", deep))));
        assertThat(refused(result).getFirst().message()).contains("nested deeper than 32");

        assertProblem(model.putGroup(new Group("g", and())), "/groups/g/expression", "AND of nothing");
        assertProblem(model.putGroup(new Group("g", not(or()))), "/groups/g/expression/not", "OR of nothing");
        assertProblem(
                model.putGroup(new Group("g", or(tag("a:b"), group("nope")))),
                "/groups/g/expression/or/1",
                "no group 'nope'");
        assertProblem(model.putGroup(new Group("g", segment("x"))), "/groups/g/expression", "no segment 'x'");
        assertProblem(model.putGroup(new Group("g", members("x"))), "/groups/g/expression", "no VM 'x'");
        assertProblem(model.putGroup(new Group("g", name(""))), "/groups/g/expression", "empty");
        assertProblem(model.putGroup(new Group("g", addresses())), "/groups/g/expression", "address set is empty");
        assertProblem(model.putGroup(new Group("g", finding("?"))), "/groups/g/expression", "no name for a finding");
        assertProblem(
                model.putGroup(new Group(
                        "g", new Expression.Or(Collections.nCopies(Limits.MAX_EXPRESSION_NODES + 1, tag("a:b"))))),
                "/groups/g/expression",
                "more than 1000 parts");
    }

    @Test
    void shouldRefuseLabelsThatATextOfKeysAndValuesCannotHold() {
        String path = "/policies/p/rules/0/logLabel";
        for (String bad : List.of("a b", "a=b", "a\nb", "ä", "\"")) {
            assertProblem(
                    model.putPolicy(policy(Rule.drop("r").anyService().logAs(bad))), path, "is no label for a log");
        }
        assertProblem(
                model.putPolicy(policy(Rule.drop("r").anyService().logAs("x".repeat(65)))),
                path,
                "65 characters of a label are too many");
        assertThat(model.putPolicy(policy(Rule.drop("r").anyService().logAs("PCI-DSS_3.2:audit/x@y"))))
                .isInstanceOf(EditResult.Accepted.class);
    }

    @Test
    void shouldRefuseToRemoveWhatIsInUse() {
        assertProblem(model.removeGroup("web"), "/policies/p/rules/0/sources/groups/0", "no group 'web'");
        assertProblem(model.removeGroup("web"), "/groups/outer/expression/or/0", "no group 'web'");
        assertProblem(model.removeSegment("dmz"), "/groups/outer/expression/or/1", "no segment 'dmz'");
        assertProblem(model.removeSegment("lan"), "/vms/web-1/vnics/0/segment", "no segment 'lan'");
        assertProblem(model.removeVm("web-1"), "/groups/outer/expression/or/2", "no VM 'web-1'");
    }

    @Test
    void shouldRefuseBadSegments() {
        assertProblem(model.putSegment(new Segment("x", 10)), "/segments/x/vlan", "already the VLAN of segment lan");
        assertProblem(model.putSegment(new Segment("x", 0)), "/segments/x/vlan", "VLAN 0 does not exist");
        assertProblem(model.putSegment(new Segment("x", 4_095)), "/segments/x/vlan", "VLAN 4095 does not exist");
        assertProblem(
                model.putSegment(new Segment("x", 30, "a\nb")), "/segments/x/description", "has control characters");
    }

    @Test
    void shouldRefuseDuplicateAddressesWithinASegment() {
        Vnic good = builder.vnic("web-2", "eth0", "lan", "10.0.0.2");
        MacAddress taken = model.vms().get("web-1").vnics().getFirst().mac();
        Vnic sameMac = new Vnic(good.id(), taken, good.addresses(), "lan", good.port());

        assertProblem(
                model.putVm(web2(builder.vnic("web-2", "eth0", "lan", "10.0.0.2", "10.0.0.1"))),
                "/vms/web-2/vnics/0/addresses/1",
                "10.0.0.1 is already used by acme/web-1/eth0 in segment lan");
        assertProblem(
                model.putVm(web2(sameMac)), "/vms/web-2/vnics/0/mac", "already used by acme/web-1/eth0 in segment lan");
        assertProblem(
                model.putVm(web2(sameMac)), "/vms/web-1/vnics/0/mac", "already used by acme/web-2/eth0 in segment lan");
        TestTenant.accepted(model.putVm(web2(builder.vnic("web-2", "eth0", "dmz", "10.0.0.1"))));
    }

    @Test
    void shouldRefuseBadVnics() {
        Vnic good = builder.vnic("web-2", "eth0", "lan", "10.0.0.2");
        VnicId id = good.id();

        assertProblem(
                model.putVm(web2(good, builder.vnic("web-2", "eth0", "lan"))),
                "/vms/web-2/vnics/1/id",
                "two vNICs named eth0");
        assertProblem(
                model.putVm(web2(builder.vnic("web-3", "eth0", "lan"))),
                "/vms/web-2/vnics/0/id",
                "acme/web-3/eth0 is no vNIC of acme/web-2");
        assertProblem(
                model.putVm(web2(builder.vnic("web-2", "eth0", "x"))), "/vms/web-2/vnics/0/segment", "no segment 'x'");
        assertProblem(
                model.putVm(web2(new Vnic(id, MacAddress.BROADCAST, List.of(), "lan", "tap:x/eth0"))),
                "/vms/web-2/vnics/0/mac",
                "single station");
        assertProblem(
                model.putVm(web2(new Vnic(id, good.mac(), List.of(), "lan", "eth0"))),
                "/vms/web-2/vnics/0/port",
                "'eth0' is no port");
        for (String address : List.of("0.0.0.0", "::", "127.0.0.1", "::1", "224.0.0.1", "ff02::1", "255.255.255.255")) {
            assertProblem(
                    model.putVm(web2(builder.vnic("web-2", "eth0", "lan", address))),
                    "/vms/web-2/vnics/0/addresses/0",
                    "single station");
        }
        assertProblem(model.putVm(Vm.named(VmId.parse("globex/x"))), "/vms/x/id", "belongs to another tenant");
    }

    @Test
    void shouldRefuseBadServices() {
        assertProblem(model.putService(Service.of("s")), "/services/s/matches", "matches nothing");
        assertProblem(
                model.putService(Service.of("s", ServiceMatch.protocol(256))),
                "/services/s/matches/0/protocol",
                "no protocol 256");
        assertProblem(
                model.putService(Service.of("s", ServiceMatch.ANY, ServiceMatch.ports(6, 90, 80))),
                "/services/s/matches/1/destinationPorts",
                "ports 90-80");
        assertProblem(
                model.putService(Service.of("s", ServiceMatch.icmp(1, 300, 0))),
                "/services/s/matches/0/icmpType",
                "no ICMP type 300");
    }

    @Test
    void shouldRefusePassAsDefault() {
        assertProblem(model.setDefaults(Action.PASS, false), "/defaultAction", "cannot be PASS");
    }

    @Test
    void shouldNameTheLimitThatIsPassed() {
        Set<Tag> tags = new TreeSet<>();
        IntStream.rangeClosed(0, Limits.MAX_TAGS_PER_VM).forEach(index -> tags.add(new Tag("t", "v" + index)));
        assertThat(refused(model.setTags("web-1", tags)))
                .singleElement()
                .hasToString("/vms/web-1/tags: 65 tags are too many (have at most 64 (MAX_TAGS_PER_VM))");

        Rule.Builder[] rules = IntStream.rangeClosed(0, Limits.MAX_RULES_PER_POLICY)
                .mapToObj(index -> Rule.allow("r" + index).anyService())
                .toArray(Rule.Builder[]::new);
        assertThat(refused(model.putPolicy(policy(rules))))
                .extracting(Problem::hint)
                .containsExactly("have at most 100000 (MAX_RULES_PER_POLICY)");
    }

    @Test
    void shouldReportManyProblemsAtOnceButNotEndlessly() {
        Rule.Builder[] rules = IntStream.range(0, 1_000)
                .mapToObj(index -> Rule.allow("r" + index))
                .toArray(Rule.Builder[]::new);

        assertThat(refused(model.putPolicy(policy(rules)))).hasSize(Limits.MAX_PROBLEMS);
    }
}
