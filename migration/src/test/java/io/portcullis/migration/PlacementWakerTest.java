package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.MigrationLog;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PlacementWakerTest {
    private static final ActorTestKit KIT = ActorTestKit.create("waker");
    private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private static final VmId WEB = VmId.parse("acme/web-1");

    private record Pruned(Instant endedBefore, int keep) {}

    /** Fails every other time. */
    private static final class Log implements MigrationLog {
        private final BlockingQueue<Pruned> pruned = new LinkedBlockingQueue<>();
        private int looks;

        @Override
        public CompletionStage<Void> put(MigrationRow row) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Optional<MigrationRow>> find(String id) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletionStage<List<MigrationRow>> list(@Nullable VmId vm, int limit) {
            throw new AssertionError("all rows, with their receipts, are many");
        }

        @Override
        public CompletionStage<List<VmId>> underWay(int limit) {
            assertThat(limit).isEqualTo(PlacementWaker.MOST_WOKEN);
            return looks++ % 2 == 0
                    ? CompletableFuture.failedFuture(new SQLException("away"))
                    : CompletableFuture.completedFuture(List.of(WEB));
        }

        @Override
        public CompletionStage<List<VmId>> comingTo(HostId host) {
            return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public CompletionStage<Integer> prune(Instant endedBefore, int keep) {
            pruned.add(new Pruned(endedBefore, keep));
            return pruned.size() % 2 == 0
                    ? CompletableFuture.completedFuture(3)
                    : CompletableFuture.failedFuture(new SQLException("away"));
        }
    }

    @Test
    void shouldForgetOldMigrationsAgainAndAgainAlsoAfterAFailure() throws InterruptedException {
        Log log = new Log();
        KIT.spawn(PlacementWaker.create(
                log,
                vm -> KIT.<PlacementCommand>createTestProbe().getRef(),
                Duration.ofHours(1),
                new MigrationSettings.Retention(Duration.ofDays(90), 100, Duration.ofMillis(10)),
                Clock.fixed(NOW, ZoneOffset.UTC)));

        for (int round = 0; round < 3; round++) {
            assertThat(log.pruned.poll(60, TimeUnit.SECONDS))
                    .isEqualTo(new Pruned(NOW.minus(Duration.ofDays(90)), 100));
        }
    }

    @Test
    void shouldWakeThePlacementsOfMigrationsUnderWayAlsoAfterAFailure() {
        TestProbe<PlacementCommand> placement = KIT.createTestProbe();
        KIT.spawn(PlacementWaker.create(
                new Log(),
                vm -> {
                    assertThat(vm).isEqualTo(WEB);
                    return placement.ref();
                },
                Duration.ofMillis(10),
                new MigrationSettings.Retention(Duration.ofDays(90), 100, Duration.ofHours(1)),
                Clock.fixed(NOW, ZoneOffset.UTC)));

        for (int round = 0; round < 3; round++) {
            placement.expectMessageClass(PlacementCommand.GetPlacement.class, Duration.ofSeconds(60));
        }
    }
}
