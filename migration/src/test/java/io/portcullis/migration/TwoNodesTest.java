package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.testkit.OpenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TwoNodesTest {
    private static final int MOVES = 4;

    @TempDir
    private Path dataDir;

    @AfterEach
    void shouldHaveNoFileOpenAfterwards() throws IOException {
        assertThat(OpenFiles.in(dataDir)).isEmpty();
    }

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
            evacuateWithinABandwidth(nodes);
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

    /** At one byte a second all tables would take months: they wait, and go on when the operator thinks better of it. */
    private static void evacuateWithinABandwidth(TwoNodes nodes) {
        BulkCommand.Wishes slow = new BulkCommand.Wishes(List.of(ONE), 2, BulkOperation.Priority.NORMAL, 1);
        String id = operation(
                        nodes.one,
                        replyTo -> new BulkCommand.Empty(BulkOperation.Kind.EVACUATE, TWO, slow, "ann", replyTo))
                .id();
        await().atMost(TestNode.PATIENCE).until(() -> {
            BulkReply.Status status = operation(nodes.one, replyTo -> new BulkCommand.GetOperation(id, replyTo));
            return status.moving().size() == 2 && Long.valueOf(0).equals(status.bytesPerSecondUsed());
        });
        assertThat(nodes.placement().phase()).isEqualTo(PlacementPhase.PRECOPYING);
        assertThat(nodes.placement().host()).isEqualTo(TWO);

        operation(nodes.one, replyTo -> new BulkCommand.LimitOperation(id, null, 0L, "ann", replyTo));

        await().atMost(TestNode.PATIENCE).until(() -> {
            BulkReply.Status status = operation(nodes.one, replyTo -> new BulkCommand.GetOperation(id, replyTo));
            return status.phase() == BulkOperation.Phase.DONE && status.moved() == 2;
        });
        MigrationReceipt receipt = Objects.requireNonNull(nodes.placement().lastReceipt());
        assertThat(receipt.lossless()).as(receipt.toString()).isTrue();
        assertThat(receipt.to()).isEqualTo(ONE);
    }

    private static BulkReply.Status operation(TestNode node, Function<ActorRef<BulkReply>, BulkCommand> command) {
        return (BulkReply.Status) node.<BulkCommand, BulkReply>ask(node.migration.operations(), command::apply);
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
