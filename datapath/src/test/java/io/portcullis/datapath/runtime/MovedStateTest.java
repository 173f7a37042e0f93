package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.move;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What of a vNIC's firewall goes with it, and what is refused on the way. */
class MovedStateTest {
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, PacketView.PROTOCOL_TCP, 443));
    private static final long PAUSE_NANOS = 30_000;
    private static final VnicId ID = vnic(1, 1).vnic();

    private final TestHosts hosts = new TestHosts(1);
    private final DataPathRuntime first = hosts.host("host-1");
    private final DataPathRuntime second = hosts.host("host-2");
    private final TestFabric.Vm vm = hosts.vm(1);
    private final TestFabric.Station station = hosts.fabric.station();

    @AfterEach
    void stop() {
        hosts.close();
    }

    @Test
    void shouldCarryAnIdleTcpConnectionOnWhichTheServerSpeaksFirst() {
        hosts.enforce(first, vnic(1, 1), RULES);
        TcpStream stream = new TcpStream(vm, station);
        stream.open();
        for (int i = 0; i < 10; i++) {
            DataPathRuntime from = i % 2 == 0 ? first : second;
            DataPathRuntime to = i % 2 == 0 ? second : first;
            move(from, to, vnic(1, i + 2), RULES);
            stream.serverSpeaks(500);
            assertThat(get(to.status(ID)).connections()).isEqualTo(1);
        }
        assertThat(vm.lostFrames()).isZero();
    }

    @Test
    void shouldDropTheConnectionIfItsStateDoesNotMove() {
        hosts.enforce(first, vnic(1, 1), RULES);
        TcpStream stream = new TcpStream(vm, station);
        stream.open();
        SealedVnic sealed = cut();

        get(second.activate(ID, 2, sealed.forwardedFrames()));

        assertThat(stream.serverIsHeard()).isFalse();
    }

    @Test
    void shouldRefuseADamagedTableWhole() {
        hosts.enforce(first, vnic(1, 1), RULES);
        TcpStream stream = new TcpStream(vm, station);
        stream.open();
        SealedVnic sealed = cut();
        List<byte[]> damaged = new ArrayList<>();
        for (byte[] chunk : sealed.table().chunks()) {
            byte[] copy = chunk.clone();
            copy[copy.length / 2] ^= 1;
            damaged.add(copy);
        }
        TableSnapshot bad = new TableSnapshot(
                damaged, sealed.table().entries(), sealed.table().digest());

        assertThatThrownBy(() -> get(second.importTable(ID, 2, bad)))
                .hasFieldOrPropertyWithValue("reason", Reason.BAD_SNAPSHOT);

        assertThat(get(second.status(ID)).connections()).isZero();
        get(second.importTable(ID, 2, sealed.table()));
        get(second.activate(ID, 2, sealed.forwardedFrames()));
        stream.serverSpeaks(100);
    }

    @Test
    void shouldCountWhatDoesNotFitTheHoldBuffer() {
        DataPathRuntime small = hosts.host("host-3", DataPathSettings.Limits.DEFAULT.withHold(1 << 20, 10));
        hosts.enforce(first, vnic(1, 1), RULES);
        get(small.attach(vnic(1, 2)));
        get(small.installRules(ID, 2, 1, RULES));
        SealedVnic sealed = get(first.cutOver(ID, 1, get(small.expectCutover(ID, 2))));
        for (int i = 0; i < 25; i++) {
            station.send(arpRequest(i));
        }
        await().until(() -> get(small.status(ID)).counters().get("held.dropped") == 15);

        get(small.importTable(ID, 2, sealed.table()));
        ActivationReport report = get(small.activate(ID, 2, sealed.forwardedFrames()));

        assertThat(report.heldFrames()).isEqualTo(10);
        assertThat(report.droppedHeldFrames()).isEqualTo(15);
    }

    @Test
    void shouldDeliverEachGroupFrameOnceDuringAMove() {
        hosts.enforce(first, vnic(1, 1), RULES);
        int sent = 0;
        List<Integer> received = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            DataPathRuntime from = i % 2 == 0 ? first : second;
            DataPathRuntime to = i % 2 == 0 ? second : first;
            get(to.attach(vnic(1, i + 2)));
            get(to.installRules(ID, i + 2, 1, RULES));
            CutoverTarget target = get(to.expectCutover(ID, i + 2));
            var cutting = from.cutOver(ID, i + 1, target).toCompletableFuture();
            while (!cutting.isDone() || sent % 50 != 0) {
                station.send(arpRequest(sent++));
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            SealedVnic sealed = get(cutting);
            get(to.importTable(ID, i + 2, sealed.table()));
            get(to.activate(ID, i + 2, sealed.forwardedFrames()));
            get(from.release(ID, i + 1));
        }
        int expected = sent;
        await().until(() -> {
            for (byte[] frame = vm.receive(); frame.length > 0; frame = vm.receive()) {
                if ((frame[12] << 8 & 0xff00 | frame[13] & 0xff) == EtherTypes.ARP) {
                    received.add((frame[39] & 0xff) << 16 | (frame[40] & 0xff) << 8 | frame[41] & 0xff);
                }
            }
            return received.size() >= expected;
        });
        assertThat(received).isEqualTo(IntStream.range(0, sent).boxed().toList());
    }

    /** Asks for 10.x.y.z, whose last bytes are the number. */
    private static byte[] arpRequest(int number) {
        byte[] frame = FrameBuilder.arpRequest(mac(9), ip("10.0.0.9"), ip("10.0.0.1"))
                .vlan(TestHosts.VLAN)
                .build();
        int target = frame.length - 3;
        frame[target] = (byte) (number >>> 16);
        frame[target + 1] = (byte) (number >>> 8);
        frame[target + 2] = (byte) number;
        return frame;
    }

    private SealedVnic cut() {
        get(second.attach(vnic(1, 2)));
        get(second.installRules(ID, 2, 1, RULES));
        return get(first.cutOver(ID, 1, get(second.expectCutover(ID, 2))));
    }
}
