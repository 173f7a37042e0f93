package io.portcullis.datapath.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.policy.MacAddress;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** A UDP flow whose datagrams are numbered, sent by a thread of its own, and what its receiver found. */
final class NumberedFlow {
    private static final int PAYLOAD_BYTES = 64;

    private final MacAddress fromMac;
    private final MacAddress toMac;
    private final InetAddress from;
    private final InetAddress to;
    private final int fromPort;
    private final int toPort;
    private final int vlan;
    private final List<Long> received = new ArrayList<>();
    private volatile long sent;
    private volatile boolean stopped;
    private Thread sender = Thread.currentThread();

    /** @param vlan tag of the frames, 0 for none */
    NumberedFlow(
            MacAddress fromMac,
            InetAddress from,
            int fromPort,
            MacAddress toMac,
            InetAddress to,
            int toPort,
            int vlan) {
        this.fromMac = fromMac;
        this.from = from;
        this.fromPort = fromPort;
        this.toMac = toMac;
        this.to = to;
        this.toPort = toPort;
        this.vlan = vlan;
    }

    void start(Consumer<byte[]> wire, long pauseNanos) {
        sender = Thread.ofPlatform().daemon().name("flow-" + fromPort).start(() -> {
            while (!stopped) {
                wire.accept(next());
                LockSupport.parkNanos(pauseNanos);
            }
        });
    }

    /** Next datagram as a frame. */
    byte[] next() {
        byte[] payload = new byte[PAYLOAD_BYTES];
        ByteBuffer.wrap(payload).putLong(sent);
        FrameBuilder builder = FrameBuilder.frame(fromMac, toMac);
        if (vlan > 0) {
            builder.vlan(vlan);
        }
        sent++;
        return builder.ip(from, to).udp(fromPort, toPort).payload(payload).build();
    }

    /** @return whether the frame belongs to this flow (its receiver's frames are untagged if {@code tagBytes} is 0) */
    boolean accept(byte[] frame, int tagBytes) {
        int ip = 14 + tagBytes;
        if (frame.length < ip + 28 + PAYLOAD_BYTES || frame[ip + 9] != 17) {
            return false;
        }
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        if (bytes.getShort(ip + 20) != (short) fromPort || bytes.getShort(ip + 22) != (short) toPort) {
            return false;
        }
        received.add(bytes.getLong(ip + 28));
        return true;
    }

    void stop() {
        stopped = true;
        try {
            sender.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    long sent() {
        return sent;
    }

    int receivedCount() {
        return received.size();
    }

    /** All numbers from 0 on, each once, in order. */
    void assertWhole() {
        for (int i = 0; i < received.size(); i++) {
            long number = received.get(i);
            if (number != i) {
                int from = Math.max(0, i - 5);
                assertThat(received.subList(from, Math.min(received.size(), i + 10)))
                        .as("datagrams from position %d of %d received, %d sent", from, received.size(), sent)
                        .isEqualTo(List.of());
            }
        }
        assertThat((long) received.size())
                .as("datagrams received of those sent")
                .isEqualTo(sent);
    }
}
