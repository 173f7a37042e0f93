package io.portcullis.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.model.Rule;
import java.nio.file.Path;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A rule is taken back at any moment of a migration. From when the change is said to be realized no datagram of the flow gets
 * through, whichever host enforces by then, and none of the moves fails or loses its table for it.
 */
class RevocationDuringMigrationTest {
    private static final int MOVES = 16;
    /** How many datagrams are sent, and must not come, after the change is realized. */
    private static final int SENT_AFTER = 200;

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @TempDir
    private Path dataDir;

    @Test
    void shouldLetNothingThroughOnceARevocationIsRealized() throws Exception {
        System.out.println("RevocationDuringMigrationTest: -Dportcullis.seed=" + seed);
        try (TwoNodes nodes = TwoNodes.start(dataDir)) {
            nodes.startTraffic();
            // the change comes at any moment of a move, as far as the one before tells how long a move takes
            long moveMillis = 200;
            for (int move = 1; move <= MOVES; move++) {
                LiveFlowMode mode = random.nextBoolean() ? LiveFlowMode.RECHECK : LiveFlowMode.RESET;
                String migration = nodes.order(move % 2 == 1 ? nodes.two : nodes.one);
                LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(moveMillis)));
                nodes.putPolicy(Rule.drop("closed").anyService().liveFlows(mode));
                nodes.awaitRealized();

                long lastOfWeb = nodes.nextOfWeb.get();
                long lastOfDb = nodes.nextOfDb.get();
                nodes.awaitSent(SENT_AFTER);
                MigrationReceipt receipt = nodes.awaitReceipt(migration);
                assertNoneFrom(nodes.atDb, lastOfWeb, move, receipt);
                assertNoneFrom(nodes.atWeb, lastOfDb, move, receipt);
                assertThat(receipt.lossless()).as(receipt.toString()).isTrue();
                assertThat(receipt.problems()).isEmpty();

                moveMillis = Math.max(
                        1,
                        receipt.phases().getLast().atMillis()
                                - receipt.phases().getFirst().atMillis());
                nodes.putPolicy(Rule.allow("open").anyService());
                nodes.awaitDatagrams();
            }
        }
    }

    private void assertNoneFrom(Queue<Long> came, long number, int move, MigrationReceipt receipt) {
        assertThat(came.stream().filter(each -> each >= number).count())
                .as("datagrams after the revocation, move %d, seed %d, %s", move, seed, receipt)
                .isZero();
    }
}
