package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.VnicTransfer;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TwoNodesTest {
    private static final int MOVES = 4;

    @TempDir
    private Path dataDir;

    @Test
    void shouldLoseNoDatagramWhileAVmMovesBetweenTwoNodes() throws Exception {
        try (TwoNodes nodes = TwoNodes.start(dataDir)) {
            nodes.startTraffic();
            for (int move = 1; move <= MOVES; move++) {
                MigrationReceipt receipt = nodes.awaitReceipt(nodes.order(move % 2 == 1 ? nodes.two : nodes.one));
                assertThat(receipt.lossless()).as(receipt.toString()).isTrue();
                assertThat(receipt.problems()).isEmpty();
                assertThat(receipt.epochAfter()).isEqualTo(1 + move);
                assertThat(receipt.vnics())
                        .allSatisfy(vnic -> assertThat(vnic.policyRevision()).isPositive())
                        .extracting(VnicTransfer::entriesReceived)
                        .containsExactly(1L);
            }
            nodes.stopTraffic();

            long ofWeb = nodes.nextOfWeb.get();
            long ofDb = nodes.nextOfDb.get();
            await().atMost(TestNode.PATIENCE).until(() -> nodes.atDb.size() >= ofWeb && nodes.atWeb.size() >= ofDb);
            assertThat(nodes.atDb)
                    .containsExactlyElementsOf(
                            LongStream.range(0, ofWeb).boxed().toList());
            assertThat(nodes.atWeb)
                    .containsExactlyElementsOf(LongStream.range(0, ofDb).boxed().toList());
            await().atMost(TestNode.PATIENCE)
                    .untilAsserted(() -> assertThat(nodes.one
                                    .log
                                    .list(TwoNodes.WEB.vm(), 10)
                                    .toCompletableFuture()
                                    .join())
                            .hasSize(MOVES)
                            .allSatisfy(row -> assertThat(row.state()).isEqualTo("COMMITTED"))
                            .allSatisfy(row -> assertThat(row.ended()).isNotNull()));
            evacuate(nodes.one, nodes.two);
        }
    }

    private static void evacuate(TestNode one, TestNode two) {
        BulkReply begun = two.ask(
                two.migration.operations(),
                replyTo ->
                        new BulkCommand.Empty(BulkOperation.Kind.DRAIN, ONE, BulkCommand.Wishes.NONE, "ann", replyTo));
        assertThat(begun).isInstanceOf(BulkReply.Status.class);
        await().atMost(TestNode.PATIENCE).until(() -> {
            BulkReply.Status status = (BulkReply.Status) two.<BulkCommand, BulkReply>ask(
                    two.migration.operations(), replyTo -> new BulkCommand.GetDrain(ONE, replyTo));
            return status.phase() == BulkOperation.Phase.DONE && status.moved() == 1;
        });
        assertThat(one.directory.listByHost(TWO).toCompletableFuture().join()).hasSize(2);
    }
}
