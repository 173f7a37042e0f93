package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ETH0;
import static io.portcullis.migration.FakeCluster.ETH1;
import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static io.portcullis.migration.FakeCluster.WEB;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.FakeVmHost.Op;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.policy.HostId;
import java.util.List;
import org.awaitility.Awaitility;

/** Moves of web-1, which has connections, from the first host to the second, and how they may end. */
final class WebMove {
    private final FakeCluster cluster;

    /** Attaches web-1 to the first host. */
    WebMove(FakeCluster cluster) {
        this.cluster = cluster;
        cluster.attach(WEB, ONE);
        cluster.host(ONE).fill(ETH0, 9);
    }

    /** Returns when the migration has ended. */
    MigrationReceipt run() {
        return cluster.receipt(WEB, cluster.startMigration(WEB, TWO));
    }

    /** Begins, and returns its id as soon as {@code where} was told to do {@code until}. */
    String startUntil(Op until, HostId where) {
        String id = cluster.startMigration(WEB, TWO);
        Awaitility.await().until(() -> cluster.host(where).calls(until) > 0);
        return id;
    }

    void assertRolledBack(MigrationReceipt receipt) {
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        assertThat(receipt.epochAfter()).isEqualTo(1);
        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        assertThat(cluster.host(ONE).mode(ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(cluster.host(ONE).epoch(ETH0)).isEqualTo(1);
    }

    void assertReclaimed(MigrationReceipt receipt) {
        assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.RECLAIMED);
        assertThat(receipt.epochAfter()).isEqualTo(3);
        assertThat(receipt.problems()).isNotEmpty();
        assertThat(cluster.view(WEB).host()).isEqualTo(ONE);
        assertThat(List.of(ETH0, ETH1)).allSatisfy(vnic -> {
            assertThat(cluster.host(ONE).mode(vnic)).isEqualTo(VnicMode.ENFORCING);
            assertThat(cluster.host(ONE).epoch(vnic)).isEqualTo(3);
        });
    }

    /** Returns when the second host has nothing of web-1 any more. */
    void awaitCleared() {
        Awaitility.await()
                .until(() -> cluster.host(TWO).mode(ETH0) == null
                        && cluster.host(TWO).mode(ETH1) == null);
    }
}
