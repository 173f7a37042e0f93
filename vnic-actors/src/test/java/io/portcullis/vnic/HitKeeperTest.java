package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.persistence.HostHits;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host counted of rules outlives its actors and its process. */
class HitKeeperTest {
    private static final RuleHit HIT = new RuleHit(7, 3, 1_000);

    @TempDir
    private Path directory;

    private HostAgentFixture host;

    @BeforeEach
    void start() {
        host = new HostAgentFixture(directory);
    }

    @AfterEach
    void stop() {
        host.close();
    }

    private HostReply ask() {
        return host.ask(me -> new HostCommand.GetHits(ACME, me));
    }

    private void awaitHits(long hits) {
        await().untilAsserted(() -> assertThat(ask())
                .isInstanceOfSatisfying(
                        HostReply.Hits.class,
                        reply -> assertThat(reply.hits().rules()).containsExactly(new RuleHit(7, hits, 1_000))));
    }

    private List<HostHits> stored() {
        return host.ruleHits.listByHost(HOST_1).toCompletableFuture().join();
    }

    @Test
    void shouldGoOnCountingWhenItsProcessWasKilled() {
        ActorRef<HostCommand> agent = host.start();
        host.dataPath.hits().add(ACME, HIT);
        awaitHits(3);
        await().until(() -> stored().size() == 1);

        host.stopActors(agent);
        host.start();
        awaitHits(3);
        host.dataPath.hits().add(ACME, HIT);
        awaitHits(6);
        await().until(() -> stored().getFirst().hits().rules().getFirst().hits() == 6);

        host.dataPath.crash();
        host.dataPath.hits().add(ACME, HIT);
        host.start();
        awaitHits(9);
        assertThat(stored().getFirst().hits().countedSince())
                .as("without a gap")
                .isNull();
    }

    @Test
    void shouldSayFromWhenOnItCountedIfNobodyKnowsWhatItCountedBefore() {
        host.list(1);
        Instant before = Instant.now().minusSeconds(1);
        host.start();
        await().until(() -> !stored().isEmpty());
        assertThat(stored().getFirst().hits().countedSince()).isAfter(before);
    }

    @Test
    void shouldNeitherWriteNorAnswerBeforeItKnowsWhatItHadCounted() {
        host.ruleHits
                .put(List.of(new HostHits(HOST_1, ACME, Instant.EPOCH, new TenantHits(null, List.of(HIT)))))
                .toCompletableFuture()
                .join();
        host.ruleHits.setDown(true);
        host.start();
        host.dataPath.hits().add(ACME, HIT);
        assertThat(((Refused) ask()).code()).isEqualTo(RefusalCode.HOST_UNAVAILABLE);
        host.ruleHits.setDown(false);
        awaitHits(6);
        host.ruleHits.setDown(true);
        host.dataPath.hits().add(ACME, HIT);
        awaitHits(9);
        host.ruleHits.setDown(false);
        await().until(() -> stored().getFirst().hits().rules().getFirst().hits() == 9);
    }

    @Test
    void shouldWriteBeforeItsLastCheckpoint() {
        host.start();
        awaitAnswers();
        host.dataPath.hits().add(ACME, HIT);
        assertThat(host.ask(HostCommand.WriteCheckpoints::new)).isInstanceOf(HostReply.Checkpointed.class);
        assertThat(stored()).hasSize(1);
        host.ruleHits.setDown(true);
        host.dataPath.hits().add(ACME, HIT);
        assertThat(host.ask(HostCommand.WriteCheckpoints::new))
                .as("checkpoints come all the same")
                .isInstanceOf(HostReply.Checkpointed.class);
    }

    @Test
    void shouldBeginAnewForATenantThatIsMadeAgain() {
        ActorRef<HostCommand> agent = host.start();
        host.dataPath.hits().add(ACME, HIT);
        awaitHits(3);
        agent.tell(new HostCommand.ForgetHits(ACME));
        assertThat(ask()).isEqualTo(new HostReply.Hits(HOST_1, TenantHits.NONE));
    }

    private void awaitAnswers() {
        await().until(() -> ask() instanceof HostReply.Hits);
    }
}
