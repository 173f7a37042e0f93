package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.BulkReply;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DepartureTest {
    private static final HostId ONE = new HostId("host-1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ActorTestKit kit = ActorTestKit.create(ConfigFactory.parseString("pekko.fail-mixed-versions = off"));
    private final TestProbe<BulkCommand> operations = kit.createTestProbe();
    private final AtomicInteger stops = new AtomicInteger();
    private final ActorRef<Departure.Command> departure =
            kit.spawn(Departure.create(ONE, operations.getRef(), stops::incrementAndGet));

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldSayHowFarItIsAndWhatASecondSignalCosts() {
        assertThat(Departure.progress(status())).isEqualTo("1 of 3 VMs moved, 1 moving, 1 waiting, some 4 s left");
        assertThat(Departure.lost(status()))
                .startsWith("2 of 3 VMs are still here (acme/web-1 and others)")
                .contains("without connections");
        assertThat(Departure.lost(null)).contains("nobody knows");
    }

    @Test
    void shouldEmptyTheHostAtTheFirstSignalAndStopAtTheSecond() {
        departure.tell(new Departure.Signalled());
        BulkCommand.Empty begun = operations.expectMessageClass(BulkCommand.Empty.class, PATIENCE);
        assertThat(begun.kind()).isEqualTo(BulkOperation.Kind.LEAVE);
        assertThat(begun.host()).isEqualTo(ONE);
        begun.replyTo().tell(status());

        departure.tell(new Departure.Signalled());

        BulkCommand.StopDrain cancelled = cancelled();
        cancelled.replyTo().tell(status());
        Awaitility.await().atMost(PATIENCE).until(() -> stops.get() == 1);
    }

    @Test
    void shouldStopAtTheSecondSignalAlsoIfNobodyAnswers() {
        departure.tell(new Departure.Signalled());
        departure.tell(new Departure.Signalled());
        departure.tell(new Departure.Signalled());

        Awaitility.await().atMost(PATIENCE).until(() -> stops.get() == 1);
    }

    @Test
    void shouldTryAgainWhenItIsRefused() {
        departure.tell(new Departure.Signalled());
        operations
                .expectMessageClass(BulkCommand.Empty.class, PATIENCE)
                .replyTo()
                .tell(new BulkReply.Refused(RefusalCode.WRONG_STATE, "it is being emptied already"));

        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> operations.receiveMessage(PATIENCE) instanceof BulkCommand.Empty);
        assertThat(stops).hasValue(0);
    }

    private BulkCommand.StopDrain cancelled() {
        while (true) {
            if (operations.receiveMessage(PATIENCE) instanceof BulkCommand.StopDrain stop) {
                return stop;
            }
        }
    }

    private static BulkReply.Status status() {
        return new BulkReply.Status(
                "op-1",
                BulkOperation.Kind.LEAVE,
                ONE,
                List.of(),
                BulkOperation.Phase.RUNNING,
                4,
                BulkOperation.Priority.NORMAL,
                "signal",
                1,
                0,
                3,
                1,
                List.of(VmId.parse("acme/web-1")),
                1,
                Map.of(),
                4_200L,
                List.of(),
                Map.of(),
                0,
                null);
    }
}
