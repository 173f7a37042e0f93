package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.migration.model.CutTurns;
import io.portcullis.migration.model.EnforcementHistory;
import io.portcullis.migration.model.TargetMachine;
import io.portcullis.migration.model.VnicHandover;
import io.portcullis.persistence.StateChunk;
import io.portcullis.vnic.RefusalCode;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nothing of what the source sends is sent a second time here, so that whatever depends on a repetition does not end. */
class TargetSessionTest {
    private static final byte[] BYTES = {1, 2, 3};

    private final ActorTestKit kit = ActorTestKit.create(
            "target-test",
            ConfigFactory.parseResources("application-test.conf")
                    .withFallback(ConfigFactory.load())
                    .resolve());
    private final FakeVmHost host = new FakeVmHost(TWO, new EnforcementHistory());
    private final TestProbe<PlacementCommand> placement = kit.createTestProbe();
    private final TestProbe<SourceCommand> source = kit.createTestProbe();
    private final ActorRef<TargetCommand> session = kit.spawn(TargetSession.create(
            new AgentCommand.PrepareTarget("m1", WEB, 2),
            new AgentEnvironment(
                    host,
                    _ -> placement.getRef(),
                    MigrationSettings.of(kit.system().settings().config()),
                    new TurnCounters()),
            new CutTurns<>(1),
            kit.<AgentCommand>createTestProbe().getRef()));
    private final PlacementCommand.TargetReady ready = placement.expectMessageClass(PlacementCommand.TargetReady.class);

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldActivateWhenTheHandoverOvertakesTheState() {
        session.tell(new TargetCommand.OpenTransfer("m1", source.getRef()));
        session.tell(handover());
        ready.chunks().tell(chunk(true));
        ready.chunks().tell(chunk(false));

        expectActivation();
    }

    @Test
    void shouldKeepStateThatComesBeforeItsSourceIsKnown() {
        ready.chunks().tell(chunk(true));
        ready.chunks().tell(chunk(false));
        session.tell(handover());

        expectActivation();
    }

    @Test
    void shouldLetTheSourceCutOnceWhatCameIsOnDisk() {
        host.hang(FakeVmHost.Op.KEEP_AHEAD);
        rehearse(false);
        rehearse(false);
        ready.chunks().tell(new StateChunk("m1", ETH0, TargetMachine.REHEARSAL, false, new byte[0]));
        source.expectMessageClass(SourceCommand.ChunkAcknowledged.class);

        host.goOn(FakeVmHost.Op.KEEP_AHEAD);

        source.expectMessageClass(SourceCommand.Rehearsed.class);
        assertThat(host.calls(FakeVmHost.Op.KEEP_AHEAD)).isEqualTo(1);
    }

    @Test
    void shouldNotWaitForTheDiskWhileTheVmStandsStill() {
        host.hang(FakeVmHost.Op.KEEP_AHEAD);
        rehearse(true);
        source.expectMessageClass(SourceCommand.Rehearsed.class);
    }

    @Test
    void shouldGoOnWithoutADisk() {
        host.failNext(FakeVmHost.Op.KEEP_AHEAD, RefusalCode.WRONG_STATE, 1);
        rehearse(false);
        source.expectMessageClass(SourceCommand.Rehearsed.class);
    }

    private void rehearse(boolean vmStopped) {
        session.tell(new TargetCommand.Rehearse("m1", List.of(), source.getRef(), vmStopped));
    }

    private void expectActivation() {
        source.fishForMessage(
                Duration.ofSeconds(10),
                answer -> answer instanceof SourceCommand.HandoverAccepted
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        assertThat(host.tableOf(ETH0)).hasSize(1);
        assertThat(host.tableOf(ETH1)).hasSize(1);
    }

    private static StateChunk chunk(boolean first) {
        return new StateChunk("m1", first ? ETH0 : ETH1, 0, false, BYTES);
    }

    private TargetCommand.Handover handover() {
        long digest = Arrays.hashCode(BYTES);
        return new TargetCommand.Handover(
                "m1",
                2,
                List.of(
                        new VnicHandover(ETH0, 1, 1, 3, digest, FakeVmHost.REVISION, 0, 1),
                        new VnicHandover(ETH1, 1, 1, 3, digest, FakeVmHost.REVISION, 0, 1)),
                source.getRef());
    }
}
