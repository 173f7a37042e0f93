package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.EnforcementHistory;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.TargetMachine;
import io.portcullis.persistence.StateChunk;
import io.portcullis.vnic.RefusalCode;
import java.net.InetSocketAddress;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the source does before it cuts. */
class SourceSessionTest {
    private final ActorTestKit kit = ActorTestKit.create(
            "source-test",
            ConfigFactory.parseString("portcullis.migration.retry-interval = 50ms")
                    .withFallback(ConfigFactory.parseResources("application-test.conf"))
                    .withFallback(ConfigFactory.load())
                    .resolve());
    private final FakeVmHost host = new FakeVmHost(ONE, new EnforcementHistory());
    private final TestProbe<PlacementCommand> placement = kit.createTestProbe();
    private final TestProbe<TargetCommand> target = kit.createTestProbe();
    private final TestProbe<StateChunk> chunks = kit.createTestProbe();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldCutOnlyOnceTheDestinationHasAnsweredTheRehearsal() {
        ActorRef<SourceCommand> session = startSession();

        TargetCommand.Rehearse first = target.expectMessageClass(TargetCommand.Rehearse.class);
        assertThat(first.source()).isEqualTo(session);
        assertThat(chunks.receiveMessage().sequence()).isEqualTo(TargetMachine.REHEARSAL);
        target.expectMessageClass(TargetCommand.Rehearse.class); // lost perhaps, so said again
        assertThat(host.calls(Op.CUT)).isZero();

        session.tell(new SourceCommand.Rehearsed("m1", TargetMachine.like(first.like())));

        Awaitility.await().until(() -> host.calls(Op.CUT) == WEB.vnics().size());
    }

    @Test
    void shouldKeepTheVmWhenTheDestinationRefusesBeforeTheCut() {
        ActorRef<SourceCommand> session = startSession();
        target.expectMessageClass(TargetCommand.Rehearse.class);
        Refusal refusal = new Refusal(RefusalCode.PORT, "the port is gone");

        session.tell(new SourceCommand.HandoverRefused("m1", refusal));

        placement.expectMessage(new PlacementCommand.SourceKept("m1", refusal));
        assertThat(host.calls(Op.CUT)).isZero();
    }

    private ActorRef<SourceCommand> startSession() {
        CutoverTarget tunnel = new CutoverTarget(new InetSocketAddress("127.0.0.1", 1), "token", 1, 2);
        AgentCommand.StartCutover order = new AgentCommand.StartCutover(
                "m1",
                WEB,
                1,
                2,
                3,
                FakeVmHost.REVISION,
                WEB.vnicIds().stream().map(vnic -> new VnicTarget(vnic, tunnel)).toList(),
                target.getRef(),
                chunks.getRef(),
                false);
        AgentEnvironment environment = new AgentEnvironment(
                host,
                _ -> placement.getRef(),
                MigrationSettings.of(kit.system().settings().config()),
                new TurnCounters());
        TestProbe<AgentCommand> agent = kit.createTestProbe();
        return kit.spawn(SourceSession.create(order, Map.of(), environment, () -> {}, agent.getRef()));
    }
}
