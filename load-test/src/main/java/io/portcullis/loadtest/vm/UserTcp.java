package io.portcullis.loadtest.vm;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection of a {@link UserStack} (RFC 9293 without retransmission, congestion control and urgent data). The
 * stack's lock guards it.
 *
 * <pre>
 * opening   ─▶ SYN_SENT ──SYN+ACK──▶ OPEN ──FIN of both──▶ CLOSED
 * accepting ─▶ SYN_RECEIVED ──ACK──▶ OPEN        any ──RST──▶ RESET
 * </pre>
 */
final class UserTcp implements VmSockets.TcpConnection {
    private static final int MSS_BYTES = 1_400;
    private static final int RECEIVE_BYTES = 1 << 20;
    private static final int WINDOW_SHIFT = 7;
    private static final byte[] SYN_OPTIONS = {2, 4, (byte) (MSS_BYTES >> 8), (byte) MSS_BYTES, 1, 3, 3, WINDOW_SHIFT};
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);

    private enum State {
        SYN_SENT,
        SYN_RECEIVED,
        OPEN,
        RESET,
        CLOSED
    }

    private final UserStack stack;
    private final UserStack.Endpoints endpoints;
    private final TreeMap<Integer, byte[]> early = new TreeMap<>((a, b) -> Integer.compare(a - b, 0));
    private ByteBuffer received = ByteBuffer.allocate(RECEIVE_BYTES);
    private State state;
    private int sendNext;
    private int sendUnacknowledged;
    private int receiveNext;
    private int peerWindow = 65_535;
    private int peerShift;
    private boolean hasPeerFinished;
    private boolean hasFinished;
    private String failure = "";
    private @Nullable Consumer<VmSockets.TcpConnection> onOpen;

    private UserTcp(UserStack stack, UserStack.Endpoints endpoints, State state) {
        this.stack = stack;
        this.endpoints = endpoints;
        this.state = state;
        this.sendNext = ThreadLocalRandom.current().nextInt();
        this.sendUnacknowledged = sendNext;
    }

    static UserTcp opening(UserStack stack, UserStack.Endpoints endpoints) {
        UserTcp connection = new UserTcp(stack, endpoints, State.SYN_SENT);
        stack.send(connection.segment(PacketView.TCP_SYN).tcpOptions(SYN_OPTIONS));
        connection.sendNext++;
        return connection;
    }

    static UserTcp accepting(
            UserStack stack, UserStack.Endpoints endpoints, PacketView syn, Consumer<VmSockets.TcpConnection> onOpen) {
        UserTcp connection = new UserTcp(stack, endpoints, State.SYN_RECEIVED);
        connection.onOpen = onOpen;
        connection.receiveNext = syn.tcpSequence + 1;
        connection.readShift(syn);
        stack.send(connection.segment(PacketView.TCP_SYN | PacketView.TCP_ACK).tcpOptions(SYN_OPTIONS));
        connection.sendNext++;
        return connection;
    }

    /** Answers a segment that belongs to no connection (RFC 9293, 3.10.7.1). */
    static void refuse(UserStack stack, UserStack.Endpoints endpoints, PacketView segment) {
        int length = segment.tcpPayloadLength
                + (segment.hasTcpFlag(PacketView.TCP_SYN) ? 1 : 0)
                + (segment.hasTcpFlag(PacketView.TCP_FIN) ? 1 : 0);
        boolean hasAck = segment.hasTcpFlag(PacketView.TCP_ACK);
        stack.send(stack.to(endpoints.remote().getAddress())
                .ip(endpoints.local().getAddress(), endpoints.remote().getAddress())
                .tcp(endpoints.local().getPort(), endpoints.remote().getPort())
                .sequence(hasAck ? segment.tcpAcknowledgement : 0)
                .acknowledgement(hasAck ? 0 : segment.tcpSequence + length)
                .flags(hasAck ? PacketView.TCP_RST : PacketView.TCP_RST | PacketView.TCP_ACK)
                .window(0));
    }

    UserStack.Endpoints endpoints() {
        return endpoints;
    }

    /** Lock held. */
    void awaitOpen(Duration timeout) throws IOException {
        if (!stack.awaitChange(() -> state != State.SYN_SENT, timeout)) {
            throw new SocketTimeoutException("no answer from " + endpoints.remote() + " within " + timeout);
        }
        if (state == State.RESET) {
            throw new ConnectException("refused by " + endpoints.remote() + ": " + failure);
        }
    }

    /** Lock held. */
    void refused(String why) {
        failure = why;
        state = State.RESET;
        stack.forget(this);
    }

    /** Lock held. */
    void onSegment(PacketView segment, byte[] payload) {
        if (segment.hasTcpFlag(PacketView.TCP_RST)) {
            refused("reset");
            return;
        }
        if (segment.hasTcpFlag(PacketView.TCP_SYN)) {
            onSyn(segment);
            return;
        }
        if (segment.hasTcpFlag(PacketView.TCP_ACK)) {
            if (segment.tcpAcknowledgement - sendUnacknowledged > 0) {
                sendUnacknowledged = segment.tcpAcknowledgement;
            }
            peerWindow = segment.tcpWindow << peerShift;
            if (state == State.SYN_RECEIVED) {
                open();
            }
        }
        if (payload.length > 0) {
            onPayload(segment.tcpSequence, payload);
        }
        if (segment.hasTcpFlag(PacketView.TCP_FIN) && segment.tcpSequence + payload.length == receiveNext) {
            receiveNext++;
            hasPeerFinished = true;
            acknowledge();
            closeWhenBothFinished();
        }
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        for (int from = 0; from < bytes.length; from += MSS_BYTES) {
            byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + MSS_BYTES));
            stack.lock.lock();
            try {
                boolean hasRoom = stack.awaitChange(
                        () -> state != State.OPEN || sendNext + part.length - sendUnacknowledged <= peerWindow,
                        WRITE_LIMIT);
                if (!hasRoom) {
                    throw new SocketTimeoutException("nothing was acknowledged within " + WRITE_LIMIT);
                }
                failUnlessOpen();
                stack.send(segment(PacketView.TCP_ACK | PacketView.TCP_PSH).payload(part));
                sendNext += part.length;
            } finally {
                stack.lock.unlock();
            }
        }
    }

    @Override
    public int read(byte[] buffer, Duration timeout) throws IOException {
        stack.lock.lock();
        try {
            boolean isReady = stack.awaitChange(
                    () -> received.position() > 0 || hasPeerFinished || state == State.RESET, timeout);
            if (received.position() == 0) {
                failUnlessOpenOrFinished();
                if (!isReady) {
                    throw new SocketTimeoutException("nothing to read within " + timeout);
                }
                return -1;
            }
            int count = Math.min(buffer.length, received.flip().remaining());
            received.get(buffer, 0, count).compact();
            return count;
        } finally {
            stack.lock.unlock();
        }
    }

    @Override
    public void close() {
        finish();
    }

    @Override
    public void finish() {
        stack.lock.lock();
        try {
            if (state == State.OPEN && !hasFinished) {
                stack.send(segment(PacketView.TCP_FIN | PacketView.TCP_ACK));
                sendNext++;
                hasFinished = true;
                closeWhenBothFinished();
            }
        } finally {
            stack.lock.unlock();
        }
    }

    private void onSyn(PacketView segment) {
        if (state == State.SYN_SENT && segment.hasTcpFlag(PacketView.TCP_ACK)) {
            receiveNext = segment.tcpSequence + 1;
            sendUnacknowledged = segment.tcpAcknowledgement;
            readShift(segment);
            state = State.OPEN;
            acknowledge();
        } else {
            stack.countDuplicate();
            acknowledge();
        }
    }

    private void onPayload(int sequence, byte[] payload) {
        int ahead = sequence - receiveNext;
        if (ahead > 0) {
            stack.countOutOfOrder();
            early.put(sequence, payload);
        } else if (ahead + payload.length <= 0) {
            stack.countDuplicate();
        } else {
            deliver(payload, -ahead);
            while (!early.isEmpty() && early.firstKey() - receiveNext <= 0) {
                int first = early.firstKey();
                byte[] next = early.pollFirstEntry().getValue();
                deliver(next, Math.min(next.length, receiveNext - first));
            }
        }
        acknowledge();
    }

    private void deliver(byte[] payload, int skip) {
        received.put(payload, skip, payload.length - skip);
        receiveNext += payload.length - skip;
    }

    private void open() {
        state = State.OPEN;
        Consumer<VmSockets.TcpConnection> listener = onOpen;
        if (listener != null) {
            listener.accept(this);
        }
    }

    private void acknowledge() {
        stack.send(segment(PacketView.TCP_ACK));
    }

    private FrameBuilder segment(int flags) {
        return stack.to(endpoints.remote().getAddress())
                .ip(endpoints.local().getAddress(), endpoints.remote().getAddress())
                .tcp(endpoints.local().getPort(), endpoints.remote().getPort())
                .sequence(sendNext)
                .acknowledgement((flags & PacketView.TCP_ACK) != 0 ? receiveNext : 0)
                .flags(flags)
                .window((flags & PacketView.TCP_SYN) != 0 ? 65_535 : received.remaining() >> WINDOW_SHIFT);
    }

    /** Window scale of the peer's SYN (RFC 7323); ours is always sent, so it counts if the peer sends one. */
    private void readShift(PacketView syn) {
        int at = syn.tcpOptionsOffset;
        int end = at + syn.tcpOptionsLength;
        while (at < end) {
            int kind = syn.memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at);
            if (kind == 0) {
                return;
            }
            int length = kind == 1 ? 1 : syn.memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at + 1L);
            if (length < 1 || at + length > end) {
                return;
            }
            if (kind == 3) {
                peerShift = Math.min(14, syn.memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at + 2L));
            }
            at += length;
        }
    }

    private void closeWhenBothFinished() {
        if (hasFinished && hasPeerFinished) {
            state = State.CLOSED;
            stack.forget(this);
        }
    }

    private void failUnlessOpen() throws SocketException {
        if (state != State.OPEN || hasFinished) {
            throw new SocketException(state == State.RESET ? "connection " + failure : "connection is closed");
        }
    }

    private void failUnlessOpenOrFinished() throws SocketException {
        if (state == State.RESET) {
            throw new SocketException("connection " + failure);
        }
    }
}
