package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.connections;
import static io.portcullis.vnic.testkit.Samples.table;
import static io.portcullis.vnic.testkit.Samples.vnicSpec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.Action;
import io.portcullis.vnic.testkit.FakeDataPath;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VnicFirewallTest {
    private static ActorTestKit testKit;

    private final FakeDataPath dataPath = new FakeDataPath();

    @TempDir
    private Path directory;

    private final FirewallCounters counters = new FirewallCounters();
    private Checkpoints checkpoints;
    private FirewallEnvironment environment;
    private TestProbe<FirewallReply> asker;
    private TestProbe<ClusterSharding.ShardCommand> shard;
    private ActorRef<FirewallCommand> firewall;

    @BeforeAll
    static void startActorSystem() {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        testKit = ActorTestKit.create();
    }

    @AfterAll
    static void stopActorSystem() {
        testKit.shutdownTestKit();
    }

    @BeforeEach
    void startFirewall() {
        checkpoints = new Checkpoints(directory);
        environment = new FirewallEnvironment(
                HOST_1, dataPath, 1_000, Duration.ofMillis(300), checkpoints.notes(), Runnable::run, _ -> {}, counters);
        asker = testKit.createTestProbe();
        firewall = aFirewall();
    }

    private ActorRef<FirewallCommand> aFirewall() {
        shard = testKit.createTestProbe();
        return testKit.spawn(VnicFirewall.create(WEB_1_ETH0, environment, shard.ref()));
    }

    @Test
    void shouldPassNothingWhenAttachedWithoutRules() {
        FirewallReply.Status status = attach(1, true);

        assertThat(status.state()).isEqualTo(FirewallState.ENFORCING);
        assertThat(status.status().rulesHash()).isEmpty();
        assertThat(status.status().policyRevision()).isZero();
    }

    @Test
    void shouldStayPassiveUntilActivated() {
        assertThat(attach(2, false).state()).isEqualTo(FirewallState.PASSIVE);
        ask(me -> new FirewallCommand.InstallRules(7, table(Action.DROP), me));

        FirewallReply reply = ask(me -> new FirewallCommand.Activate(2, 5, 7, me));

        assertThat(reply).isInstanceOfSatisfying(FirewallReply.Activated.class, activated -> {
            assertThat(activated.status().policyRevision()).isEqualTo(7);
            assertThat(activated.report().tunnelledFrames()).isEqualTo(5);
        });
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldNotActivateBelowTheMinimumRevision() {
        attach(2, false);
        ask(me -> new FirewallCommand.InstallRules(6, table(Action.DROP), me));

        FirewallReply reply = ask(me -> new FirewallCommand.Activate(2, 0, 7, me));

        assertThat(reply)
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TIMEOUT));
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.PASSIVE);
    }

    @Test
    void shouldActivateAsSoonAsTheRulesArrive() {
        attach(2, false);
        firewall.tell(new FirewallCommand.Activate(2, 0, 7, asker.ref()));
        TestProbe<FirewallReply> installer = testKit.createTestProbe();
        firewall.tell(new FirewallCommand.InstallRules(8, table(Action.DROP), installer.ref()));

        assertThat(asker.receiveMessage()).isInstanceOf(FirewallReply.Activated.class);
        assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP));
    }

    @Test
    void shouldRestWhileNothingIsAskedAndGoOnAsIfItHadNot() {
        attach(2, false);
        ask(me -> new FirewallCommand.InstallRules(7, table(Action.DROP), me));
        firewall.tell(new FirewallCommand.Idle());
        ask(me -> new FirewallCommand.Activate(2, 0, 7, me));
        shard.expectNoMessage(Duration.ZERO);

        firewall.tell(new FirewallCommand.Idle());
        shard.expectMessageClass(ClusterSharding.Passivate.class);
        firewall.tell(new FirewallCommand.Stop());
        asker.expectTerminated(firewall);

        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        firewall = aFirewall();
        assertStale(me -> new FirewallCommand.Release(1, HOST_2, 5, me));
        assertThat(ask(me -> new FirewallCommand.InstallRules(8, table(Action.REJECT), me)))
                .isInstanceOfSatisfying(
                        FirewallReply.Status.class,
                        status -> assertThat(status.status().policyRevision()).isEqualTo(8));
    }

    @Test
    void shouldRefuseAndCountWhatFindsTooManyWaiting() {
        attach(2, true);
        CompletableFuture<Void> gate = dataPath.hold("release");
        TestProbe<FirewallReply> crowd = testKit.createTestProbe();
        firewall.tell(new FirewallCommand.Detach(2, asker.ref()));
        for (int waiting = 0; waiting < VnicFirewall.STASH_CAPACITY; waiting++) {
            firewall.tell(new FirewallCommand.GetStatus(crowd.ref()));
        }
        TestProbe<FirewallReply> late = testKit.createTestProbe();
        firewall.tell(new FirewallCommand.GetStatus(late.ref()));

        assertThat(late.receiveMessage())
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TIMEOUT));
        assertThat(counters.values()).containsEntry("firewall.refused-busy", 1L);
        gate.complete(null);
        assertThat(asker.receiveMessage()).isInstanceOf(FirewallReply.Released.class);
        crowd.receiveSeveralMessages(VnicFirewall.STASH_CAPACITY, Duration.ofSeconds(60));
    }

    @Test
    void shouldAnswerWhatCameBeforeItRests() {
        attach(2, true);
        firewall.tell(new FirewallCommand.Idle());
        shard.expectMessageClass(ClusterSharding.Passivate.class);
        CompletableFuture<Void> gate = dataPath.hold("installRules");
        firewall.tell(new FirewallCommand.InstallRules(8, table(Action.DROP), asker.ref()));
        firewall.tell(new FirewallCommand.Stop());
        gate.complete(null);

        assertThat(asker.receiveMessage()).isInstanceOf(FirewallReply.Status.class);
        asker.expectTerminated(firewall);
    }

    @Test
    void shouldRefuseEveryCommandWithALowerEpoch() {
        attach(5, true);
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 6);

        assertStale(me -> new FirewallCommand.Attach(vnicSpec(WEB_1_ETH0, 1), 4, true, me));
        assertStale(me -> new FirewallCommand.PrepareCutover(4, me));
        assertStale(me -> new FirewallCommand.CutOver(4, target, me));
        assertStale(me -> new FirewallCommand.ExportNext(4, true, 4, me));
        assertStale(me -> new FirewallCommand.EndExport(4, me));
        assertStale(me -> new FirewallCommand.ImportNext(4, 0, new byte[0], me));
        assertStale(me -> new FirewallCommand.ImportTable(4, 0, connections("x"), me));
        assertStale(me -> new FirewallCommand.Activate(4, 0, 0, me));
        assertStale(me -> new FirewallCommand.Reclaim(4, me));
        assertStale(me -> new FirewallCommand.Release(4, HOST_2, 5, me));
        assertStale(me -> new FirewallCommand.Detach(4, me));
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldRefuseToCutOverUnderAnEpochThatItDoesNotHold() {
        attach(5, true);
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 8);

        FirewallReply reply = ask(me -> new FirewallCommand.CutOver(7, target, me));

        assertThat(reply)
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.WRONG_STATE));
    }

    @Test
    void shouldExportItsTableWhileItEnforcesAndHandOverOnlyTheRest() {
        attach(1, true);
        dataPath.setTable(WEB_1_ETH0, connections("flow"));

        FirewallReply first = ask(me -> new FirewallCommand.ExportNext(1, true, 4, me));

        assertThat(first)
                .isInstanceOfSatisfying(
                        FirewallReply.Exported.class,
                        piece -> assertThat(piece.batch().endsRound()).isTrue());
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 2);
        assertThat(ask(me -> new FirewallCommand.CutOver(1, target, me)))
                .isInstanceOfSatisfying(
                        FirewallReply.Sealed.class,
                        moved -> assertThat(moved.sealed().isRest()).isTrue());
    }

    @Test
    void shouldTakeATableInPieces() {
        attach(2, false);
        TableSnapshot table = connections("flow");

        assertThat(ask(me -> new FirewallCommand.ImportNext(2, 0, table.chunks().getFirst(), me)))
                .isEqualTo(new FirewallReply.ChunkTaken(WEB_1_ETH0, 0, FakeDataPath.SUM));
        TableSnapshot rest = new TableSnapshot(List.of(), table.entries(), table.digest());
        assertThat(ask(me -> new FirewallCommand.ImportTable(2, 1, rest, me))).isInstanceOf(FirewallReply.Status.class);

        assertThat(dataPath.table(WEB_1_ETH0)).isEqualTo(table);
    }

    @Test
    void shouldHandOverAndThenSayWhereTheVnicIs() {
        attach(1, true);
        dataPath.setTable(WEB_1_ETH0, connections("flow"));
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 2);

        FirewallReply handOver = ask(me -> new FirewallCommand.CutOver(1, target, me));
        assertThat(handOver)
                .isInstanceOfSatisfying(
                        FirewallReply.Sealed.class,
                        moved -> assertThat(moved.sealed().table()).isEqualTo(connectionsOf(handOver)));

        assertThat(ask(me -> new FirewallCommand.Release(1, HOST_2, 2, me)))
                .isEqualTo(new FirewallReply.Released(WEB_1_ETH0, 1));
        FirewallReply.Moved moved = new FirewallReply.Moved(WEB_1_ETH0, HOST_2, 2);
        assertThat(ask(FirewallCommand.GetStatus::new)).isEqualTo(moved);
        assertThat(ask(me -> new FirewallCommand.ListConnections(10, me))).isEqualTo(moved);
        assertThat(ask(me -> new FirewallCommand.Reclaim(3, me))).isEqualTo(moved);
        assertThat(ask(me -> new FirewallCommand.Attach(vnicSpec(WEB_1_ETH0, 1), 1, true, me)))
                .isEqualTo(moved);
    }

    @Test
    void shouldComeBackUnderAHigherEpochAfterARelease() {
        attach(1, true);
        ask(me -> new FirewallCommand.Release(1, HOST_2, 2, me));

        assertThat(attach(3, true).status().epoch()).isEqualTo(3);
        assertThat(ask(FirewallCommand.GetStatus::new)).isInstanceOf(FirewallReply.Status.class);
    }

    @Test
    void shouldEnforceAgainWhenReclaimedAndRefuseTheOldEpochThen() {
        attach(1, true);
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 2);
        ask(me -> new FirewallCommand.CutOver(1, target, me));

        FirewallReply reply = ask(me -> new FirewallCommand.Reclaim(3, me));

        assertThat(reply).isInstanceOfSatisfying(FirewallReply.Status.class, status -> {
            assertThat(status.state()).isEqualTo(FirewallState.ENFORCING);
            assertThat(status.status().epoch()).isEqualTo(3);
        });
        assertStale(me -> new FirewallCommand.Release(1, HOST_2, 2, me));
    }

    @Test
    void shouldNoteOnDiskWhatItHandsOverUntilThatIsDecided() {
        attach(1, true);
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 2);
        assertThat(checkpoints.notes().find(WEB_1_ETH0)).isEmpty();

        ask(me -> new FirewallCommand.CutOver(1, target, me));
        assertThat(checkpoints.notes().find(WEB_1_ETH0)).hasValue(1);

        ask(me -> new FirewallCommand.Reclaim(3, me));
        assertThat(checkpoints.notes().find(WEB_1_ETH0))
                .as("a checkpoint of the new epoch makes it void")
                .hasValue(1);

        ask(me -> new FirewallCommand.CutOver(3, target, me));
        ask(me -> new FirewallCommand.Release(3, HOST_2, 4, me));
        assertThat(checkpoints.notes().find(WEB_1_ETH0))
                .as("the directory makes it void")
                .hasValue(3);
    }

    @Test
    void shouldLeaveTheNoteThatThereWasWhenTheCutFailsBeforeTheSeal() throws IOException {
        checkpoints.notes().open(WEB_1_ETH0, 1);
        attach(3, true);
        dataPath.failNext("cutOver", Reason.TUNNEL);

        ask(me -> new FirewallCommand.CutOver(
                3, new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 4), me));

        await().untilAsserted(
                        () -> assertThat(checkpoints.notes().find(WEB_1_ETH0)).hasValue(1));
    }

    @Test
    void shouldNoteBeforeItTakesAVnicBackThatACutThatFailedHasLeftIt() {
        attach(1, true);
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 2);
        dataPath.failNext("cutOver", Reason.TUNNEL);
        ask(me -> new FirewallCommand.CutOver(1, target, me));

        ask(me -> new FirewallCommand.Reclaim(3, me));

        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(checkpoints.notes().find(WEB_1_ETH0))
                .as("the checkpoint on disk is of epoch 1")
                .hasValue(1);
    }

    @Test
    void shouldTakeTheNoteBackWhenTheCutFailsBeforeTheSeal() {
        attach(1, true);
        CutoverTarget target = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "t", 1, 2);
        dataPath.failNext("cutOver", Reason.TUNNEL);

        ask(me -> new FirewallCommand.CutOver(1, target, me));

        await().until(() -> checkpoints.notes().find(WEB_1_ETH0).isEmpty());
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldReclaimWhatIsPassiveAfterARestartOfTheHost() {
        attach(1, false);

        FirewallReply reply = ask(me -> new FirewallCommand.Reclaim(3, me));

        assertThat(reply)
                .isInstanceOfSatisfying(
                        FirewallReply.Status.class,
                        status -> assertThat(status.state()).isEqualTo(FirewallState.ENFORCING));
        assertThat(dataPath.epoch(WEB_1_ETH0)).isEqualTo(3);
    }

    @Test
    void shouldAdoptWhatTheDataPathHasWhenTheActorStartsAgain() {
        attach(4, true);
        ask(me -> new FirewallCommand.InstallRules(9, table(Action.ALLOW), me));
        testKit.stop(firewall);

        firewall = aFirewall();

        assertThat(ask(FirewallCommand.GetStatus::new)).isInstanceOfSatisfying(FirewallReply.Status.class, status -> {
            assertThat(status.state()).isEqualTo(FirewallState.ENFORCING);
            assertThat(status.status().policyRevision()).isEqualTo(9);
        });
        assertStale(me -> new FirewallCommand.Attach(vnicSpec(WEB_1_ETH0, 1), 3, true, me));
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldDetachEvenWhileThePortIsBeingOpened() {
        var opening = dataPath.hold("attach");
        TestProbe<FirewallReply> other = testKit.createTestProbe();
        firewall.tell(new FirewallCommand.Attach(vnicSpec(WEB_1_ETH0, 1), 1, true, other.ref()));
        firewall.tell(new FirewallCommand.Detach(1, asker.ref()));
        opening.complete(null);

        assertThat(other.receiveMessage()).isInstanceOf(FirewallReply.Status.class);
        assertThat(asker.receiveMessage()).isEqualTo(new FirewallReply.Released(WEB_1_ETH0, 1));
        assertThat(dataPath.mode(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldSayWhyAPortCannotBeOpened() {
        dataPath.failNext("attach", Reason.PORT);

        FirewallReply reply = ask(me -> new FirewallCommand.Attach(vnicSpec(WEB_1_ETH0, 1), 1, true, me));

        assertThat(reply).isEqualTo(new Refused(RefusalCode.PORT, "told to fail"));
    }

    @Test
    void shouldSayThatAVnicIsNotThere() {
        assertThat(stateNow()).isEqualTo(FirewallState.UNATTACHED);
        assertThat(ask(me -> new FirewallCommand.InstallRules(1, table(Action.DROP), me)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.UNKNOWN));
        assertThat(ask(me -> new FirewallCommand.Detach(1, me))).isEqualTo(new FirewallReply.Released(WEB_1_ETH0, 1));
        assertThat(stateNow()).isEqualTo(FirewallState.RELEASED);
    }

    private FirewallState stateNow() {
        return ((FirewallReply.Status) ask(FirewallCommand.GetStatus::new)).state();
    }

    private FirewallReply.Status attach(long epoch, boolean enforce) {
        return (FirewallReply.Status)
                ask(me -> new FirewallCommand.Attach(vnicSpec(WEB_1_ETH0, 1), epoch, enforce, me));
    }

    private FirewallReply ask(Function<ActorRef<FirewallReply>, FirewallCommand> command) {
        firewall.tell(command.apply(asker.ref()));
        return asker.receiveMessage();
    }

    private void assertStale(Function<ActorRef<FirewallReply>, FirewallCommand> command) {
        assertThat(ask(command))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.STALE_EPOCH));
    }

    private static Object connectionsOf(FirewallReply reply) {
        return ((FirewallReply.Sealed) reply).sealed().table();
    }
}
