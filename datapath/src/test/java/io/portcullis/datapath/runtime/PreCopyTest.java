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
import io.portcullis.datapath.track.TableCodec;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A table leaves in rounds while its vNIC enforces, and only its rest in the cut. */
class PreCopyTest {
    private static final int UDP = 17;
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, UDP, 6_000));
    private static final VnicId ID = vnic(1, 1).vnic();
    private static final long PAUSE_NANOS = 20_000;

    private final TestHosts hosts = new TestHosts(1);
    private final DataPathRuntime first = hosts.host("host-1");
    private final DataPathRuntime second = hosts.host("host-2");
    private final TestFabric.Vm vm = hosts.vm(1);
    private int nextChunk;
    private @Nullable TableSum here;

    @AfterEach
    void stop() {
        hosts.close();
    }

    @Test
    void shouldArriveAsItIsInTheEndThoughFramesGoOn() throws InterruptedException {
        long seed = new Random().nextLong();
        System.out.println("PreCopyTest seed " + seed);
        hosts.enforce(first, vnic(1, 1), RULES);
        open(0, 3_000);
        CutoverTarget target = prepare();
        Thread traffic = Thread.ofPlatform().daemon().start(() -> {
            Random random = new Random(seed);
            while (!Thread.currentThread().isInterrupted()) {
                vm.send(datagram(random.nextInt(6_000)));
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        });
        int rounds = 0;
        int sent = 0;
        for (boolean isFirst = true; rounds < 5; isFirst = false) {
            ExportedBatch batch = export(isFirst);
            sent += batch.entries();
            rounds += batch.endsRound() ? 1 : 0;
            importChunks(batch.chunks());
            assertThat(here).isEqualTo(batch.sum());
        }
        SealedVnic sealed = get(first.cutOver(ID, 1, target));
        traffic.interrupt();
        traffic.join();

        VnicStatus arrived = get(second.importTable(ID, 2, nextChunk, sealed.table()));

        assertThat(sealed.isRest()).isTrue();
        assertThat(sent).isGreaterThan(3_000);
        assertThat(arrived.connections()).isEqualTo(sealed.table().entries()).isGreaterThanOrEqualTo(3_000);
        assertThat(get(second.snapshot(ID)).digest())
                .isEqualTo(get(first.snapshot(ID)).digest())
                .isEqualTo(sealed.table().digest());
        get(second.activate(ID, 2, sealed.forwardedFrames()));
        get(first.release(ID, 1));
    }

    @Test
    void shouldEndWithoutATrace() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(0, 100);
        assertThat(export(true).entries()).isEqualTo(100);
        assertThat(export(false).entries()).isZero();

        get(first.endExport(ID, 1));
        get(first.endExport(ID, 1));

        assertRefused(() -> export(false), Reason.WRONG_MODE);
        open(100, 20);
        assertThat(export(true).entries()).isEqualTo(120);
        assertThat(get(first.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldRefuseChunksOutOfOrderAndBeginAnewWithTheFirst() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(0, 50);
        byte[] one = export(true).chunks().getFirst();
        open(50, 50);
        byte[] two = export(false).chunks().getFirst();
        CutoverTarget target = prepare();
        assertRefused(() -> get(second.importNext(ID, 2, 1, two)), Reason.WRONG_MODE);
        get(second.importNext(ID, 2, 0, one));
        assertRefused(() -> get(second.importNext(ID, 2, 2, two)), Reason.WRONG_MODE);
        get(second.importNext(ID, 2, 0, one));
        get(second.importNext(ID, 2, 1, two));
        SealedVnic sealed = get(first.cutOver(ID, 1, target));
        assertRefused(() -> get(second.importTable(ID, 2, 1, sealed.table())), Reason.BAD_SNAPSHOT);
        assertThat(get(second.status(ID)).connections()).isZero();

        // what came is forgotten: all of it again
        get(second.importNext(ID, 2, 0, one));
        get(second.importNext(ID, 2, 1, two));
        assertThat(get(second.importTable(ID, 2, 2, sealed.table())).connections())
                .isEqualTo(100);
    }

    @Test
    void shouldTellBothSidesWhenPiecesCameInAnotherOrder() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(0, 50);
        byte[] one = export(true).chunks().getFirst();
        vm.send(datagram(7));
        await().until(() -> get(first.status(ID)).counters().get("allowed.out") == 51);
        ExportedBatch two = export(false);
        prepare();

        get(second.importNext(ID, 2, 0, two.chunks().getFirst()));
        assertThat(get(second.importNext(ID, 2, 1, one)))
                .isNotEqualTo(two.sum())
                .hasFieldOrPropertyWithValue("entries", 50);
        get(second.importNext(ID, 2, 0, one));
        assertThat(get(second.importNext(ID, 2, 1, two.chunks().getFirst()))).isEqualTo(two.sum());
    }

    @Test
    void shouldExportALargeRestBesideTheLoop() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(0, OutgoingTable.MOST_AT_ONCE * 2);
        CutoverTarget target = prepare();

        SealedVnic sealed = get(first.cutOver(ID, 1, target));

        assertThat(sealed.isRest()).isFalse();
        assertThat(get(second.importTable(ID, 2, sealed.table())).connections())
                .isEqualTo(OutgoingTable.MOST_AT_ONCE * 2);
    }

    @Test
    void shouldEnforceAgainWithAllConnectionsAfterAReclaim() {
        hosts.enforce(first, vnic(1, 1), RULES);
        open(0, 200);
        importChunks(export(true, prepare()));
        get(first.reclaim(ID, 3));
        assertThat(get(first.status(ID)).connections()).isEqualTo(200);
        assertThat(export(true, 3).entries()).isEqualTo(200);
    }

    private List<byte[]> export(boolean isFirst, CutoverTarget target) {
        List<byte[]> chunks = new ArrayList<>(export(isFirst).chunks());
        SealedVnic sealed = get(first.cutOver(ID, 1, target));
        chunks.addAll(sealed.table().chunks());
        return chunks;
    }

    private ExportedBatch export(boolean isFirst) {
        return export(isFirst, 1);
    }

    private ExportedBatch export(boolean isFirst, long epoch) {
        return get(first.exportNext(ID, epoch, isFirst, TableCodec.FORMAT_VERSION));
    }

    private void importChunks(List<byte[]> chunks) {
        for (byte[] chunk : chunks) {
            here = get(second.importNext(ID, 2, nextChunk++, chunk));
        }
    }

    private CutoverTarget prepare() {
        get(second.attach(vnic(1, 2)));
        get(second.installRules(ID, 2, 1, RULES));
        return get(second.expectCutover(ID, 2));
    }

    private void open(int from, int count) {
        int before = get(first.status(ID)).connections();
        for (int i = from; i < from + count; i++) {
            vm.send(datagram(i));
        }
        await().until(() -> get(first.status(ID)).connections() == before + count);
    }

    private static byte[] datagram(int connection) {
        return FrameBuilder.frame(mac(1), mac(9))
                .ip(ip("10.0.0.1"), ip("10.0.0.9"))
                .udp(10_000 + connection, 6_000)
                .payload(new byte[8])
                .build();
    }

    private static void assertRefused(Runnable call, Reason reason) {
        assertThatThrownBy(call::run).hasFieldOrPropertyWithValue("reason", reason);
    }
}
