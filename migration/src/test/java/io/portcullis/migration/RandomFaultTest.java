package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Many migrations while messages between nodes get lost or come twice and steps fail. The seed repeats the choices. */
class RandomFaultTest {
    private static final int MIGRATIONS = 25;
    private static final List<Op> FALLIBLE =
            List.of(Op.ADMIT, Op.EXPECT, Op.CUT, Op.IMPORT, Op.ACTIVATE, Op.RECLAIM, Op.RELEASE, Op.DETACH);

    @Test
    void shouldEndEveryMigrationAndNeverEnforceTwice() {
        long seed = Long.getLong("portcullis.test.seed", new Random().nextLong());
        System.out.println("RandomFaultTest seed " + seed);
        RandomGenerator random = new Random(seed);
        try (FakeCluster cluster =
                new FakeCluster("cutover-timeout = 1s, release-timeout = 1s, prepare-timeout = 1s")) {
            cluster.attach(WEB, ONE);
            cluster.host(ONE).fill(ETH0, 12);
            cluster.loseMessages(new Random(seed + 1), 0.05);
            for (int i = 0; i < MIGRATIONS; i++) {
                HostId from = Objects.requireNonNull(cluster.view(WEB).host());
                HostId to = from.equals(ONE) ? TWO : ONE;
                if (random.nextInt(3) == 0) {
                    Op op = FALLIBLE.get(random.nextInt(FALLIBLE.size()));
                    cluster.host(random.nextBoolean() ? from : to)
                            .failNext(op, RefusalCode.TIMEOUT, 1 + random.nextInt(3));
                }
                if (cluster.migrate(WEB, to) instanceof PlacementReply.MigrationAccepted accepted) {
                    if (random.nextInt(5) == 0) {
                        cluster.restartPlacement(WEB.vm());
                    }
                    MigrationReceipt receipt = cluster.receipt(WEB, accepted.id());
                    assertThat(cluster.view(WEB).epoch()).isEqualTo(receipt.epochAfter());
                }
            }
            cluster.loseMessages(new Random(seed), 0);
            HostId host = Objects.requireNonNull(cluster.view(WEB).host());
            assertThat(List.of(ETH0, ETH1)).allSatisfy(vnic -> {
                assertThat(cluster.host(host).mode(vnic)).isEqualTo(VnicMode.ENFORCING);
                assertThat(cluster.host(host).epoch(vnic))
                        .isEqualTo(cluster.view(WEB).epoch());
            });
            assertThat(cluster.host(host).tableOf(ETH0)).hasSize(12);
        }
    }
}
