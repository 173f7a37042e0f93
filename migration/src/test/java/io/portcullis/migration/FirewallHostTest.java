package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.migration.model.Restored;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.FirewallState;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.HostLimits;
import io.portcullis.vnic.HostReply;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.RegistryCommand;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicActors;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is asked of firewalls and of the host's agent, and what their answers mean. */
class FirewallHostTest {
    private final ActorTestKit kit = ActorTestKit.create(
            "firewall-host-test",
            ConfigFactory.parseResources("application-test.conf")
                    .withFallback(ConfigFactory.load())
                    .resolve());
    private final TestProbe<HostCommand> agent = kit.createTestProbe();
    private final Map<VnicId, TestProbe<FirewallCommand>> firewalls =
            Map.of(ETH0, kit.createTestProbe(), ETH1, kit.createTestProbe());
    private final Actors actors = new Actors();
    private final VmHost host = host("portcullis.migration.check-timeout = 30s");

    private VmHost host(String setting) {
        return new FirewallHost(
                ONE,
                actors,
                kit.system(),
                MigrationSettings.of(ConfigFactory.parseString(setting)
                        .withFallback(kit.system().settings().config())),
                new ReplicaTakeIn(kit.system(), new NoHosts(), Duration.ofSeconds(30)),
                new ReplicaCounters(),
                new ArrivingTables(Checkpoints.none(), Runnable::run, Clock.systemUTC()));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldReclaimWhatWasCutAndThenTellTheAgentTheEpoch() {
        CompletableFuture<Void> done = host.reclaim(WEB, 3).toCompletableFuture();

        answerStatus(ETH0, FirewallState.SEALED, VnicMode.SEALED);
        answerStatus(ETH1, FirewallState.UNATTACHED, VnicMode.PASSIVE);
        FirewallCommand.AskBack reclaim = firewalls.get(ETH0).expectMessageClass(FirewallCommand.AskBack.class);
        assertThat(reclaim.newEpoch()).isEqualTo(3);
        agent.expectNoMessage(Duration.ofMillis(20));
        reclaim.replyTo()
                .tell(new FirewallReply.Status(ONE, FirewallState.ENFORCING, status(ETH0, VnicMode.ENFORCING)));

        HostCommand.AttachVm attach = agent.expectMessageClass(HostCommand.AttachVm.class);
        assertThat(attach.epoch()).isEqualTo(3);
        assertThat(attach.enforce()).isTrue();
        attach.replyTo().tell(new HostReply.VmAttached(WEB.vm(), 3, 7, List.of()));
        done.join();
    }

    @Test
    void shouldTakeBackNothingUnheardAsLongAsAVnicHearsThatTheDestinationEnforces() {
        CompletableFuture<Void> done = host.reclaim(WEB, 3).toCompletableFuture();
        answerStatus(ETH0, FirewallState.SEALED, VnicMode.SEALED);
        answerStatus(ETH1, FirewallState.SEALED, VnicMode.SEALED);

        refuse(ETH0, RefusalCode.HOST_UNAVAILABLE);
        refuse(ETH1, RefusalCode.TOO_LATE);

        assertRefused(done, RefusalCode.TOO_LATE);
        firewalls.values().forEach(firewall -> firewall.expectNoMessage(Duration.ofMillis(20)));
    }

    @Test
    void shouldTakeBackUnheardWhatCannotAskOnceTheOthersAreBack() {
        CompletableFuture<Void> done = host.reclaim(WEB, 3).toCompletableFuture();
        answerStatus(ETH0, FirewallState.SEALED, VnicMode.SEALED);
        answerStatus(ETH1, FirewallState.SEALED, VnicMode.SEALED);

        refuse(ETH0, RefusalCode.HOST_UNAVAILABLE);
        firewalls
                .get(ETH1)
                .expectMessageClass(FirewallCommand.AskBack.class)
                .replyTo()
                .tell(enforces(ETH1));

        answerStatus(ETH0, FirewallState.SEALED, VnicMode.SEALED);
        answerStatus(ETH1, FirewallState.ENFORCING, VnicMode.ENFORCING);
        firewalls.values().forEach(firewall -> {
            FirewallCommand.Reclaim reclaim = firewall.expectMessageClass(FirewallCommand.Reclaim.class);
            assertThat(reclaim.newEpoch()).isEqualTo(3);
            reclaim.replyTo().tell(enforces(ETH0));
        });
        HostCommand.AttachVm attach = agent.expectMessageClass(HostCommand.AttachVm.class);
        attach.replyTo().tell(new HostReply.VmAttached(WEB.vm(), 3, 7, List.of()));
        done.join();
    }

    private void refuse(VnicId vnic, RefusalCode code) {
        firewalls
                .get(vnic)
                .expectMessageClass(FirewallCommand.AskBack.class)
                .replyTo()
                .tell(new Refused(code, "no"));
    }

    private static FirewallReply enforces(VnicId vnic) {
        return new FirewallReply.Status(ONE, FirewallState.ENFORCING, status(vnic, VnicMode.ENFORCING));
    }

    @Test
    void shouldAdmitPassiveAndSayTheRevision() {
        CompletableFuture<Long> done = host.admit(WEB, 2).toCompletableFuture();

        HostCommand.AttachVm attach = agent.expectMessageClass(HostCommand.AttachVm.class);
        assertThat(attach.enforce()).isFalse();
        attach.replyTo().tell(new HostReply.VmAttached(WEB.vm(), 2, 7, List.of()));

        assertThat(done.join()).isEqualTo(7);
    }

    @Test
    void shouldPassRefusalsOn() {
        CompletableFuture<Void> done = host.attach(WEB, 1).toCompletableFuture();

        agent.expectMessageClass(HostCommand.AttachVm.class)
                .replyTo()
                .tell(new Refused(RefusalCode.CAPACITY, "the host is full"));

        assertRefused(done, RefusalCode.CAPACITY);
    }

    @Test
    void shouldNotTakeBackWhatWasReleasedWhenTheOrderCameLate() {
        CompletableFuture<Void> done = host.reclaim(WEB, 3).toCompletableFuture();
        answerStatus(ETH0, FirewallState.RELEASED, VnicMode.PASSIVE);
        answerStatus(ETH1, FirewallState.RELEASED, VnicMode.PASSIVE);

        assertRefused(done, RefusalCode.STALE_EPOCH);
        agent.expectNoMessage(Duration.ofMillis(20));
    }

    @Test
    void shouldListOnlyVnicsThatAreAttached() {
        CompletableFuture<List<VnicStatus>> done = host.statuses(WEB).toCompletableFuture();

        answerStatus(ETH0, FirewallState.ENFORCING, VnicMode.ENFORCING);
        answerStatus(ETH1, FirewallState.RELEASED, VnicMode.PASSIVE);

        assertThat(done.join()).extracting(VnicStatus::vnic).containsExactly(ETH0);
    }

    @Test
    void shouldSayWhatStillFits() {
        VmSpec onItsWay = FakeCluster.spec("acme/db-1", 1);
        CompletableFuture<AgentCommand.HostLoad> done =
                host.load(List.of(onItsWay.vm())).toCompletableFuture();

        agent.expectMessageClass(HostCommand.GetHost.class)
                .replyTo()
                .tell(new HostReply.HostStatus(
                        ONE,
                        false,
                        true,
                        List.of(
                                new HostReply.HostedVm(WEB, 1, List.of()),
                                new HostReply.HostedVm(onItsWay, 1, List.of())),
                        new HostLimits(10, 1_000),
                        Map.of()));

        assertThat(done.join())
                .isEqualTo(new AgentCommand.HostLoad(
                        ONE, List.of(new AgentCommand.VmWeight(WEB.vm(), 2, 0, 0)), 10, true));
    }

    @Test
    void shouldGoOnWithoutAReplicaWhoseHostIsNotUp() {
        CompletableFuture<Restored> done =
                host.takeOver(WEB, 3, new ReplicaPlace(TWO, 2)).toCompletableFuture();

        HostCommand.TakeOverVm takeOver = agent.expectMessageClass(HostCommand.TakeOverVm.class);
        assertThat(takeOver.replicas()).isEmpty();
        takeOver.attach().replyTo().tell(new HostReply.VmAttached(WEB.vm(), 3, 7, List.of()));

        assertThat(done.join()).isEqualTo(Restored.nothing("host " + TWO + ", which has the replica, is not up"));
    }

    @Test
    void shouldRefuseWhenTheFirewallHasMoved() {
        CompletableFuture<?> done = host.expectCutover(ETH0, 2).toCompletableFuture();

        firewalls
                .get(ETH0)
                .expectMessageClass(FirewallCommand.PrepareCutover.class)
                .replyTo()
                .tell(new FirewallReply.Moved(ETH0, TWO, 5));

        assertRefused(done, RefusalCode.WRONG_STATE);
    }

    @Test
    void shouldFailInTimeWhenNobodyAnswers() {
        VmHost impatient = host("portcullis.migration.check-timeout = 100ms");

        assertRefused(impatient.wouldTake(WEB).toCompletableFuture(), RefusalCode.TIMEOUT);
    }

    @Test
    void shouldFailAtOnceWhenTheHostIsNotUp() {
        actors.up = false;

        assertRefused(host.wouldTake(WEB).toCompletableFuture(), RefusalCode.HOST_UNAVAILABLE);
        assertRefused(host.expectCutover(ETH0, 2).toCompletableFuture(), RefusalCode.HOST_UNAVAILABLE);
    }

    private void answerStatus(VnicId vnic, FirewallState state, VnicMode mode) {
        firewalls
                .get(vnic)
                .expectMessageClass(FirewallCommand.GetStatus.class)
                .replyTo()
                .tell(new FirewallReply.Status(ONE, state, status(vnic, mode)));
    }

    private static VnicStatus status(VnicId vnic, VnicMode mode) {
        return new VnicStatus(vnic, 1, mode, "hash", 7, 0, Map.of());
    }

    private static void assertRefused(CompletionStage<?> stage, RefusalCode code) {
        assertThatThrownBy(() -> stage.toCompletableFuture().join())
                .satisfies(failure -> assertThat(HostRefusal.of(failure).code()).isEqualTo(code));
    }

    private static final class NoHosts implements HostLookup {
        @Override
        public Presence presence(HostId host) {
            return Presence.ABSENT;
        }

        @Override
        public Set<HostId> up() {
            return Set.of();
        }

        @Override
        public RecipientRef<AgentCommand> agent(HostId host) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<String> node(HostId host) {
            return Optional.empty();
        }
    }

    private final class Actors implements VnicActors {
        volatile boolean up = true;

        @Override
        public HostDirectory hosts() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<RecipientRef<FirewallCommand>> firewall(HostId id, VnicId vnic) {
            return up ? Optional.of(firewalls.get(vnic).getRef()) : Optional.empty();
        }

        @Override
        public Optional<ActorRef<HostCommand>> hostAgent(HostId id) {
            return up ? Optional.of(agent.getRef()) : Optional.empty();
        }

        @Override
        public RecipientRef<TenantCommand> tenantPolicy(TenantId tenant) {
            throw new UnsupportedOperationException();
        }

        @Override
        public RecipientRef<RegistryCommand> tenantRegistry() {
            throw new UnsupportedOperationException();
        }
    }
}
