package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.persistence.StateChunk;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StateTransferTest {
    private static final int WINDOW = 4;

    private final ActorTestKit kit = ActorTestKit.create(
            "transfer-test",
            ConfigFactory.parseResources("application-test.conf")
                    .withFallback(ConfigFactory.load())
                    .resolve());
    private final TestProbe<TargetCommand> session = kit.createTestProbe();
    private final TestProbe<StateChunk> chunks = kit.createTestProbe();
    private final TestProbe<SourceCommand> source = kit.createTestProbe();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldKeepNoMoreChunksOnTheirWayThanTheWindow() {
        StateTransfer transfer = transfer(6, 0);
        transfer.start();

        session.expectMessage(new TargetCommand.OpenTransfer("m1", source.getRef()));
        assertThat(chunks.receiveSeveralMessages(WINDOW))
                .extracting(StateChunk::sequence)
                .containsExactly(0, 1, 2, 3);
        chunks.expectNoMessage(Duration.ofMillis(20));
        session.expectNoMessage(Duration.ofMillis(20));

        transfer.acknowledged(ETH0, 0);
        assertThat(chunks.receiveMessage().sequence()).isEqualTo(4);
        transfer.acknowledged(ETH0, 0);
        chunks.expectNoMessage(Duration.ofMillis(20));
        transfer.acknowledged(ETH0, 1);
        StateChunk last = chunks.receiveMessage();
        assertThat(last.last()).isTrue();
        TargetCommand.Handover handover = session.expectMessageClass(TargetCommand.Handover.class);
        assertThat(handover.epoch()).isEqualTo(2);
        assertThat(handover.vnics())
                .anySatisfy(vnic -> {
                    assertThat(vnic.vnic()).isEqualTo(ETH0);
                    assertThat(vnic.chunks()).isEqualTo(6);
                    assertThat(vnic.bytes()).isEqualTo(60);
                })
                .anySatisfy(vnic -> assertThat(vnic.chunks()).isZero());
    }

    @Test
    void shouldHandOverAtOnceWhenTheTablesAreEmpty() {
        transfer(0, 0).start();

        session.expectMessageClass(TargetCommand.OpenTransfer.class);
        session.expectMessageClass(TargetCommand.Handover.class);
        chunks.expectNoMessage(Duration.ofMillis(20));
    }

    @Test
    void shouldSendAgainWhatWasLostButOnlyWhenStuck() {
        StateTransfer transfer = transfer(2, 1);
        transfer.start();
        chunks.receiveSeveralMessages(3);
        session.receiveSeveralMessages(2);

        transfer.repeatIfStuck();
        chunks.expectNoMessage(Duration.ofMillis(20));
        transfer.acknowledged(ETH0, 1);
        transfer.repeatIfStuck();
        chunks.expectNoMessage(Duration.ofMillis(20));
        transfer.repeatIfStuck();

        assertThat(chunks.receiveSeveralMessages(2))
                .extracting(StateChunk::vnic)
                .contains(ETH0, ETH1);
        session.expectMessageClass(TargetCommand.OpenTransfer.class);
        session.expectMessageClass(TargetCommand.Handover.class);
    }

    private StateTransfer transfer(int first, int second) {
        AgentCommand.StartCutover order =
                new AgentCommand.StartCutover("m1", WEB, 1, 2, 3, 7, List.of(), session.getRef(), chunks.getRef());
        return new StateTransfer(order, Map.of(ETH0, sealed(first), ETH1, sealed(second)), WINDOW, source.getRef());
    }

    private static SealedVnic sealed(int chunkCount) {
        List<byte[]> table =
                IntStream.range(0, chunkCount).mapToObj(i -> new byte[10]).toList();
        return new SealedVnic(new TableSnapshot(table, chunkCount, 5), 7, 3, 1_000);
    }
}
