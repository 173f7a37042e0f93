package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.DB_1;
import static io.portcullis.vnic.testkit.Samples.DB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TenantPolicyTest extends TenantActorTest {
    private TestProbe<HostCommand> host;

    @BeforeEach
    void createTenant() {
        start(ACME, Clock.systemUTC());
        host = testKit.createTestProbe();
    }

    @Test
    void shouldRefuseEverythingForATenantThatDoesNotExist() {
        assertThat(this.<TenantReply>ask(TenantCommand.GetModel::new)).isEqualTo(new TenantReply.UnknownTenant(ACME));
        assertThat(edit(new ModelEdit.PutSegment(new Segment("lan", 100))))
                .isEqualTo(new TenantReply.UnknownTenant(ACME));
    }

    @Test
    void shouldJournalAnEditOnceAndAnswerWithTheRevision() {
        putTenant();

        ModelEdit web = new ModelEdit.PutGroup(new Group("web", Expression.tag("app:web")));
        var result =
                tenant.runCommand((ActorRef<TenantReply> me) -> new TenantCommand.Edit(changes(web), 1L, "ann", me));

        assertThat(result.reply()).isEqualTo(new TenantReply.Applied(2, true));
        assertThat(result.eventOfType(TenantEvent.TenantEdited.class).by()).isEqualTo("ann");
        assertThat(edit(web)).isEqualTo(new TenantReply.Applied(2, false));
    }

    @Test
    void shouldReserveTheVlansOfNewSegmentsAndFreeThoseOfRemovedOnes() {
        putTenant();

        edit(new ModelEdit.PutSegment(new Segment("lan", 100)));
        edit(new ModelEdit.PutSegment(new Segment("lan", 101)));
        edit(new ModelEdit.PutGroup(new Group("web", Expression.tag("app:web"))));
        edit(new ModelEdit.RemoveSegment("lan"));

        Awaitility.await()
                .untilAsserted(() -> assertThat(reserved.stream().map(Set::copyOf))
                        .containsExactly(Set.of(100), Set.of(100, 101), Set.of(101), Set.of()));
    }

    @Test
    void shouldRefuseASegmentWhoseVlanAnotherTenantHas() {
        putTenant();

        TenantReply reply = edit(
                new ModelEdit.PutSegment(new Segment("lan", 100)),
                new ModelEdit.PutSegment(new Segment("stolen", FakeRegistry.FOREIGN_VLAN)));

        assertThat(reply)
                .isInstanceOfSatisfying(
                        TenantReply.Rejected.class,
                        rejected -> assertThat(rejected.problems())
                                .extracting(Problem::path)
                                .containsExactly("/segments/stolen/vlan"));
        assertThat(this.<TenantReply.Model>ask(TenantCommand.GetModel::new)
                        .model()
                        .segments())
                .isEmpty();
    }

    @Test
    void shouldChangeNothingWhileTheRegistryIsSilentAndServeWhoWaitedBehind() {
        putTenant();
        TestProbe<TenantReply> first = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.Edit(
                changes(new ModelEdit.PutSegment(new Segment("lan", FakeRegistry.SILENT_VLAN))),
                null,
                "ann",
                first.ref()));
        TestProbe<TenantReply> second = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.Edit(
                changes(new ModelEdit.PutSegment(new Segment("lan", 100))), null, "ann", second.ref()));

        assertThat(first.receiveMessage(Duration.ofSeconds(60)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TIMEOUT));
        assertThat(second.receiveMessage()).isEqualTo(new TenantReply.Applied(2, true));
    }

    @Test
    void shouldChangeNothingOnAStaleRevisionOrAProblem() {
        putTenant();

        var stale = tenant.runCommand((ActorRef<TenantReply> me) ->
                new TenantCommand.Edit(changes(new ModelEdit.PutSegment(new Segment("lan", 100))), 7L, "ann", me));
        assertThat(stale.reply()).isEqualTo(new TenantReply.StaleRevision(1));
        assertThat(stale.hasNoEvents()).isTrue();

        var rejected = tenant.runCommand((ActorRef<TenantReply> me) -> new TenantCommand.Edit(
                changes(
                        new ModelEdit.PutSegment(new Segment("lan", 100)),
                        new ModelEdit.PutSegment(new Segment("far", 5_000))),
                null,
                "ann",
                me));
        assertThat(rejected.reply()).isInstanceOf(TenantReply.Rejected.class);
        assertThat(rejected.hasNoEvents()).isTrue();
    }

    @Test
    void shouldSendAHostWhatItLacksAsSoonAsItSubscribes() {
        putExample();

        subscribe(Map.of(WEB_1_ETH0, TestRealized.NONE));

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.assignments()).containsOnlyKeys(WEB_1_ETH0);
        assertThat(tables.tables())
                .extracting(RuleTable::hash)
                .containsExactly(tables.assignments().get(WEB_1_ETH0).hash());
    }

    @Test
    void shouldSendNothingToAHostThatHasWhatItShould() {
        putExample();
        RuleAssignment wanted = assignment(WEB_1_ETH0);

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true)));

        host.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldPushATagChangeOnlyToTheVnicsThatItConcerns() {
        putExample();
        subscribe(Map.of(
                WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true),
                DB_1_ETH0, new TenantCommand.Realized(assignment(DB_1_ETH0), true)));

        changeTags("web-1", "state:infected");

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.assignments()).containsOnlyKeys(WEB_1_ETH0);
        host.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldSendTablesThatGoInPiecesOnceWhileTheyAreOnTheirWay() {
        putExample();
        edit(new ModelEdit.PutPolicy(manyRules(1_001)));

        subscribe(Map.of(WEB_1_ETH0, TestRealized.NONE));
        RuleAssignment first = host.expectMessageClass(HostCommand.RuleTables.class)
                .assignments()
                .get(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, TestRealized.NONE));
        host.expectNoMessage(Duration.ofMillis(50));

        // another table is no reason to wait, nor is an agent that has begun again
        edit(new ModelEdit.PutPolicy(manyRules(1_002)));
        HostCommand.RuleTables second = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(second.assignments().get(WEB_1_ETH0).revision()).isGreaterThan(first.revision());
        TestProbe<HostCommand> restarted = testKit.createTestProbe();
        tenant.runCommand(
                new TenantCommand.SubscribeHost(HOST_1, Map.of(WEB_1_ETH0, TestRealized.NONE), restarted.ref()));
        assertThat(restarted.expectMessageClass(HostCommand.RuleTables.class).assignments())
                .isEqualTo(second.assignments());
    }

    private static SecurityPolicy manyRules(int count) {
        List<Rule> rules = new ArrayList<>();
        for (int rule = 0; rule < count; rule++) {
            rules.add(Rule.allow("allow-" + rule)
                    .from(Peers.addresses("172.16." + rule / 256 + "." + rule % 256))
                    .anyService()
                    .build());
        }
        return new SecurityPolicy("many", Category.APPLICATION, 5, List.of(), true, rules);
    }

    @Test
    void shouldSayWhichVmsHaveTagsOfAScope() {
        assertThat(this.<TenantReply>ask(me -> new TenantCommand.GetLabels("anti-affinity", me)))
                .isEqualTo(new TenantReply.UnknownTenant(ACME));
        putExample();
        changeTags("web-1", "anti-affinity:db");

        assertThat(this.<TenantReply>ask(me -> new TenantCommand.GetLabels("anti-affinity", me)))
                .isEqualTo(new TenantReply.Labels(Map.of(WEB_1_ETH0.vm(), Set.of("db"))));
    }

    @Test
    void shouldAnswerHowFarARevisionIsOnceItIsEverywhere() {
        putExample();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        changeTags("web-1", "state:infected");
        RuleAssignment wanted = assignment(WEB_1_ETH0);
        TestProbe<TenantReply> waiting = testKit.createTestProbe();

        tenant.runCommand(new TenantCommand.GetRealization(null, 10_000, waiting.ref()));
        tenant.runCommand(new TenantCommand.ReportRealized(
                HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(RuleAssignment.NONE, true))));
        waiting.expectNoMessage(Duration.ofMillis(50));
        tenant.runCommand(
                new TenantCommand.ReportRealized(HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true))));

        TenantReply.Realization answer = waiting.expectMessageClass(TenantReply.Realization.class);
        assertThat(answer.complete()).isTrue();
        assertThat(answer.revision()).isEqualTo(wanted.revision());
        waiting.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldAnswerHowFarARevisionIsWhenTheTimeIsOver() {
        putExample();
        subscribe(Map.of(WEB_1_ETH0, TestRealized.NONE));

        TenantReply.Realization pending = ask(me -> new TenantCommand.GetRealization(null, 50, me));
        TenantReply.Realization toCome = ask(me -> new TenantCommand.GetRealization(1_000L, 50, me));

        assertThat(pending.complete()).isFalse();
        assertThat(toCome.revision()).isLessThan(1_000);
    }

    @Test
    void shouldTakeAnEditThatIsTooLargeForOneMessage() {
        putTenant();
        TestProbe<TenantReply> me = testKit.createTestProbe();
        TenantCommand packed = LargeEdits.packed(
                testKit.system(),
                new TenantCommand.Edit(changes(new ModelEdit.PutPolicy(manyRules(100))), null, "ann", me.ref()));

        assertThat(packed).isInstanceOf(TenantCommand.InPieces.class);
        ActorRef<TenantCommand> actor = testKit.spawn(TenantPolicy.create(
                new TenantId("other"),
                FakeProvider.find(testKit),
                testKit.spawn(FakeRegistry.create(reserved)),
                directory,
                new PolicyCompiler(),
                Clock.systemUTC()));
        actor.tell(new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me.ref()));
        assertThat(me.receiveMessage()).isEqualTo(new TenantReply.Applied(1, true));
        actor.tell(packed);
        assertThat(me.receiveMessage()).isEqualTo(new TenantReply.Applied(2, true));
        actor.tell(new TenantCommand.GetModel(me.ref()));

        TenantModel model = me.expectMessageClass(TenantReply.Model.class).model();
        assertThat(model.policies().get("many").rules()).hasSize(100);
    }

    @Test
    void shouldSendAgainWhatAHostDidNotPutInForce() {
        putExample();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        RuleAssignment before = assignment(WEB_1_ETH0);
        changeTags("web-1", "state:infected");
        HostCommand.RuleTables lost = host.expectMessageClass(HostCommand.RuleTables.class);

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(before, true)));

        assertThat(host.expectMessageClass(HostCommand.RuleTables.class)).isEqualTo(lost);
    }

    @Test
    void shouldHealAHostAfterItsOwnRestart() {
        putExample();
        RuleAssignment old = assignment(WEB_1_ETH0);
        changeTags("web-1", "state:infected");
        RuleTable infected = rules(WEB_1_ETH0);

        tenant.restart();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(old, true)));

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.tables()).containsExactly(infected);
        assertThat(tables.assignments().get(WEB_1_ETH0).revision()).isGreaterThan(old.revision());
    }

    @Test
    void shouldSendAShadowBesideTheTableThatStaysInForceAndTakeItBack() {
        putExample();
        RuleAssignment before = assignment(WEB_1_ETH0);
        RuleTable enforced = rules(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(before, true)));

        edit(new ModelEdit.PutStagedPolicy(StagedPolicy.of(SecurityPolicy.of(
                "tried", Category.EMERGENCY, 0, Rule.drop("all").anyService()))));

        HostCommand.RuleTables staged = host.expectMessageClass(HostCommand.RuleTables.class);
        RuleAssignment shadowed = staged.assignments().get(WEB_1_ETH0);
        assertThat(shadowed.hash()).isEqualTo(before.hash());
        assertThat(shadowed.revision()).isEqualTo(before.revision());
        assertThat(staged.tables()).extracting(RuleTable::hash).containsExactly(before.hash(), shadowed.shadowHash());
        assertThat(rules(WEB_1_ETH0)).isEqualTo(enforced);

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(shadowed, true)));
        edit(new ModelEdit.RemoveStagedPolicy("tried"));
        HostCommand.RuleTables lost = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(lost.assignments().get(WEB_1_ETH0).shadowHash()).isEmpty();
        assertThat(lost.assignments().get(WEB_1_ETH0).shadowRevision()).isGreaterThan(shadowed.shadowRevision());

        tenant.restart();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(shadowed, true)));
        HostCommand.RuleTables again = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(again.assignments().get(WEB_1_ETH0).shadowHash()).isEmpty();
        assertThat(again.assignments().get(WEB_1_ETH0).shadowRevision())
                .as("what ends it is younger than it, after a restart too")
                .isGreaterThan(shadowed.shadowRevision());
    }

    @Test
    void shouldLetNothingPassForAVnicThatTheTenantDoesNotHave() {
        putTenant();

        subscribe(Map.of(WEB_1_ETH0, TestRealized.NONE));

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.tables()).containsExactly(RuleBook.NOTHING_PASSES);
    }

    @Test
    void shouldCallAVnicRealizedOnlyWhenItsEnforcingHostHasTheTable() {
        putExample();
        RuleAssignment wanted = assignment(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, false)));
        assertThat(realization(WEB_1_ETH0).isRealized()).isFalse();

        tenant.runCommand(new TenantCommand.SubscribeHost(
                HOST_2, Map.of(WEB_1_ETH0, new TenantCommand.Realized(RuleAssignment.NONE, true)), host.ref()));
        assertThat(realization(WEB_1_ETH0).host()).isEqualTo(HOST_2);
        assertThat(realization(WEB_1_ETH0).isRealized()).isFalse();

        tenant.runCommand(
                new TenantCommand.ReportRealized(HOST_2, Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true))));
        assertThat(realization(WEB_1_ETH0).isRealized()).isTrue();
    }

    @Test
    void shouldTellAHostThatChangesItsSubscriptionWhetherItKnowsAllThatIsThere() {
        putExample();
        RealizedVnics there = new RealizedVnics();
        changeSubscription(Map.of(), Set.of(), there.digest());
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isFalse();

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        there.put(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true));
        changeSubscription(Map.of(), Set.of(), there.digest());
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isTrue();
        assertThat(realization(WEB_1_ETH0).isRealized()).isTrue();

        // the rules that did not arrive are sent again with the next question, although it says nothing of the vNIC
        changeTags("web-1", "state:infected");
        host.expectMessageClass(HostCommand.RuleTables.class);
        changeSubscription(Map.of(), Set.of(), there.digest());
        assertThat(host.expectMessageClass(HostCommand.RuleTables.class).assignments())
                .containsKey(WEB_1_ETH0);
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isTrue();

        changeSubscription(Map.of(), Set.of(WEB_1_ETH0), there.digest());
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isFalse();
        assertThat(realization(WEB_1_ETH0).host()).isNull();
        changeSubscription(Map.of(WEB_1_ETH0, TestRealized.NONE), Set.of(), 0);
        assertThat(host.expectMessageClass(HostCommand.RuleTables.class).assignments())
                .containsKey(WEB_1_ETH0);
    }

    private void changeSubscription(Map<VnicId, TenantCommand.Realized> added, Set<VnicId> removed, long digest) {
        tenant.runCommand(new TenantCommand.ChangeSubscription(HOST_1, added, removed, digest, host.ref()));
    }

    @Test
    void shouldSaySinceWhenAVnicIsPendingUntilItIsRealized() {
        putExample();
        RuleAssignment old = assignment(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(old, true)));
        assertThat(realization(WEB_1_ETH0).pendingSince()).isNull();
        Instant before = Instant.now();
        changeTags("web-1", "state:infected");
        RuleAssignment wanted = assignment(WEB_1_ETH0);

        Instant since = realization(WEB_1_ETH0).pendingSince();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(old, true)));

        assertThat(since).isBetween(before, Instant.now());
        assertThat(realization(WEB_1_ETH0).pendingSince()).isEqualTo(since);
        assertThat(realization(WEB_1_ETH0).enforces(wanted.revision())).isFalse();
        assertThat(realization(WEB_1_ETH0).enforces(old.revision())).isTrue();
        tenant.runCommand(
                new TenantCommand.ReportRealized(HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true))));
        assertThat(realization(WEB_1_ETH0).pendingSince()).isNull();
        assertThat(realization(WEB_1_ETH0).enforces(wanted.revision())).isTrue();
    }

    @Test
    void shouldNotCallAChangeRealizedAfterItsOwnRestartUntilTheHostsHaveSpoken() {
        putExample();
        place(WEB_1, HOST_1, 1);
        tenant.restart();

        assertThat(isRealized()).isFalse();
        assertThat(realization(WEB_1_ETH0).host()).isEqualTo(HOST_1);
        assertThat(realization(WEB_1_ETH0).pendingSince()).isNotNull();

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        assertThat(isRealized()).isTrue();
    }

    @Test
    void shouldCallAChangePendingForASilentHostThatMayStillEnforce() {
        putExample();
        place(WEB_1, HOST_1, 1);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        fallSilent();
        assertThat(isRealized()).as("of what was said before the silence").isTrue();

        changeTags("web-1", "state:infected");
        assertThat(isRealized()).isFalse();
        host.expectNoMessage(Duration.ofMillis(50));

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        assertThat(isRealized()).isTrue();
    }

    @Test
    void shouldNotWaitForASilentHostWhoseVmIsElsewhereOrNowhere() {
        putExample();
        place(WEB_1, HOST_1, 1);
        subscribe(Map.of(WEB_1_ETH0, TestRealized.NONE));
        fallSilent();
        assertThat(isRealized()).isFalse();

        directory.remove(WEB_1, 1);
        tenant.runCommand(new TenantCommand.ReviewHosts());
        Awaitility.await().until(this::isRealized);
        assertThat(realization(WEB_1_ETH0).host()).isNull();
    }

    @Test
    void shouldSayThatNobodyKnowsWhenTheDirectoryCannotBeRead() {
        putExample();
        place(WEB_1, HOST_1, 1);
        directory.setAway(true);
        tenant.restart();

        assertThat(this.<TenantReply>ask(TenantCommand.GetRealization::new))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TIMEOUT));
        directory.setAway(false);
        assertThat(realization(WEB_1_ETH0).host()).as("it is read again").isEqualTo(HOST_1);
    }

    @Test
    void shouldGoOnCountingRevisionsAfterADeletion() {
        putTenant();
        edit(new ModelEdit.PutSegment(new Segment("lan", 100)));

        assertThat(this.<TenantReply>ask(me -> new TenantCommand.DeleteTenant("ann", me)))
                .isEqualTo(new TenantReply.TenantDeleted(ACME));
        assertThat(this.<TenantReply>ask(TenantCommand.GetModel::new)).isEqualTo(new TenantReply.UnknownTenant(ACME));

        assertThat(putTenant()).isEqualTo(new TenantReply.Applied(4, true));
    }

    @Test
    void shouldNotDeleteATenantThatHasVms() {
        putExample();

        assertThat(this.<TenantReply>ask(me -> new TenantCommand.DeleteTenant("ann", me)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.WRONG_STATE));
    }

    @Test
    void shouldRecoverFromItsSnapshot() {
        putExample();
        for (int index = 0; index < 120; index++) {
            edit(new ModelEdit.SetFinding("web-1", "round", "r" + index));
        }
        TenantState before = tenant.getState();

        tenant.restart();

        assertThat(tenant.getState()).isEqualTo(before);
    }

    // ---- a tenant with two VMs, where VMs with a tag are cut off

    private void putExample() {
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

    private static Vm vm(VmId id, VnicId vnic, int number) {
        return Vm.named(id)
                .withVnic(new Vnic(
                        vnic,
                        new MacAddress(0x02_00_00_00_00_00L + number),
                        List.of(InetAddress.ofLiteral("10.0.0." + number)),
                        "lan",
                        "tap:" + id.name() + "/eth0"));
    }

    private TenantReply putTenant() {
        return ask(me -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me));
    }

    private TenantReply edit(ModelEdit... edits) {
        return ask(me -> new TenantCommand.Edit(changes(edits), null, "ann", me));
    }

    private void changeTags(String vm, String tag) {
        TenantReply reply = ask(me -> new TenantCommand.Edit(
                List.of(new TenantEdit.ChangeTags(vm, new TreeSet<>(Set.of(Tag.parse(tag))), new TreeSet<>())),
                null,
                "ann",
                me));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
    }

    private void subscribe(Map<VnicId, TenantCommand.Realized> vnics) {
        tenant.runCommand(new TenantCommand.SubscribeHost(HOST_1, vnics, host.ref()));
    }

    private RuleAssignment assignment(VnicId vnic) {
        TenantReply.Assignments wanted = ask(me -> new TenantCommand.GetAssignments(Set.of(vnic), me));
        TenantReply.Rules rules = ask(me -> new TenantCommand.GetRuleTables(Set.of(vnic), me));
        assertThat(wanted.assignments()).isEqualTo(rules.assignments());
        return wanted.assignments().get(vnic);
    }

    private RuleTable rules(VnicId vnic) {
        TenantReply.Rules rules = ask(me -> new TenantCommand.GetRuleTables(Set.of(vnic), me));
        return rules.tables().getFirst();
    }

    private void place(VmId vm, HostId on, long epoch) {
        directory.put(new PlacementRow(vm, on, epoch, "{}", Instant.EPOCH));
    }

    private void fallSilent() {
        for (int round = 0; round < 4; round++) {
            tenant.runCommand(new TenantCommand.ReviewHosts());
        }
    }

    private boolean isRealized() {
        TenantReply.Realization realization = ask(TenantCommand.GetRealization::new);
        return realization.complete();
    }

    private TenantReply.VnicRealization realization(VnicId vnic) {
        TenantReply.Realization realization = ask(TenantCommand.GetRealization::new);
        return realization.vnics().stream()
                .filter(each -> each.vnic().equals(vnic))
                .findFirst()
                .orElseThrow();
    }

    private static final class TestRealized {
        static final TenantCommand.Realized NONE = new TenantCommand.Realized(RuleAssignment.NONE, true);
    }
}
