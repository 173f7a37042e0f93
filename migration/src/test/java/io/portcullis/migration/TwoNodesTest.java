package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.VnicTransfer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
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

    @Test
    void shouldMoveALargeTableInRoundsWhileItChanges() throws Exception {
        int flows = 60_000;
        try (TwoNodes nodes = TwoNodes.start(dataDir)) {
            nodes.openFlows(flows);
            nodes.startTraffic();
            AtomicBoolean stop = new AtomicBoolean();
            Thread changes = Thread.ofPlatform().daemon().start(() -> {
                for (int flow = 0; !stop.get(); flow = (flow + 7_919) % (flows + 500)) {
                    nodes.touchFlow(flow);
                    LockSupport.parkNanos(100_000);
                }
            });
            for (TestNode to : List.of(nodes.two, nodes.one, nodes.two)) {
                MigrationReceipt receipt = nodes.awaitReceipt(nodes.order(to));
                assertThat(receipt.lossless()).as(receipt.toString()).isTrue();
                VnicTransfer web = receipt.vnics().getFirst();
                assertThat(web.entriesReceived()).isGreaterThan(flows / 2);
                assertThat(web.rounds()).isNotEmpty();
                assertThat(web.rounds().getFirst().entries()).isGreaterThan(flows / 2);
                assertThat(web.restBytes()).isLessThan(web.rounds().getFirst().bytes());
            }
            stop.set(true);
            changes.join();
            nodes.stopTraffic();
            long ofWeb = nodes.nextOfWeb.get();
            long ofDb = nodes.nextOfDb.get();
            await().atMost(TestNode.PATIENCE).until(() -> nodes.atDb.size() >= ofWeb && nodes.atWeb.size() >= ofDb);
            assertThat(List.copyOf(nodes.atDb)).hasSize((int) ofWeb).isSorted();
            assertThat(List.copyOf(nodes.atWeb)).hasSize((int) ofDb).isSorted();
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
