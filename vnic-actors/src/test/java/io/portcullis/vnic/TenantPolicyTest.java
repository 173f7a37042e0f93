package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class TenantPolicyTest extends ExampleTenantTest {
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
    void shouldSayWhichVmsHaveTagsOfAScope() {
        assertThat(this.<TenantReply>ask(me -> new TenantCommand.GetLabels("anti-affinity", me)))
                .isEqualTo(new TenantReply.UnknownTenant(ACME));
        putExample();
        changeTags("web-1", "anti-affinity:db");

        assertThat(this.<TenantReply>ask(me -> new TenantCommand.GetLabels("anti-affinity", me)))
                .isEqualTo(new TenantReply.Labels(Map.of(WEB_1_ETH0.vm(), Set.of("db"))));
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
}
