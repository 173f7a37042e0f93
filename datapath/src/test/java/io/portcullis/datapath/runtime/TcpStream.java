package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/** A TCP connection that VM 1 opens to a station, segment by segment: each is awaited at the other end. */
final class TcpStream {
    private static final int CLIENT_PORT = 40_000;
    private static final int SERVER_PORT = 443;
    private static final int TAG = 4;

    private final TestFabric.Vm vm;
    private final TestFabric.Station station;
    private int clientSequence = 1_000_000;
    private int serverSequence = 2_000_000_000;

    TcpStream(TestFabric.Vm vm, TestFabric.Station station) {
        this.vm = vm;
        this.station = station;
    }

    void open() {
        vm.send(client(PacketView.TCP_SYN, new byte[0]));
        clientSequence++;
        awaitAtStation();
        station.send(server(PacketView.TCP_SYN | PacketView.TCP_ACK, new byte[0]));
        serverSequence++;
        awaitAtVm();
        vm.send(client(PacketView.TCP_ACK, new byte[0]));
        awaitAtStation();
    }

    /** The server sends first, the client acknowledges. */
    void serverSpeaks(int bytes) {
        station.send(server(PacketView.TCP_ACK | PacketView.TCP_PSH, new byte[bytes]));
        serverSequence += bytes;
        awaitAtVm();
        vm.send(client(PacketView.TCP_ACK, new byte[0]));
        awaitAtStation();
    }

    /** Sends a segment of the server and says whether it came within a moment. */
    boolean serverIsHeard() {
        station.send(server(PacketView.TCP_ACK | PacketView.TCP_PSH, new byte[1]));
        try {
            await().atMost(300, TimeUnit.MILLISECONDS).until(() -> isTcp(vm.receive(), 0));
            return true;
        } catch (ConditionTimeoutException dropped) {
            return false;
        }
    }

    private byte[] client(int flags, byte[] payload) {
        return FrameBuilder.frame(mac(1), mac(9))
                .ip(ip("10.0.0.1"), ip("10.0.0.9"))
                .tcp(CLIENT_PORT, SERVER_PORT)
                .flags(flags)
                .sequence(clientSequence)
                .acknowledgement(flags == PacketView.TCP_SYN ? 0 : serverSequence)
                .payload(payload)
                .build();
    }

    private byte[] server(int flags, byte[] payload) {
        return FrameBuilder.frame(mac(9), mac(1))
                .vlan(TestHosts.VLAN)
                .ip(ip("10.0.0.9"), ip("10.0.0.1"))
                .tcp(SERVER_PORT, CLIENT_PORT)
                .flags(flags)
                .sequence(serverSequence)
                .acknowledgement(clientSequence)
                .payload(payload)
                .build();
    }

    private void awaitAtStation() {
        await().until(() -> isTcp(station.receive(), TAG));
    }

    private void awaitAtVm() {
        await().until(() -> isTcp(vm.receive(), 0));
    }

    private static boolean isTcp(byte[] frame, int tagBytes) {
        return frame.length >= 14 + tagBytes + 40
                && ByteBuffer.wrap(frame).getShort(12 + tagBytes) == 0x0800
                && frame[14 + tagBytes + 9] == PacketView.PROTOCOL_TCP;
    }
}
