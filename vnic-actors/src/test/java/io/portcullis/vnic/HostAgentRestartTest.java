package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.checkpoint;
import static io.portcullis.vnic.testkit.Samples.connections;
import static io.portcullis.vnic.testkit.Samples.digest;
import static io.portcullis.vnic.testkit.Samples.spec;
import static io.portcullis.vnic.testkit.Samples.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.persistence.testkit.WrittenCheckpoints;
import io.portcullis.policy.Action;
import io.portcullis.policy.table.RuleTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host keeps for a restart, and what it makes of it. */
class HostAgentRestartTest {
    @TempDir
    private Path directory;

    private HostAgentFixture host;

    @BeforeEach
    void makeHost() {
        host = new HostAgentFixture(directory);
    }

    @AfterEach
    void closeHost() {
        host.close();
    }

    @Test
    void shouldEnforceAgainAfterARestartWithRulesAndConnectionsAndWithoutItsTenant() throws IOException {
        RuleTable rules = table(Action.ALLOW);
        host.list(3);
        WrittenCheckpoints.write(host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, rules, connections("flow")));

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(rules);
        assertThat(host.dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
        assertThat(host.dataPath.calls())
                .filteredOn(call -> !call.startsWith("status"))
                .startsWith(
                        "attach " + WEB_1_ETH0 + " 3",
                        "restoreTable " + WEB_1_ETH0 + " 3",
                        "installRules " + WEB_1_ETH0 + " 7",
                        "activate " + WEB_1_ETH0 + " 3");
    }

    @Test
    void shouldNotUseACheckpointOfAnotherEpoch() throws IOException {
        host.list(3);
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 1, table(Action.ALLOW), connections("old flow")));

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isNull();
        assertThat(host.dataPath.table(WEB_1_ETH0).entries()).isZero();
    }

    @Test
    void shouldLetNothingPassAfterARestartWhileItIsNotDecidedWhoEnforces() throws IOException {
        host.setRules(7, Action.ALLOW);
        host.list(3);
        host.checkpoints.notes().open(WEB_1_ETH0, 3);

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.rules(WEB_1_ETH0)).isNotNull());
        assertThat(host.host().vms())
                .singleElement()
                .satisfies(vm -> assertThat(vm.vnics())
                        .singleElement()
                        .satisfies(vnic -> assertThat(vnic.mode()).isEqualTo(VnicMode.PASSIVE)));

        assertThat(host.attach(5, true).epoch()).isEqualTo(5);
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldNoteThatAVmComesBeforeItIsAttachedAndForgetThatWhenItIsCleared() {
        host.setRules(7, Action.ALLOW);
        host.start();

        host.attach(3, false);
        assertThat(host.checkpoints.arrivals().find(WEB_1_ETH0)).hasValue(3);

        host.ask(me -> new HostCommand.DetachVm(spec(WEB_1, 1), 3, false, me));
        assertThat(host.checkpoints.arrivals().find(WEB_1_ETH0)).isEmpty();
        host.attach(4, true);
        assertThat(host.checkpoints.arrivals().find(WEB_1_ETH0)).isEmpty();
    }

    @Test
    void shouldRefuseAVmThatComesWhenItCannotNoteThat() throws IOException {
        host.setRules(7, Action.ALLOW);
        host.start();
        Files.createDirectories(directory.resolve(WEB_1.tenant() + "." + WEB_1.name() + ".eth0.arrival/in the way"));

        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 3, false, me)))
                .isEqualTo(RefusalCode.WRONG_STATE);
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldTrustWhatCameOnceTheDirectorySaysThatItIsHere() throws IOException {
        RuleTable rules = table(Action.ALLOW);
        host.list(3);
        WrittenCheckpoints.write(host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, rules, connections("flow")));
        host.checkpoints.arrivals().open(WEB_1_ETH0, 3);

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(host.dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
        await().untilAsserted(() ->
                assertThat(host.checkpoints.arrivals().find(WEB_1_ETH0)).isEmpty());
    }

    @Test
    void shouldHearTheTenantBeforeItTrustsRulesThatWereWrittenBeforeTheVmWasHere() throws IOException {
        host.setRules(8, Action.DROP);
        host.list(3);
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        host.checkpoints.arrivals().open(WEB_1_ETH0, 3);

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(host.dataPath.calls())
                .containsSubsequence("installRules " + WEB_1_ETH0 + " 8", "activate " + WEB_1_ETH0 + " 3");
        assertThat(host.dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
    }

    @Test
    void shouldAskTheDirectorySoonWhetherWhatEnforcesHereIsHereToStay() {
        host.setRules(7, Action.ALLOW);
        host.start();
        host.attach(3, false);
        host.dataPath.activate(WEB_1_ETH0, 3, 0);
        host.list(3);

        // the next look at the whole directory is 30 s after the first one
        await().atMost(Duration.ofSeconds(25))
                .untilAsserted(() ->
                        assertThat(host.checkpoints.arrivals().find(WEB_1_ETH0)).isEmpty());
    }

    @Test
    void shouldForgetWhatCameWhenTheDirectorySaysThatItIsElsewhere() throws IOException {
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        host.checkpoints.arrivals().open(WEB_1_ETH0, 3);
        host.list(HOST_2, 4);

        host.start();

        await().untilAsserted(() ->
                assertThat(host.checkpoints.arrivals().find(WEB_1_ETH0)).isEmpty());
        assertThat(host.checkpoints.read(WEB_1_ETH0)).isEmpty();
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldLetGoOfAVmThatAnotherHostTookOverWhileThisOneHadIt() {
        host.setRules(7, Action.ALLOW);
        host.placements.setAway(true);
        host.start();
        host.attach(3, true);
        host.list(HOST_2, 4);

        host.placements.setAway(false);

        await().untilAsserted(() -> assertThat(host.host().vms()).isEmpty());
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull();
        assertThat(host.refusalOf(me -> new HostCommand.AttachVm(spec(WEB_1, 1), 3, true, me)))
                .isEqualTo(RefusalCode.STALE_EPOCH);
    }

    @Test
    void shouldKeepAVmOfAHigherEpochThanTheDirectorys() {
        host.setRules(7, Action.ALLOW);
        host.placements.setAway(true);
        host.start();
        host.attach(5, true);
        host.list(HOST_2, 4);

        host.placements.setAway(false);

        await().until(() -> host.host().recovered());
        await().during(Duration.ofMillis(400)).until(() -> host.host().vms().size() == 1);
    }

    @Test
    void shouldNotMindANoteOfALowerEpochThanTheDirectorys() throws IOException {
        host.list(5);
        host.checkpoints.notes().open(WEB_1_ETH0, 3);

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
    }

    @Test
    void shouldGoOnWithTheConnectionsOfAVmWhoseHandOverWasRolledBackWhileItWasDown() throws IOException {
        RuleTable rules = table(Action.ALLOW);
        WrittenCheckpoints.write(host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, rules, connections("flow")));
        host.checkpoints.notes().open(WEB_1_ETH0, 3);
        host.restoreFromDisk();
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull();
        host.list(5);

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(rules);
        assertThat(host.dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
    }

    @Test
    void shouldForgetAFormerStayWhenTheVmComesBackFromAnotherHost() throws IOException {
        host.setRules(7, Action.ALLOW);
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("old flow")));
        host.checkpoints.notes().open(WEB_1_ETH0, 3);
        host.list(HOST_2, 4);
        ActorRef<HostCommand> first = host.start();
        await().until(() -> host.host().recovered());

        host.attach(5, false);

        assertThat(host.checkpoints.read(WEB_1_ETH0)).isEmpty();
        assertThat(host.checkpoints.notes().find(WEB_1_ETH0)).isEmpty();
        host.stopActors(first);
    }

    @Test
    void shouldTryAgainWhenAPortOrTheDirectoryIsNotThereAtTheStart() {
        host.setRules(7, Action.ALLOW);
        host.list(3);
        host.placements.failNext();
        host.dataPath.failNext("attach", Reason.PORT);

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        assertThat(host.host().recovered()).isTrue();
    }

    @Test
    void shouldAdoptWhatGoesOnWhenOnlyTheActorsStartAgain() {
        host.setRules(7, Action.ALLOW);
        host.list(1);
        ActorRef<HostCommand> first = host.start();
        await().untilAsserted(() -> assertThat(host.dataPath.rules(WEB_1_ETH0)).isNotNull());
        host.dataPath.setTable(WEB_1_ETH0, connections("flow"));
        host.stopActors(first);

        host.start();

        host.setRules(8, Action.DROP);
        await().untilAsserted(() -> assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP)));
        assertThat(host.dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldWriteCheckpointsOfWhatChangedAndOnDemand() {
        host.setRules(7, Action.ALLOW);
        host.start();
        host.attach(1, true);
        host.dataPath.setTable(WEB_1_ETH0, connections("flow"));

        assertThat(host.ask(HostCommand.WriteCheckpoints::new))
                .isInstanceOfSatisfying(
                        HostReply.Checkpointed.class,
                        done -> assertThat(done.failures()).isEmpty());

        await().untilAsserted(() -> assertThat(host.checkpoints.read(WEB_1_ETH0))
                .hasValueSatisfying(checkpoint -> {
                    assertThat(checkpoint.epoch()).isEqualTo(1);
                    assertThat(checkpoint.policyRevision()).isEqualTo(7);
                    assertThat(checkpoint.rules()).isEqualTo(table(Action.ALLOW));
                    assertThat(digest(checkpoint.table().parts().getLast().chunks()))
                            .isEqualTo(connections("flow").digest());
                }));
    }

    @Test
    void shouldWriteTheFirstCheckpointAsSoonAsAVnicEnforces() {
        Duration never = Duration.ofDays(1);
        try (HostAgentFixture other =
                new HostAgentFixture(directory.resolve("other"), HostAgentFixture.TIMING.withWrites(never, never))) {
            other.setRules(7, Action.ALLOW);
            other.start();
            other.attach(1, true);

            await().untilAsserted(
                            () -> assertThat(other.checkpoints.read(WEB_1_ETH0)).isPresent());
        }
    }

    @Test
    void shouldAdoptWhatWasRestoredFromDiskAndItsRulesForTheNextCheckpoint() throws IOException {
        host.list(3);
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        host.restoreFromDisk();
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);

        host.start();
        await().until(() -> host.host().recovered() && host.host().vms().size() == 1);
        host.dataPath.setTable(WEB_1_ETH0, connections("newer flow"));

        await().untilAsserted(() -> assertThat(host.checkpoints.read(WEB_1_ETH0))
                .hasValueSatisfying(checkpoint -> assertThat(
                                digest(checkpoint.table().parts().getLast().chunks()))
                        .isEqualTo(connections("newer flow").digest())));
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(host.dataPath.calls()).noneMatch(call -> call.startsWith("release"));
    }

    @Test
    void shouldLetGoOfWhatWasRestoredFromDiskButIsElsewhereByNow() throws IOException {
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        host.list(HOST_2, 4);
        host.restoreFromDisk();

        host.start();

        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull());
        await().untilAsserted(
                        () -> assertThat(host.checkpoints.read(WEB_1_ETH0)).isEmpty());
    }

    @Test
    void shouldKeepWhatTheDirectoryHasNotHeardOfYet() throws IOException {
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 5, table(Action.ALLOW), connections("flow")));
        host.list(HOST_2, 4);
        host.restoreFromDisk();

        host.start();

        await().until(() -> host.host().recovered());
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldSayThatAVmIsGoneOnlyWhenNoRestartCanBringItBack() throws IOException {
        host.setRules(7, Action.ALLOW);
        ActorRef<HostCommand> agent = host.start();
        host.attach(1, true);
        host.ask(HostCommand.WriteCheckpoints::new);
        assertThat(host.checkpoints.read(WEB_1_ETH0)).isPresent();
        host.checkpoints.notes().open(WEB_1_ETH0, 1);

        agent.tell(new HostCommand.ReleaseVm(spec(WEB_1, 1), 1, HOST_2, 2, host.asker.ref()));

        assertThat(host.asker.receiveMessage()).isEqualTo(new HostReply.VmGone(WEB_1, 1));
        assertThat(host.checkpoints.read(WEB_1_ETH0)).isEmpty();
        assertThat(host.checkpoints.notes().find(WEB_1_ETH0)).hasValue(1);
    }

    @Test
    void shouldNotEnforceWhatItHasReleasedWhenItsActorsStartAgainWhileTheDirectoryIsOld() {
        host.setRules(7, Action.ALLOW);
        host.list(1);
        ActorRef<HostCommand> agent = host.start();
        host.attach(1, true);
        assertThat(host.ask(me -> new HostCommand.ReleaseVm(spec(WEB_1, 1), 1, HOST_2, 2, me)))
                .isEqualTo(new HostReply.VmGone(WEB_1, 1));
        host.stopActors(agent);

        ActorRef<HostCommand> next = host.start();

        expectPassive();
        host.list(HOST_2, 2);
        next.tell(new HostCommand.RecoverAgain());
        await().untilAsserted(() -> assertThat(host.host().vms()).isEmpty());
        next.tell(new HostCommand.RecoverAgain());
        await().untilAsserted(() ->
                assertThat(host.checkpoints.notes().find(WEB_1_ETH0)).isEmpty());
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldNotEnforceWhatWasDetachedWhenItsActorsStartAgainWhileTheDirectoryIsOld() {
        host.setRules(7, Action.ALLOW);
        host.list(1);
        ActorRef<HostCommand> agent = host.start();
        host.attach(1, true);
        HostCommand.DetachVm detach = new HostCommand.DetachVm(spec(WEB_1, 1), 1, true, host.asker.ref());
        assertThat(host.ask(_ -> detach)).isEqualTo(new HostReply.VmGone(WEB_1, 1));
        host.stopActors(agent);

        host.start();
        expectPassive();

        assertThat(host.ask(_ -> detach)).as("its placement says it again").isEqualTo(new HostReply.VmGone(WEB_1, 1));
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldNotEnforceUnderAnEpochBelowThatOfItsCheckpoint() throws IOException {
        host.setRules(7, Action.ALLOW);
        WrittenCheckpoints.write(
                host.checkpoints, checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        host.list(1);

        host.start();

        expectPassive();
        assertThat(host.attach(3, true).epoch()).isEqualTo(3);
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldEnforceUnderTheEpochThatTheDirectoryHasByNow() {
        host.setRules(7, Action.ALLOW);
        host.list(1);
        ActorRef<HostCommand> agent = host.start();
        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        host.list(3);

        agent.tell(new HostCommand.RecoverAgain());

        await().untilAsserted(() -> assertThat(host.host().vms())
                .singleElement()
                .satisfies(vm -> assertThat(vm.epoch()).isEqualTo(3)));
        await().untilAsserted(() -> assertThat(host.host().vms())
                .singleElement()
                .satisfies(vm -> assertThat(vm.vnics()).singleElement().satisfies(vnic -> {
                    assertThat(vnic.epoch()).isEqualTo(3);
                    assertThat(vnic.mode()).isEqualTo(VnicMode.ENFORCING);
                })));
    }

    @Test
    void shouldLetGoOfAVmThatWasDetachedWhileTheHostCountedAsLost() {
        host.setRules(7, Action.ALLOW);
        host.list(1);
        ActorRef<HostCommand> agent = host.start();
        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
        host.placements.remove(WEB_1, 1);

        agent.tell(new HostCommand.RecoverAgain());

        await().untilAsserted(() -> assertThat(host.host().vms()).isEmpty());
        await().untilAsserted(() -> assertThat(host.dataPath.mode(WEB_1_ETH0)).isNull());
    }

    @Test
    void shouldKeepNoNoteOfWhatItNeverEnforced() {
        host.setRules(7, Action.ALLOW);
        host.start();
        host.attach(2, false);

        host.ask(me -> new HostCommand.DetachVm(spec(WEB_1, 1), 2, false, me));

        assertThat(host.checkpoints.notes().find(WEB_1_ETH0)).isEmpty();
    }

    @Test
    void shouldHoldANoteUntilTheVmThatComesBackIsOnDisk() throws IOException {
        host.setRules(7, Action.ALLOW);
        host.checkpoints.notes().open(WEB_1_ETH0, 1);
        host.placements.setAway(true);
        host.start();

        host.attach(3, true);
        host.ask(HostCommand.WriteCheckpoints::new);

        assertThat(host.checkpoints.read(WEB_1_ETH0))
                .hasValueSatisfying(written -> assertThat(written.epoch()).isEqualTo(3));
        assertThat(host.checkpoints.notes().find(WEB_1_ETH0)).isEmpty();
    }

    /** It has the VM, with its rules, and it enforces nothing. */
    private void expectPassive() {
        await().untilAsserted(() -> assertThat(host.host().vms())
                .singleElement()
                .satisfies(vm -> assertThat(vm.vnics())
                        .singleElement()
                        .satisfies(vnic -> assertThat(vnic.policyRevision()).isEqualTo(7))));
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.PASSIVE);
    }
}
