package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.PlacementRow;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.TableRule;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a tenant comes to the provider's policies, with a provider that the test plays. */
class TenantProviderTest extends TenantActorTest {
    private TestProbe<TenantCommand> provider;
    private TestProbe<HostCommand> host;

    @BeforeEach
    void createTenant() {
        provider = testKit.createTestProbe();
        host = testKit.createTestProbe();
        start(ACME, Clock.systemUTC(), _ -> provider.ref(), testKit.spawn(FakeRegistry.create(reserved)));
    }

    @Test
    void shouldNotBeCreatedWithoutAnAnswerOfTheProvider() {
        TestProbe<TenantReply> me = put();
        assertThat(asked().state()).isNull();

        assertThat(me.receiveMessage(Duration.ofSeconds(60)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TIMEOUT));
        assertThat(this.<TenantReply>ask(TenantCommand.GetModel::new)).isEqualTo(new TenantReply.UnknownTenant(ACME));
        assertThat(tenant.getState().revision()).isZero();
        assertThat(provider.expectMessageClass(TenantCommand.LeaveProvider.class)
                        .tenant())
                .isEqualTo(ACME);

        TestProbe<TenantReply> again = put();
        asked().replyTo().tell(new TenantReply.ProviderUnchanged(0));
        assertThat(again.receiveMessage()).isEqualTo(new TenantReply.Applied(1, true));
    }

    @Test
    void shouldBeCreatedWithTheProvidersPoliciesAndSayOfItOnlyWhichRevision() {
        TestProbe<TenantReply> me = put();
        TenantCommand.AskProvider asked = asked();
        assertThat(asked.known()).isZero();
        asked.replyTo().tell(new TenantReply.Provider(policies(5, "guard")));

        assertThat(me.receiveMessage()).isEqualTo(new TenantReply.Applied(2, true));
        assertThat(model().provider()).isEqualTo(policies(5, "guard"));
        TenantReply.History history = ask(to -> new TenantCommand.GetHistory(Long.MAX_VALUE, 10, to));
        assertThat(history.revisions())
                .extracting(each -> each.by() + ": " + each.summary())
                .containsExactly("provider: adopted provider revision 5", "ann: tenant created");
        TenantCommand.AskProvider state = asked();
        assertThat(state.known()).isEqualTo(5);
        assertThat(state.state().adopted()).isEqualTo(5);
    }

    @Test
    void shouldLetOthersWaitWhileItIsCreated() {
        TestProbe<TenantReply> first = put();
        TestProbe<TenantReply> second = put();
        TestProbe<TenantReply> edit = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.Edit(
                List.of(new TenantEdit.Change(new ModelEdit.PutSegment(new Segment("lan", 100)))),
                null,
                "ann",
                edit.ref()));

        asked().replyTo().tell(new TenantReply.ProviderUnchanged(0));

        assertThat(first.receiveMessage()).isEqualTo(new TenantReply.Applied(1, true));
        assertThat(second.receiveMessage()).isEqualTo(new TenantReply.Applied(1, false));
        assertThat(edit.receiveMessage()).isEqualTo(new TenantReply.Applied(2, true));
    }

    @Test
    void shouldAdoptWhatIsNewWhenItIsToldAndSendItToItsHosts() {
        putExample(policies(5, "guard"));
        subscribe(new TenantCommand.Realized(assignment(), true));
        answerUnchanged(5);

        tenant.runCommand(new TenantCommand.ProviderChanged(7));
        asked().replyTo().tell(new TenantReply.Provider(policies(7, "wall")));

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.tables().getFirst().rules())
                .extracting(TableRule::name)
                .contains("provider/wall/all")
                .doesNotContain("provider/guard/all");
        TenantCommand.AskProvider state = asked();
        assertThat(state.known()).isEqualTo(7);
        assertThat(state.state().realized()).isFalse();
        assertThat(state.state().lagging()).containsExactly(HOST_1);
        assertThat(state.state().pendingSince()).isNotNull();
        state.replyTo().tell(new TenantReply.ProviderUnchanged(7));

        // the answer may come first or the host's word: it is said once more in either case
        tenant.runCommand(new TenantCommand.ReportRealized(
                HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(), true))));
        assertThat(asked().state().realized()).isTrue();
    }

    @Test
    void shouldFindWhatItWasNotToldOfWithTheNextQuestion() {
        putExample(policies(5, "guard"));
        answerUnchanged(5);

        tenant.runCommand(new TenantCommand.ReviewProvider());
        asked().replyTo().tell(new TenantReply.Provider(policies(6, "wall")));

        Awaitility.await().untilAsserted(() -> assertThat(model().provider()).isEqualTo(policies(6, "wall")));
    }

    @Test
    void shouldAskAgainIfSomethingChangedWhileAQuestionWasUnderWay() {
        putExample(policies(5, "guard"));
        TenantCommand.AskProvider underWay = asked();

        tenant.runCommand(new TenantCommand.ProviderChanged(6));
        tenant.runCommand(new TenantCommand.ProviderChanged(7));
        provider.expectNoMessage(Duration.ofMillis(50));
        underWay.replyTo().tell(new TenantReply.ProviderUnchanged(5));

        asked().replyTo().tell(new TenantReply.Provider(policies(7, "wall")));
        Awaitility.await()
                .untilAsserted(() -> assertThat(model().provider().revision()).isEqualTo(7));
    }

    @Test
    void shouldKeepWhatItHasWhenTheProviderIsSilentOrHasALowerRevision() {
        putExample(policies(5, "guard"));
        answerUnchanged(5);
        long revision = model().revision();

        tenant.runCommand(new TenantCommand.ReviewProvider());
        asked().replyTo().tell(new TenantReply.Provider(policies(4, "older")));
        tenant.runCommand(new TenantCommand.ReviewProvider());
        asked();

        assertThat(model().provider()).isEqualTo(policies(5, "guard"));
        assertThat(model().revision()).isEqualTo(revision);
    }

    @Test
    void shouldAskAfterItsOwnRestartForWhatIsNewerThanItHas() {
        putExample(policies(5, "guard"));
        answerUnchanged(5);

        tenant.restart();
        TenantCommand.AskProvider asked = asked();
        assertThat(asked.known()).isEqualTo(5);
        asked.replyTo().tell(new TenantReply.Provider(policies(6, "wall")));

        Awaitility.await()
                .untilAsserted(() -> assertThat(model().provider().revision()).isEqualTo(6));
    }

    @Test
    void shouldNotCallAnAdoptionRealizedAfterARestartUntilTheHostsHaveSpoken() {
        putExample(policies(5, "guard"));
        directory.put(new PlacementRow(WEB_1, HOST_1, 1, "{}", Instant.EPOCH));
        answerUnchanged(5);

        tenant.restart();
        assertThat(asked().state().realized()).isFalse();
    }

    @Test
    void shouldTakeAnAdoptionAfterTheEditThatWaitsForItsVlans() {
        putExample(policies(5, "guard"));
        answerUnchanged(5);
        TestProbe<TenantReply> edit = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.Edit(
                List.of(new TenantEdit.Change(
                        new ModelEdit.PutSegment(new Segment("silent", FakeRegistry.SILENT_VLAN)))),
                null,
                "ann",
                edit.ref()));

        tenant.runCommand(new TenantCommand.ProviderChanged(6));
        asked().replyTo().tell(new TenantReply.Provider(policies(6, "wall")));
        assertThat(model().provider().revision()).isEqualTo(5);

        assertThat(edit.receiveMessage(Duration.ofSeconds(60))).isInstanceOf(Refused.class);
        Awaitility.await()
                .untilAsserted(() -> assertThat(model().provider().revision()).isEqualTo(6));
    }

    @Test
    void shouldRememberWhichPoliciesOfTheProviderItHadAtARevision() {
        putExample(policies(5, "guard"));
        answerUnchanged(5);
        long before = model().revision();
        tenant.runCommand(new TenantCommand.ProviderChanged(6));
        asked().replyTo().tell(new TenantReply.Provider(policies(6, "wall")));
        Awaitility.await()
                .untilAsserted(() -> assertThat(model().provider().revision()).isEqualTo(6));

        TenantReply.Model then = ask(me -> new TenantCommand.GetModelAt(before, me));

        assertThat(then.model().provider()).isEqualTo(policies(5, "guard"));
    }

    @Test
    void shouldSayThatItDoesNotExistWhenItIsTold() {
        tenant.runCommand(new TenantCommand.ProviderChanged(5));

        assertThat(provider.expectMessageClass(TenantCommand.LeaveProvider.class)
                        .tenant())
                .isEqualTo(ACME);
        provider.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldTellTheProviderThatItIsDeleted() {
        TestProbe<TenantReply> me = put();
        asked().replyTo().tell(new TenantReply.ProviderUnchanged(0));
        me.receiveMessage();
        asked();

        assertThat(this.<TenantReply>ask(to -> new TenantCommand.DeleteTenant("ann", to)))
                .isEqualTo(new TenantReply.TenantDeleted(ACME));

        provider.expectMessageClass(TenantCommand.LeaveProvider.class);
    }

    // ---- a tenant with a VM

    private void putExample(ProviderPolicies policies) {
        TestProbe<TenantReply> me = put();
        asked().replyTo().tell(new TenantReply.Provider(policies));
        assertThat(me.receiveMessage()).isEqualTo(new TenantReply.Applied(2, true));
        TenantReply reply = ask(to -> new TenantCommand.Edit(
                List.<ModelEdit>of(
                                new ModelEdit.PutSegment(new Segment("lan", 100)),
                                new ModelEdit.PutVm(Vm.named(WEB_1)
                                        .withVnic(new Vnic(
                                                WEB_1_ETH0,
                                                new MacAddress(0x02_00_00_00_00_01L),
                                                List.of(InetAddress.ofLiteral("10.0.0.1")),
                                                "lan",
                                                "tap:web-1/eth0"))))
                        .stream()
                        .<TenantEdit>map(TenantEdit.Change::new)
                        .toList(),
                null,
                "ann",
                to));
        assertThat(reply).isEqualTo(new TenantReply.Applied(3, true));
    }

    static ProviderPolicies policies(long revision, String name) {
        EditResult made = TenantModel.empty(TenantId.PROVIDER)
                .putPolicy(SecurityPolicy.of(
                        name, Category.EMERGENCY, 1, Rule.drop("all").anyService()));
        ProviderPolicies first = ProviderPolicies.of(((EditResult.Accepted) made).model());
        return new ProviderPolicies(revision, first.groups(), first.services(), first.policies());
    }

    private TestProbe<TenantReply> put() {
        TestProbe<TenantReply> me = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me.ref()));
        return me;
    }

    private TenantCommand.AskProvider asked() {
        return provider.expectMessageClass(TenantCommand.AskProvider.class);
    }

    private void answerUnchanged(long revision) {
        asked().replyTo().tell(new TenantReply.ProviderUnchanged(revision));
    }

    private void subscribe(TenantCommand.Realized realized) {
        tenant.runCommand(new TenantCommand.SubscribeHost(HOST_1, Map.of(WEB_1_ETH0, realized), host.ref()));
    }

    private RuleAssignment assignment() {
        TenantReply.Assignments wanted = ask(me -> new TenantCommand.GetAssignments(Set.of(WEB_1_ETH0), me));
        return wanted.assignments().get(WEB_1_ETH0);
    }

    private TenantModel model() {
        return this.<TenantReply.Model>ask(TenantCommand.GetModel::new).model();
    }
}
