package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.BulkOperation.Kind;
import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.policy.VmId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A drain meets a placement that is nowhere for a while, as when its node was killed. */
class BulkUnansweredTest {
    private final FakeCluster cluster = new FakeCluster("check-timeout = 3s, evacuation.attempts = 1");
    private final AtomicInteger asked = new AtomicInteger();

    @AfterEach
    void stop() {
        cluster.close();
    }

    private RecipientRef<PlacementCommand> placement(VmId vm) {
        return asked.getAndIncrement() == 0
                ? cluster.kit.<PlacementCommand>createTestProbe().getRef()
                : cluster.placement(vm);
    }

    @Test
    void shouldAskAgainAndNotCallThatAnAttempt() {
        cluster.attach(WEB, ONE);
        ActorRef<BulkCommand> operations = cluster.kit.spawn(BulkOperations.create(new BulkEnvironment(
                cluster,
                this::placement,
                host -> CompletableFuture.completedFuture(cluster.vmsAt(host)),
                _ -> CompletableFuture.completedFuture(Map.of()),
                _ -> {},
                cluster.settings,
                System::currentTimeMillis)));
        TestProbe<BulkReply> answers = cluster.kit.createTestProbe();

        operations.tell(new BulkCommand.Empty(Kind.DRAIN, ONE, BulkCommand.Wishes.NONE, "ann", answers.getRef()));
        answers.receiveMessage(FakeCluster.PATIENCE);

        Awaitility.await().until(() -> {
            operations.tell(new BulkCommand.GetDrain(ONE, answers.getRef()));
            return ((BulkReply.Status) answers.receiveMessage(FakeCluster.PATIENCE)).phase() == Phase.DONE;
        });
        assertThat(cluster.vmsAt(TWO)).isEqualTo(List.of(WEB.vm()));
    }
}
