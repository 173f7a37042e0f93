package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.SelfActivation;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the two sides of a migration decide, step by step, without an actor. */
class SessionMachinesTest {
    private static final VmId VM = VmId.parse("acme/web-1");
    private static final VnicId ETH0 = new VnicId(VM, "eth0");
    private static final VnicId ETH1 = new VnicId(VM, "eth1");
    private static final CopyRound ROUND = new CopyRound(20, 0, 400, 1_000, 3);
    private static final Refusal WHY = new Refusal(RefusalCode.PORT, "why");
    private static final Refusal SILENCE = new Refusal(RefusalCode.TIMEOUT, "silence");
    private static final VnicHandover FIRST = new VnicHandover(ETH0, 2, 20, 200, 5, 7, 3, 1);
    private static final VnicHandover SECOND = new VnicHandover(ETH1, 0, 0, 0, 0, 8, 0, 1);
    private static final ActivationReport ACTIVE = new ActivationReport(1, 2, 3, 4);

    private SourceState source = SourceState.of(new SourceTask("m1", VM, List.of(ETH0, ETH1), 1, 2, 3, true, 4));
    private TargetState target = TargetState.of(new TargetTask("m1", VM, List.of(ETH0, ETH1), 2));

    @Test
    void shouldTakeTheVmBackWhenAVnicSealedAndAnotherDidNot() {
        cutOver();
        source(new SourceInput.CutOver(ETH0, FIRST, null));

        assertThat(source(new SourceInput.CutOver(ETH1, null, WHY))).containsExactly(new SourceOrder.Reclaim());
        assertThat(source(new SourceInput.HandoverAccepted(List.of(), List.of())))
                .isEmpty();
        assertThat(source(new SourceInput.Reclaimed(null)))
                .contains(new SourceOrder.End(new PlacementInput.SourceHasReclaimed("m1", WHY)));
    }

    @Test
    void shouldTakeTheVmBackWhenAllVnicsAreSilent() {
        cutOver();
        source(new SourceInput.CutOver(ETH0, null, SILENCE));

        assertThat(source(new SourceInput.CutOver(ETH1, null, SILENCE))).containsExactly(new SourceOrder.Reclaim());
    }

    @Test
    void shouldKeepTheVmWhenNoVnicSealed() {
        cutOver();
        source(new SourceInput.CutOver(ETH0, null, WHY));

        assertThat(source(new SourceInput.CutOver(ETH1, null, WHY)))
                .contains(new SourceOrder.End(new PlacementInput.SourceKept("m1", WHY)));
    }

    @Test
    void shouldNeverTakeBackWhatTheDestinationHas() {
        cutOver();
        source(new SourceInput.CutOver(ETH0, FIRST, null));
        source(new SourceInput.CutOver(ETH1, SECOND, null));
        assertThat(source.step()).isEqualTo(SourceStep.TRANSFERRING);
        source(new SourceInput.HandoverAccepted(List.of(), List.of()));

        assertThat(source(new SourceInput.Reclaim()))
                .containsExactly(new SourceOrder.Report(
                        new PlacementInput.TargetHasActivated("m1", List.of(), List.of(), Side.SOURCE)));
        assertThat(source(new SourceInput.HandoverRefused(WHY))).isEmpty();
        HostId to = new HostId("host-2");
        assertThat(source(new SourceInput.Release(to, 2))).containsExactly(new SourceOrder.Release(to, 2));
    }

    @Test
    void shouldActivateOnlyOnceAllIsHereAndVerified() {
        prepare();
        assertThat(target(new TargetInput.Handover(2, List.of(FIRST, SECOND)))).isEmpty();
        StateChunk second = chunk(1);
        assertThat(target(new TargetInput.ChunkArrived(second)))
                .containsExactly(
                        new TargetOrder.KeepChunk(second), new TargetOrder.AcknowledgeChunk(new ChunkName(ETH0, 1)));
        assertThat(target(new TargetInput.ChunkArrived(second)))
                .containsExactly(new TargetOrder.AcknowledgeChunk(new ChunkName(ETH0, 1)));
        assertThat(target(new TargetInput.ChunkArrived(chunk(0))))
                .contains(new TargetOrder.Import(FIRST), new TargetOrder.Import(SECOND));
        target(new TargetInput.Imported(ETH0, new ImportReport(20, 5), null));

        assertThat(target(new TargetInput.Imported(ETH1, new ImportReport(0, 0), null)))
                .containsExactly(new TargetOrder.Activate(ETH0, 3, 7), new TargetOrder.Activate(ETH1, 0, 8));
    }

    @Test
    void shouldGiveUpWhatIsNotWhatWasSent() {
        prepare();
        target(new TargetInput.Handover(2, List.of(FIRST, SECOND)));
        target(new TargetInput.ChunkArrived(chunk(0)));
        target(new TargetInput.ChunkArrived(chunk(1)));

        List<TargetOrder> orders = target(new TargetInput.Imported(ETH0, new ImportReport(19, 5), null));

        assertThat(orders).anyMatch(TargetOrder.RefuseHandover.class::isInstance);
        assertThat(target.step()).isEqualTo(TargetStep.GIVEN_UP);
        assertThat(target(new TargetInput.SourceEnforces())).containsExactly(new TargetOrder.Clear());
    }

    @Test
    void shouldPromiseNothingBetweenTheOrderToEnforceAndItsAnswer() {
        importAll();
        assertThat(target(new TargetInput.Abort("why", true))).isEmpty();
        for (int attempt = 0; attempt < 3; attempt++) {
            target(new TargetInput.Activated(ETH0, null, SILENCE));
            target(new TargetInput.Activated(ETH1, null, SILENCE));
        }
        assertThat(target.step()).isEqualTo(TargetStep.LOOKING);
        assertThat(target(new TargetInput.Abort("why", true))).isEmpty();

        assertThat(target(new TargetInput.LookedAt(Set.of()))).containsExactly(new TargetOrder.Clear());
        assertThat(target(new TargetInput.Report())).isEmpty();
        assertThat(target(new TargetInput.Cleared(null)))
                .contains(new TargetOrder.End(new PlacementInput.TargetGaveUp("m1", SILENCE)));
    }

    @Test
    void shouldRollForwardWhenOneVnicEnforces() {
        importAll();
        for (int attempt = 0; attempt < 3; attempt++) {
            target(new TargetInput.Activated(ETH0, null, SILENCE));
            if (attempt == 0) {
                target(new TargetInput.Activated(ETH1, ACTIVE, null));
            }
        }
        target(new TargetInput.LookedAt(Set.of(ETH1)));

        assertThat(target.step()).isEqualTo(TargetStep.ACTIVE);
        assertThat(target.problems()).singleElement().asString().contains("acme/web-1/eth0 does not enforce yet");
    }

    @Test
    void shouldBeActiveWhenEveryVnicEnforcesByItselfAndTheSourceHasSpoken() {
        arm();
        target(new TargetInput.SelfActivated(ETH0, activation(20, 5), null));
        assertThat(target(new TargetInput.SelfActivated(ETH1, activation(0, 0), null)))
                .isEmpty();
        assertThat(target.step()).isEqualTo(TargetStep.ARMED);

        List<TargetOrder> orders = target(new TargetInput.Handover(2, List.of(FIRST, SECOND)));

        assertThat(orders).anyMatch(TargetOrder.AcceptHandover.class::isInstance);
        assertThat(target.step()).isEqualTo(TargetStep.ACTIVE);
        assertThat(target.transfers()).allMatch(VnicTransfer::complete);
        assertThat(target.problems()).isEmpty();
    }

    @Test
    void shouldBeActiveWithoutTheSourcesWordIfThatDoesNotCome() {
        arm();
        target(new TargetInput.SelfActivated(ETH0, activation(20, 5), null));
        target(new TargetInput.SelfActivated(ETH1, activation(0, 0), null));

        target(new TargetInput.Tick());

        assertThat(target.step()).isEqualTo(TargetStep.ACTIVE);
        VnicTransfer transfer = target.transfers().getFirst();
        assertThat(transfer.entriesReceived()).isEqualTo(20);
        assertThat(transfer.rounds()).as("as announced before the cut").containsExactly(ROUND);
        assertThat(transfer.bytes()).isEqualTo(ROUND.bytes() + 100);
    }

    @Test
    void shouldGoOnByOrdersWhenAVnicDoesNotEnforceByItself() {
        arm();
        target(new TargetInput.ChunkArrived(chunk(0)));
        assertThat(target(new TargetInput.SelfActivated(ETH1, null, WHY)))
                .containsExactlyInAnyOrder(new TargetOrder.Disarm(ETH0), new TargetOrder.Disarm(ETH1));
        target(new TargetInput.SelfActivated(ETH0, null, WHY));
        target(new TargetInput.Disarmed(ETH0, false));
        target(new TargetInput.Handover(2, List.of(FIRST, SECOND)));
        assertThat(target(new TargetInput.Tick())).containsExactly(new TargetOrder.Disarm(ETH1));
        target(new TargetInput.Disarmed(ETH1, false));
        assertThat(target.step()).isEqualTo(TargetStep.READY);

        assertThat(target(new TargetInput.ChunkArrived(chunk(1))))
                .contains(new TargetOrder.Import(FIRST), new TargetOrder.Import(SECOND));
    }

    @Test
    void shouldPromiseNothingBeforeTheVnicsSayThatTheyDoNotEnforce() {
        arm();
        assertThat(target(new TargetInput.Abort("why", true)))
                .containsExactlyInAnyOrder(new TargetOrder.Disarm(ETH0), new TargetOrder.Disarm(ETH1));
        assertThat(target(new TargetInput.Report())).isEmpty();
        target(new TargetInput.Disarmed(ETH0, false));
        assertThat(target(new TargetInput.Disarmed(ETH1, null))).isEmpty();

        List<TargetOrder> orders = target(new TargetInput.Disarmed(ETH1, false));

        assertThat(orders).anyMatch(TargetOrder.ClearLater.class::isInstance);
        assertThat(target.step()).isEqualTo(TargetStep.GIVEN_UP);
    }

    @Test
    void shouldRollForwardWhenTheVnicsEnforcedBeforeTheyWereToldToWait() {
        arm();
        target(new TargetInput.Abort("why", true));
        target(new TargetInput.SelfActivated(ETH0, activation(20, 5), null));
        target(new TargetInput.Disarmed(ETH0, true));
        target(new TargetInput.Disarmed(ETH1, true));

        assertThat(target.step()).isEqualTo(TargetStep.ACTIVE);
        assertThat(target.problems()).singleElement().asString().contains("acme/web-1/eth1 enforces");
        assertThat(target.transfers()).hasSize(2);
    }

    private void arm() {
        target = TargetState.of(new TargetTask("m1", VM, List.of(ETH0, ETH1), 2));
        prepare();
        assertThat(target(new TargetInput.Rehearse(List.of(VnicHandover.announced(ETH0, List.of(ROUND))))))
                .contains(new TargetOrder.Arm(ETH0), new TargetOrder.Arm(ETH1))
                .anyMatch(TargetOrder.AnswerRehearsal.class::isInstance);
    }

    private static SelfActivation activation(int entries, long digest) {
        return new SelfActivation(entries, digest, 100, 7, 3, 1, ACTIVE);
    }

    @Test
    void shouldGoOnToActivateWhatDoesNotEnforceYet() {
        shouldRollForwardWhenOneVnicEnforces();

        assertThat(target(new TargetInput.Tick())).contains(new TargetOrder.Activate(ETH0, 3, 7));
        assertThat(target(new TargetInput.Tick())).noneMatch(TargetOrder.Activate.class::isInstance);
        assertThat(target(new TargetInput.End())).containsExactly(new TargetOrder.EndLater());
        target(new TargetInput.Activated(ETH0, ACTIVE, null));
        assertThat(target(new TargetInput.Tick())).noneMatch(TargetOrder.Activate.class::isInstance);
        assertThat(target(new TargetInput.End())).singleElement().isInstanceOf(TargetOrder.End.class);
    }

    @Test
    void shouldLetGoWhatTheDestinationEnforcesWithoutAnAnswer() {
        cutOver();
        source(new SourceInput.CutOver(ETH0, FIRST, null));
        source(new SourceInput.CutOver(ETH1, SECOND, null));
        assertThat(source(new SourceInput.Reclaim())).containsExactly(new SourceOrder.Reclaim());

        List<SourceOrder> orders =
                source(new SourceInput.Reclaimed(new Refusal(RefusalCode.TOO_LATE, "it enforces already")));

        assertThat(orders)
                .singleElement()
                .isInstanceOfSatisfying(
                        SourceOrder.Report.class,
                        report -> assertThat(report.report()).isInstanceOf(PlacementInput.TargetHasActivated.class));
        assertThat(source(new SourceInput.Reclaim())).isEqualTo(orders);
    }

    @Test
    void shouldNeverAttachWhatItHasRefusedToAttach() {
        HostId host = new HostId("host-1");
        AgentState agent = AgentState.of(host, 2);
        AgentInput order = new AgentInput.Ordered(VM, new PlacementOrder.Attach(host, 1));
        HostWork attach = new HostWork.Attach(1);
        Transition<AgentState, AgentOrder> first = AgentMachine.decide(agent, order);
        assertThat(first.orders()).containsExactly(new AgentOrder.Do(attach));

        HostWork giveUp = new HostWork.GiveUp(new HostWork.Attach(1), WHY);
        Transition<AgentState, AgentOrder> gives =
                AgentMachine.decide(first.state(), new AgentInput.WorkDone(VM, attach, WHY));
        assertThat(gives.orders()).containsExactly(new AgentOrder.Do(giveUp));
        assertThat(AgentMachine.decide(gives.state(), order).orders()).isEmpty();

        Transition<AgentState, AgentOrder> refused =
                AgentMachine.decide(gives.state(), new AgentInput.WorkDone(VM, giveUp, null));

        AgentOrder report = new AgentOrder.Report(new PlacementInput.HostRefusedAttach(1, WHY));
        assertThat(refused.orders()).containsExactly(report);
        assertThat(AgentMachine.decide(refused.state(), order).orders()).containsExactly(report);
    }

    @Test
    void shouldNotTakeTheReleaseOfOneVmForThatOfAnotherWhereNoMigrationIsKnown() {
        HostId host = new HostId("host-1");
        VmId other = VmId.parse("acme/other");
        AgentInput release =
                new AgentInput.Ordered(other, new PlacementOrder.ReleaseSource(host, "", 1, new HostId("host-2"), 2));
        Transition<AgentState, AgentOrder> releasing = AgentMachine.decide(AgentState.of(host, 2), release);
        AgentOrder.Do work = (AgentOrder.Do) releasing.orders().getFirst();
        AgentState released = AgentMachine.decide(releasing.state(), new AgentInput.WorkDone(other, work.work(), null))
                .state();

        assertThat(AgentMachine.decide(
                                released, new AgentInput.Ordered(VM, new PlacementOrder.ReclaimSource(host, "", 2)))
                        .orders())
                .containsExactly(new AgentOrder.Do(new HostWork.Reclaim("", 2)));
    }

    @Test
    void shouldNotSayThatItRefusesWhatItCouldNotGiveUp() {
        HostId host = new HostId("host-1");
        AgentInput order = new AgentInput.Ordered(VM, new PlacementOrder.Attach(host, 1));
        HostWork attach = new HostWork.Attach(1);
        HostWork giveUp = new HostWork.GiveUp(new HostWork.Attach(1), WHY);
        AgentState agent = AgentMachine.decide(AgentState.of(host, 2), order).state();
        agent = AgentMachine.decide(agent, new AgentInput.WorkDone(VM, attach, WHY))
                .state();

        Transition<AgentState, AgentOrder> kept = AgentMachine.decide(
                agent,
                new AgentInput.WorkDone(VM, giveUp, new Refusal(RefusalCode.HOST_UNAVAILABLE, "its disk is full")));

        assertThat(kept.orders()).isEmpty();
        assertThat(AgentMachine.decide(kept.state(), order).orders()).containsExactly(new AgentOrder.Do(attach));
    }

    @Test
    void shouldNeverTakeBackWhatItHasReleased() {
        HostId here = new HostId("host-1");
        PlacementInput released = new PlacementInput.SourceHasReleased("m1");
        AgentInput reclaim = new AgentInput.Ordered(VM, new PlacementOrder.ReclaimSource(here, "m1", 3));
        HostWork release = new HostWork.Release("m1", 1, new HostId("host-2"), 2);

        for (AgentInput end : List.of(
                new AgentInput.SessionEnded(new SessionName(Side.SOURCE, "m1"), released),
                new AgentInput.WorkDone(VM, release, null))) {
            AgentState agent = AgentMachine.decide(AgentState.of(here, 2), end).state();

            assertThat(AgentMachine.decide(agent, reclaim).orders()).containsExactly(new AgentOrder.Report(released));
        }
    }

    @Test
    void shouldLookAtTheVnicsOfADestinationWhoseSessionDied() {
        SessionName session = new SessionName(Side.TARGET, "m1");
        PlacementOrder prepare = new PlacementOrder.PrepareTarget(new HostId("host-2"), "m1", 2);
        AgentState agent = AgentMachine.decide(
                        AgentState.of(new HostId("host-2"), 2), new AgentInput.Ordered(VM, prepare))
                .state();

        Transition<AgentState, AgentOrder> died =
                AgentMachine.decide(agent, new AgentInput.SessionDied(VM, session, 2));

        assertThat(died.orders()).containsExactly(new AgentOrder.Look(session, 2));
        Transition<AgentState, AgentOrder> found =
                AgentMachine.decide(died.state(), new AgentInput.LookedAt(VM, 1, session, 2, List.of()));
        assertThat(found.orders()).containsExactly(new AgentOrder.Do(new HostWork.Clear("m1", 2)));
        // the order comes again: no second session begins
        assertThat(AgentMachine.decide(found.state(), new AgentInput.Ordered(VM, prepare))
                        .orders())
                .containsExactly(new AgentOrder.Look(session, 2));
    }

    @Test
    void shouldNeverSayThatASourceWhoseSessionDiedKeepsItsVm() {
        HostId here = new HostId("host-1");
        SessionName session = new SessionName(Side.SOURCE, "m1");
        AgentState agent = AgentMachine.decide(
                        AgentState.of(here, 2),
                        new AgentInput.Ordered(VM, new PlacementOrder.StartCutover(here, "m1", 1, 2, 3)))
                .state();

        Transition<AgentState, AgentOrder> died =
                AgentMachine.decide(agent, new AgentInput.SessionDied(VM, session, 1));

        assertThat(died.orders())
                .singleElement()
                .isInstanceOfSatisfying(
                        AgentOrder.Report.class,
                        said -> assertThat(said.report()).isInstanceOf(PlacementInput.SourceFailed.class));
        // a vNIC may have been told to cut, and enforce yet
        assertThat(ordered(died.state(), new PlacementOrder.QuerySource(here, "m1", 1)))
                .isEqualTo(died.orders());
        assertThat(ordered(died.state(), new PlacementOrder.ReclaimSource(here, "m1", 3)))
                .containsExactly(new AgentOrder.Do(new HostWork.Reclaim("m1", 3)));
        assertThat(ordered(died.state(), new PlacementOrder.ReleaseSource(here, "m1", 1, new HostId("host-2"), 2)))
                .containsExactly(new AgentOrder.Do(new HostWork.Release("m1", 1, new HostId("host-2"), 2)));
    }

    private static List<AgentOrder> ordered(AgentState agent, PlacementOrder order) {
        return AgentMachine.decide(agent, new AgentInput.Ordered(VM, order)).orders();
    }

    @Test
    void shouldSayThatItHasTheVmBackWhenItFindsItUnderALaterEpoch() {
        assertThat(found(3)).isInstanceOf(PlacementInput.SourceHasReclaimed.class);
        assertThat(found(1)).isInstanceOf(PlacementInput.SourceKept.class);
    }

    /** What an agent that knows no session reports of a source whose only vNIC enforces under this epoch. */
    private static PlacementInput found(long epoch) {
        AgentInput looked = new AgentInput.LookedAt(
                VM,
                1,
                new SessionName(Side.SOURCE, "m1"),
                1,
                List.of(new VnicStatus(ETH0, epoch, VnicMode.ENFORCING, "", 7, 0, Map.of())));
        List<AgentOrder> orders = AgentMachine.decide(AgentState.of(new HostId("host-1"), 2), looked)
                .orders();
        return ((AgentOrder.Report) orders.getFirst()).report();
    }

    @Test
    void shouldAskThePlacementUntilItIsToldToLetGo() {
        cutOver();
        source(new SourceInput.CutOver(ETH0, FIRST, null));
        source(new SourceInput.CutOver(ETH1, SECOND, null));
        source(new SourceInput.HandoverAccepted(List.of(), List.of()));

        assertThat(source(new SourceInput.Tick())).contains(new SourceOrder.AskPlacement());
    }

    private void cutOver() {
        source(new SourceInput.Started());
        assertThat(source(new SourceInput.Rehearsed()))
                .containsExactly(new SourceOrder.CutOver(ETH0), new SourceOrder.CutOver(ETH1));
    }

    private void prepare() {
        target(new TargetInput.Started());
        target(new TargetInput.Admitted(7, null));
        target(new TargetInput.CutoverExpected(ETH0, null));
        assertThat(target(new TargetInput.CutoverExpected(ETH1, null)))
                .containsExactly(new TargetOrder.Report(new PlacementInput.TargetIsReady("m1", 7)));
    }

    private void importAll() {
        prepare();
        target(new TargetInput.Handover(2, List.of(FIRST, SECOND)));
        target(new TargetInput.ChunkArrived(chunk(0)));
        target(new TargetInput.ChunkArrived(chunk(1)));
        target(new TargetInput.Imported(ETH0, new ImportReport(20, 5), null));
        target(new TargetInput.Imported(ETH1, new ImportReport(0, 0), null));
    }

    private static StateChunk chunk(int sequence) {
        return new StateChunk("m1", ETH0, sequence, false, new byte[] {1});
    }

    private List<SourceOrder> source(SourceInput input) {
        Transition<SourceState, SourceOrder> next = SourceMachine.decide(source, input);
        source = next.state();
        return new ArrayList<>(next.orders());
    }

    private List<TargetOrder> target(TargetInput input) {
        Transition<TargetState, TargetOrder> next = TargetMachine.decide(target, input);
        target = next.state();
        return new ArrayList<>(next.orders());
    }
}
