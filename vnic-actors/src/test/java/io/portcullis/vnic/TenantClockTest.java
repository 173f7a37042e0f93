package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.TableRule;
import io.portcullis.vnic.testkit.ManualClock;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes active and inactive by the time alone, with a clock that the test sets. */
class TenantClockTest extends TenantActorTest {
    private static final Instant NOON = Instant.parse("2026-12-01T12:00:00Z");
    private static final Instant EVENING = Instant.parse("2026-12-01T22:00:00Z");
    private static final Instant MORNING = Instant.parse("2026-12-02T06:00:00Z");

    private final ManualClock clock = new ManualClock(NOON);

    @BeforeEach
    void createTenant() {
        start(ACME, clock);
        this.<TenantReply>ask(me -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me));
        edit(
                new ModelEdit.PutSegment(new Segment("lan", 100)),
                new ModelEdit.PutVm(Vm.named(WEB_1)
                        .withVnic(new Vnic(
                                WEB_1_ETH0,
                                new MacAddress(0x02_00_00_00_00_01L),
                                List.of(InetAddress.ofLiteral("10.0.0.1")),
                                "lan",
                                "tap:web-1/eth0"))));
    }

    @Test
    void shouldPutAPolicyIntoTablesWhenItsWindowBeginsAndTakeItOutWhenThatEnds() {
        putNight();
        TestProbe<HostCommand> host = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.SubscribeHost(
                HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(), true)), host.ref()));
        assertThat(rules()).isEmpty();

        long before = model().revision();
        lookAt(EVENING.minusSeconds(1));
        assertThat(model().revision()).isEqualTo(before);

        lookAt(EVENING);
        assertThat(rules()).containsExactly("night/all");
        assertThat(model().revision()).isEqualTo(before + 1);
        assertThat(host.expectMessageClass(HostCommand.RuleTables.class)
                        .assignments()
                        .get(WEB_1_ETH0)
                        .revision())
                .isEqualTo(before + 1);

        lookAt(MORNING.plusSeconds(7));
        assertThat(rules()).isEmpty();
        assertThat(history())
                .startsWith(
                        "the clock: Policy/night inactive",
                        "the clock: Policy/night active",
                        "ann: Policy/night added");
    }

    @Test
    void shouldTakeARuleOutOfTablesFromTheInstantAtWhichItExpires() {
        edit(new ModelEdit.PutPolicy(SecurityPolicy.of(
                "app",
                Category.APPLICATION,
                1,
                Rule.allow("vendor").anyService().expires(EVENING),
                Rule.drop("others").anyService(),
                Rule.allow("past").anyService().expires(NOON))));
        assertThat(rules()).containsExactly("app/vendor", "app/others");

        lookAt(EVENING);

        assertThat(rules()).containsExactly("app/others");
        assertThat(history()).startsWith("the clock: Rule/app/vendor expired");
        assertThat(model().policies().get("app").rules()).as("it is kept").hasSize(3);
    }

    @Test
    void shouldLookAtTheClockByItself() {
        clock.set(EVENING.minusMillis(200));
        putNight();
        clock.set(EVENING);

        Awaitility.await().untilAsserted(() -> assertThat(rules()).containsExactly("night/all"));
    }

    @Test
    void shouldSetTheTimeAlongWithAnEditThatComesFirst() {
        putNight();
        long before = model().revision();
        clock.set(EVENING.plusSeconds(1));

        edit(new ModelEdit.SetFinding("web-1", "malware", "eicar"));

        assertThat(model().revision()).isEqualTo(before + 1);
        assertThat(model().time()).isEqualTo(EVENING.plusSeconds(1));
        assertThat(rules()).containsExactly("night/all");
        assertThat(history()).startsWith("ann: Vm/web-1 changed, Policy/night active");
    }

    @Test
    void shouldCatchUpWithOneRevisionAfterItWasDown() {
        putNight();
        TenantModel before = model();
        clock.set(EVENING.plus(Duration.ofDays(10)));

        tenant.restart();

        Awaitility.await().untilAsserted(() -> assertThat(rules()).containsExactly("night/all"));
        assertThat(model().revision()).isEqualTo(before.revision() + 1);
        TenantState state = tenant.getState();
        clock.set(NOON);
        tenant.restart();
        assertThat(tenant.getState()).as("played back without the clock").isEqualTo(state);
    }

    @Test
    void shouldNeverTurnTheClockBack() {
        putNight();
        lookAt(EVENING);
        TenantModel evening = model();

        lookAt(NOON);
        edit(new ModelEdit.PutPolicy(night().withSchedule(Schedule.daily("UTC", "21:00-23:00"))
                .withDescription("by a node whose clock is late")));

        assertThat(model().time()).isEqualTo(evening.time());
        assertThat(rules()).containsExactly("night/all");
    }

    @Test
    void shouldKnowWhatWasActiveAtEachRevisionAndKeepTheTimeInARollback() {
        putNight();
        TenantModel noon = model();
        lookAt(EVENING);
        edit(new ModelEdit.RemovePolicy("night"));

        assertThat(this.<TenantReply.Model>ask(me -> new TenantCommand.GetModelAt(noon.revision(), me))
                        .model())
                .isEqualTo(noon);

        List<ModelEdit> back = ModelChange.between(model(), noon).stream()
                .filter(change -> change.kind() != ModelChange.Kind.CLOCK)
                .map(ModelChange::redo)
                .toList();
        edit(back.toArray(ModelEdit[]::new));
        assertThat(rules()).as("as it is at this time").containsExactly("night/all");
    }

    @Test
    void shouldNotCountRevisionsForATenantWithoutTimes() {
        long before = model().revision();

        lookAt(MORNING.plus(Duration.ofDays(1_000)));

        assertThat(model().revision()).isEqualTo(before);
        assertThat(model().time()).isEqualTo(Instant.EPOCH);
    }

    @Test
    void shouldNotMoveUnderAnEditThatWaitsForItsVlans() {
        putNight();
        long before = model().revision();
        TestProbe<TenantReply> waiting = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.Edit(
                List.of(new TenantEdit.Change(new ModelEdit.PutSegment(new Segment("dmz", FakeRegistry.SILENT_VLAN)))),
                before,
                "ann",
                waiting.ref()));

        lookAt(EVENING);

        assertThat(model().revision()).isEqualTo(before);
        assertThat(waiting.receiveMessage(Duration.ofSeconds(60))).isInstanceOf(Refused.class);
        Awaitility.await().untilAsserted(() -> assertThat(rules()).containsExactly("night/all"));
    }

    private static SecurityPolicy night() {
        return SecurityPolicy.of(
                        "night", Category.APPLICATION, 1, Rule.allow("all").anyService())
                .withSchedule(Schedule.daily("UTC", "22:00-06:00"));
    }

    private void putNight() {
        edit(new ModelEdit.PutPolicy(night()));
    }

    private void lookAt(Instant time) {
        clock.set(time);
        tenant.runCommand(new TenantCommand.CheckClock());
    }

    private TenantModel model() {
        return this.<TenantReply.Model>ask(TenantCommand.GetModel::new).model();
    }

    private List<String> rules() {
        TenantReply.Rules rules = ask(me -> new TenantCommand.GetRuleTables(Set.of(WEB_1_ETH0), me));
        return rules.tables().getFirst().rules().stream().map(TableRule::name).toList();
    }

    private RuleAssignment assignment() {
        TenantReply.Rules rules = ask(me -> new TenantCommand.GetRuleTables(Set.of(WEB_1_ETH0), me));
        return rules.assignments().get(WEB_1_ETH0);
    }

    private List<String> history() {
        TenantReply.History history = ask(me -> new TenantCommand.GetHistory(Long.MAX_VALUE, 10, me));
        return history.revisions().stream()
                .map(each -> each.by() + ": " + each.summary())
                .toList();
    }

    private void edit(ModelEdit... edits) {
        List<TenantEdit> changes =
                List.of(edits).stream().<TenantEdit>map(TenantEdit.Change::new).toList();
        TenantReply reply = ask(me -> new TenantCommand.Edit(changes, null, "ann", me));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
    }
}
