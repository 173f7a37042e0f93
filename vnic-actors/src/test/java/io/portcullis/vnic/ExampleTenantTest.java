package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.DB_1;
import static io.portcullis.vnic.testkit.Samples.DB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.BeforeEach;

/** Tests of a tenant with two VMs, where VMs with a tag are cut off; {@link #host} is the agent of a host that may subscribe. */
abstract class ExampleTenantTest extends TenantActorTest {
    /** Of a vNIC that has no rules yet. */
    static final TenantCommand.Realized NOTHING = new TenantCommand.Realized(RuleAssignment.NONE, true);

    TestProbe<HostCommand> host;

    @BeforeEach
    void createTenant() {
        start(ACME, Clock.systemUTC());
        host = testKit.createTestProbe();
    }

    final void putExample() {
        putTenant();
        TenantReply reply = edit(
                new ModelEdit.PutSegment(new Segment("lan", 100)),
                new ModelEdit.PutVm(vm(WEB_1, WEB_1_ETH0, 1).withTag("app:web")),
                new ModelEdit.PutVm(vm(DB_1, DB_1_ETH0, 2).withTag("app:db")),
                new ModelEdit.PutGroup(new Group("web", Expression.tag("app:web"))),
                new ModelEdit.PutGroup(new Group("infected", Expression.tag("state:infected"))),
                new ModelEdit.PutPolicy(SecurityPolicy.of(
                                "quarantine",
                                Category.EMERGENCY,
                                1,
                                Rule.drop("all").anyService())
                        .withAppliedTo("infected")),
                new ModelEdit.PutPolicy(SecurityPolicy.of(
                        "app",
                        Category.APPLICATION,
                        1,
                        Rule.allow("from-web").from("web").anyService())));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
    }

    static Vm vm(VmId id, VnicId vnic, int number) {
        return Vm.named(id)
                .withVnic(new Vnic(
                        vnic,
                        new MacAddress(0x02_00_00_00_00_00L + number),
                        List.of(InetAddress.ofLiteral("10.0.0." + number)),
                        "lan",
                        "tap:" + id.name() + "/eth0"));
    }

    static SecurityPolicy manyRules(int count) {
        List<Rule> rules = new ArrayList<>();
        for (int rule = 0; rule < count; rule++) {
            rules.add(Rule.allow("allow-" + rule)
                    .from(Peers.addresses("172.16." + rule / 256 + "." + rule % 256))
                    .anyService()
                    .build());
        }
        return new SecurityPolicy("many", Category.APPLICATION, 5, List.of(), true, rules);
    }

    final TenantReply putTenant() {
        return ask(me -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me));
    }

    final TenantReply edit(ModelEdit... edits) {
        return ask(me -> new TenantCommand.Edit(changes(edits), null, "ann", me));
    }

    final void changeTags(String vm, String tag) {
        TenantReply reply = ask(me -> new TenantCommand.Edit(
                List.of(new TenantEdit.ChangeTags(vm, new TreeSet<>(Set.of(Tag.parse(tag))), new TreeSet<>())),
                null,
                "ann",
                me));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
    }

    final void subscribe(Map<VnicId, TenantCommand.Realized> vnics) {
        tenant.runCommand(new TenantCommand.SubscribeHost(HOST_1, vnics, host.ref()));
    }

    final RuleAssignment assignment(VnicId vnic) {
        TenantReply.Assignments wanted = ask(me -> new TenantCommand.GetAssignments(Set.of(vnic), me));
        TenantReply.Rules rules = ask(me -> new TenantCommand.GetRuleTables(Set.of(vnic), me));
        assertThat(wanted.assignments()).isEqualTo(rules.assignments());
        return wanted.assignments().get(vnic);
    }

    final RuleTable rules(VnicId vnic) {
        TenantReply.Rules rules = ask(me -> new TenantCommand.GetRuleTables(Set.of(vnic), me));
        return rules.tables().getFirst();
    }

    final void place(VmId vm, HostId on, long epoch) {
        directory.put(new PlacementRow(vm, on, epoch, "{}", Instant.EPOCH));
    }

    final boolean isRealized() {
        TenantReply.Realization realization = ask(TenantCommand.GetRealization::new);
        return realization.complete();
    }

    final TenantReply.VnicRealization realization(VnicId vnic) {
        TenantReply.Realization realization = ask(TenantCommand.GetRealization::new);
        return realization.vnics().stream()
                .filter(each -> each.vnic().equals(vnic))
                .findFirst()
                .orElseThrow();
    }
}
