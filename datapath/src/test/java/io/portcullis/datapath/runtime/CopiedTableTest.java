package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A table is copied, a few connections at a time, while its vNIC enforces. */
class CopiedTableTest {
    private static final int UDP = 17;
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, UDP, 6_000));
    private static final VnicId ID = vnic(1, 1).vnic();
    private static final int CONNECTIONS = 20 * OutgoingTable.SLOTS_PER_STEP;
    private static final long PAUSE_NANOS = 20_000;

    private final TestHosts hosts = new TestHosts(1);
    private final DataPathRuntime first = hosts.host("host-1");
    private final DataPathRuntime second = hosts.host("host-2");
    private final TestFabric.Vm vm = hosts.vm(1);

    @AfterEach
    void stop() {
        hosts.close();
    }

    @Test
    void shouldHaveAllThatWereThereAndArriveWholeThoughFramesGoOn() throws InterruptedException {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(CONNECTIONS);
        Thread traffic = begin(traffic());
        get(second.attach(vnic(1, 2)));
        int before = 0;
        for (int i = 0; i < 10; i++) {
            int opened = get(first.status(ID)).connections();
            TableSnapshot copy = get(first.snapshot(ID));

            assertThat(copy.entries()).isBetween(opened, get(first.status(ID)).connections());
            VnicStatus restored = get(second.restoreTable(ID, 2, copy));
            assertThat(restored.connections()).isEqualTo(copy.entries()).isGreaterThanOrEqualTo(before);
            before = copy.entries();
        }
        traffic.interrupt();
        traffic.join();
    }

    @Test
    void shouldNotDisturbATableThatIsOnItsWayToAnotherHost() throws InterruptedException {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(CONNECTIONS);
        Thread traffic = begin(traffic());
        CutoverTarget target = prepare();
        int chunks = 0;
        for (int piece = 0; piece < 6; piece++) {
            CompletableFuture<TableSnapshot> copy = first.snapshot(ID).toCompletableFuture();
            for (byte[] chunk : get(first.exportNext(ID, 1, piece == 0)).chunks()) {
                get(second.importNext(ID, 2, chunks++, chunk));
            }
            assertThat(get(copy).entries()).isGreaterThanOrEqualTo(CONNECTIONS);
        }
        CompletableFuture<TableSnapshot> late = first.snapshot(ID).toCompletableFuture();
        SealedVnic sealed = get(first.cutOver(ID, 1, target));
        traffic.interrupt();
        traffic.join();

        assertThat(sealed.isRest()).isTrue();
        assertThat(get(second.importTable(ID, 2, chunks, sealed.table())).connections())
                .isEqualTo(sealed.table().entries());
        assertEnds(late);
        assertThat(get(first.snapshot(ID)).digest()).isEqualTo(sealed.table().digest());
    }

    @Test
    void shouldKeepNobodyWaitingWhoseVnicLeavesOrWhoseHostStops() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(CONNECTIONS);
        CompletableFuture<TableSnapshot> given = first.snapshot(ID).toCompletableFuture();
        CompletableFuture<TableSnapshot> again = first.snapshot(ID).toCompletableFuture();
        get(first.release(ID, 1));
        assertEnds(given);
        assertEnds(again);

        hosts.enforce(first, vnic(1, 2), RULES);
        CompletableFuture<TableSnapshot> stopped = first.snapshot(ID).toCompletableFuture();
        first.close();
        assertEnds(stopped);
    }

    /** Whichever was first: with all, or because there is nothing more to copy. */
    private static void assertEnds(CompletableFuture<TableSnapshot> copy) {
        Throwable failure = copy.handle(CopiedTableTest::failure)
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
        if (failure != null) {
            assertThat(DataPathException.causeOf(failure))
                    .isInstanceOfSatisfying(
                            DataPathException.class,
                            refused -> assertThat(refused.reason()).isIn(Reason.WRONG_MODE, Reason.CLOSED));
        }
    }

    private static @Nullable Throwable failure(@Nullable TableSnapshot copy, @Nullable Throwable failure) {
        return failure;
    }

    /** Old connections, and new ones now and then. */
    private Runnable traffic() {
        long seed = new Random().nextLong();
        System.out.println("CopiedTableTest seed " + seed);
        return () -> {
            Random random = new Random(seed);
            while (!Thread.currentThread().isInterrupted()) {
                vm.send(datagram(random.nextInt(3 * CONNECTIONS)));
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        };
    }

    private static Thread begin(Runnable traffic) {
        return Thread.ofPlatform().daemon().start(traffic);
    }

    private CutoverTarget prepare() {
        get(second.attach(vnic(1, 2)));
        get(second.installRules(ID, 2, 1, RULES));
        return get(second.expectCutover(ID, 2));
    }

    private void open(int count) {
        for (int i = 0; i < count; i++) {
            vm.send(datagram(i));
            if (i % 1_000 == 999) {
                int sent = i + 1;
                await().until(() -> get(first.status(ID)).connections() == sent);
            }
        }
        await().until(() -> get(first.status(ID)).connections() == count);
    }

    private static byte[] datagram(int connection) {
        return FrameBuilder.frame(mac(1), mac(9))
                .ip(ip("10.0.0.1"), ip("10.0.0.9"))
                .udp(10_000 + connection, 6_000)
                .payload(new byte[8])
                .build();
    }
}
