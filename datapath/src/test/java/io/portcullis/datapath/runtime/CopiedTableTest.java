package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableCodec;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
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
    void shouldHaveAllThatWereThereInEachRoundAndArriveAsItIsInTheEnd() throws InterruptedException {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(CONNECTIONS);
        get(second.attach(vnic(1, 2)));
        Thread traffic = begin(traffic());
        List<SavedTable.Part> parts = new ArrayList<>();
        int before = 0;
        for (int round = 0; round < 10; round++) {
            int opened = get(first.status(ID)).connections();
            int copied = copyRound(1, round == 0, parts);

            assertThat(copied).isBetween(opened, get(first.status(ID)).connections());
            assertThat(restore(second, parts, copied).connections())
                    .isEqualTo(copied)
                    .isGreaterThanOrEqualTo(before);
            before = copied;
        }
        traffic.interrupt();
        traffic.join();
        await("what was on its way is decided").untilAsserted(() -> {
            restore(second, parts, copyRound(1, false, parts));
            assertThat(get(second.snapshot(ID)).digest())
                    .isEqualTo(get(first.snapshot(ID)).digest());
        });
    }

    @Test
    void shouldSendOnlyWhatHasChangedAndKeepTwoCopiesAtMost() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(100);
        List<SavedTable.Part> parts = new ArrayList<>();
        assertThat(copyRound(1, true, parts)).isEqualTo(100);
        assertThat(copyRound(2, true, new ArrayList<>())).isEqualTo(100);
        assertThat(get(first.copyNext(ID, 1, false)).chunks()).isEmpty();
        vm.send(datagram(7));
        vm.send(datagram(100));
        await().until(() -> get(first.status(ID)).connections() == 101);
        CopiedPiece piece = get(first.copyNext(ID, 1, false));
        assertThat(piece.entries()).isEqualTo(101);
        assertThat(piece.bytes()).isBetween(1L, 300L);

        get(first.keepCopy(ID, 2));
        assertRefused(1);
        assertThat(get(first.copyNext(ID, 2, false)).entries()).isEqualTo(101);
        get(first.copyNext(ID, 3, true));
        get(first.copyNext(ID, 4, true));
        assertRefused(2);
        assertThat(get(first.copyNext(ID, 3, false)).entries()).isEqualTo(101);
    }

    @Test
    void shouldRestoreConnectionsAsOldAsTheyAre() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(100);
        List<SavedTable.Part> parts = new ArrayList<>();
        int copied = copyRound(1, true, parts);
        get(second.attach(vnic(1, 2)));
        get(second.installRules(ID, 2, 1, RULES));
        List<SavedTable.Part> old = parts.stream()
                .map(part -> new SavedTable.Part(part.taken().minus(Duration.ofDays(400)), part.chunks()))
                .toList();

        assertThat(restore(second, old, copied).connections()).isEqualTo(100);

        get(second.resume(ID, 2));
        await("their time is over").until(() -> get(second.status(ID)).connections() == 0);
    }

    @Test
    void shouldRestoreNothingOfWhatIsNotWhole() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(100);
        List<SavedTable.Part> parts = new ArrayList<>();
        int copied = copyRound(1, true, parts);
        get(second.attach(vnic(1, 2)));

        assertThatThrownBy(() -> restore(second, parts, copied + 1))
                .hasFieldOrPropertyWithValue("reason", Reason.BAD_SNAPSHOT);
        assertThatThrownBy(() -> restore(second, parts, 1 << 28))
                .hasFieldOrPropertyWithValue("reason", Reason.CAPACITY);
        byte[] damaged = parts.getFirst().chunks().getFirst().clone();
        damaged[damaged.length / 2] ^= 1;
        SavedTable.Part bad = new SavedTable.Part(parts.getFirst().taken(), List.of(damaged));
        assertThatThrownBy(() -> restore(second, List.of(bad), copied))
                .hasFieldOrPropertyWithValue("reason", Reason.BAD_SNAPSHOT);

        assertThat(get(second.status(ID)).connections()).isZero();
        assertThat(restore(second, parts, copied).connections()).isEqualTo(copied);
    }

    @Test
    void shouldNotDisturbATableThatIsOnItsWayToAnotherHostAndEndWithTheCut() throws InterruptedException {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(CONNECTIONS);
        Thread traffic = begin(traffic());
        CutoverTarget target = prepare();
        int chunks = 0;
        for (int piece = 0; piece < 6; piece++) {
            CompletableFuture<CopiedPiece> copied =
                    first.copyNext(ID, 1, piece == 0).toCompletableFuture();
            for (byte[] chunk : get(first.exportNext(ID, 1, piece == 0, TableCodec.FORMAT_VERSION))
                    .chunks()) {
                get(second.importNext(ID, 2, chunks++, chunk));
            }
            assertThat(get(copied).entries()).isGreaterThanOrEqualTo(CONNECTIONS);
        }
        CompletableFuture<CopiedPiece> late = first.copyNext(ID, 2, true).toCompletableFuture();
        SealedVnic sealed = get(first.cutOver(ID, 1, target));
        traffic.interrupt();
        traffic.join();

        assertThat(sealed.isRest()).isTrue();
        assertThat(get(second.importTable(ID, 2, chunks, sealed.table())).connections())
                .isEqualTo(sealed.table().entries());
        assertEnds(late);
        assertRefused(1);
        get(first.reclaim(ID, 3));
        assertRefused(1);
        assertThat(copyRound(1, true, new ArrayList<>()))
                .isGreaterThanOrEqualTo(sealed.table().entries());
    }

    @Test
    void shouldKeepNobodyWaitingWhoseVnicLeavesOrWhoseHostStops() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(CONNECTIONS);
        CompletableFuture<CopiedPiece> given = first.copyNext(ID, 1, true).toCompletableFuture();
        CompletableFuture<CopiedPiece> again = first.copyNext(ID, 1, true).toCompletableFuture();
        get(first.release(ID, 1));
        assertEnds(given);
        assertEnds(again);

        hosts.enforce(first, vnic(1, 2), RULES);
        CompletableFuture<CopiedPiece> stopped = first.copyNext(ID, 1, true).toCompletableFuture();
        first.close();
        assertEnds(stopped);
    }

    private void assertRefused(long copy) {
        assertThatThrownBy(() -> get(first.copyNext(ID, copy, false)))
                .hasFieldOrPropertyWithValue("reason", Reason.WRONG_MODE);
    }

    /** Whichever was first: with all, or because there is nothing more to copy. */
    private static void assertEnds(CompletableFuture<CopiedPiece> copy) {
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

    private static @Nullable Throwable failure(@Nullable CopiedPiece copy, @Nullable Throwable failure) {
        return failure;
    }

    /** Adds a round, and answers how many connections there are with it. */
    private int copyRound(long copy, boolean isFirst, List<SavedTable.Part> parts) {
        CopiedPiece piece = get(first.copyNext(ID, copy, isFirst));
        parts.add(new SavedTable.Part(Instant.now(), piece.chunks()));
        return piece.endsRound() ? piece.entries() : copyRound(copy, false, parts);
    }

    private static VnicStatus restore(DataPathRuntime host, List<SavedTable.Part> parts, int entries) {
        return get(host.restoreTable(ID, 2, new SavedTable(parts, entries, OptionalLong.empty())));
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
