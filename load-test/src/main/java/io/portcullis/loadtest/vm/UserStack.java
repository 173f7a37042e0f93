package io.portcullis.loadtest.vm;

import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A small IP stack in user space: ARP, neighbour discovery, echo, UDP, TCP. It never sends a segment again, so that any
 * frame that is lost, duplicated or reordered on its way shows. All neighbours are on the link. Thread-safe.
 */
public final class UserStack implements VmSockets {
    private static final Duration RESOLVE_RETRY = Duration.ofMillis(500);
    private static final int RESOLVE_TRIES = 4;
    /** How long the last answers of an echo series may take. */
    private static final Duration ECHO_LIMIT = Duration.ofSeconds(2);

    private static final int ECHO_BYTES = 56;

    /** Guards everything below, and the sockets. */
    final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final List<InetAddress> addresses;
    private final Consumer<byte[]> transmit;
    private final PacketView view = new PacketView();
    private final Neighbours neighbours;
    private final Map<Endpoints, UserTcp> connections = new HashMap<>();
    private final Map<InetSocketAddress, UserListener> listeners = new HashMap<>();
    private final Map<InetSocketAddress, UserUdp> udpSockets = new HashMap<>();
    private final Map<Integer, EchoSeries> echoes = new HashMap<>();
    private int nextPort = 40_000;
    private long outOfOrder;
    private long duplicated;

    /** Both ends of a connection as this VM sees them. */
    record Endpoints(InetSocketAddress local, InetSocketAddress remote) {}

    /**
     * @param transmit takes a whole Ethernet frame; called with the stack's lock held, must not block
     */
    public UserStack(MacAddress mac, List<InetAddress> addresses, Consumer<byte[]> transmit) {
        this.addresses = List.copyOf(addresses);
        this.transmit = transmit;
        this.neighbours = new Neighbours(mac, this.addresses, frame -> transmit.accept(frame.build()));
    }

    // ---- sockets

    @Override
    public TcpConnection connect(InetSocketAddress remote, Duration timeout) throws IOException {
        resolve(remote.getAddress());
        lock.lock();
        try {
            InetSocketAddress local = new InetSocketAddress(own(remote.getAddress()), nextPort++);
            UserTcp connection = UserTcp.opening(this, new Endpoints(local, remote));
            connections.put(connection.endpoints(), connection);
            try {
                connection.awaitOpen(timeout);
            } catch (SocketTimeoutException | ConnectException e) {
                connections.remove(connection.endpoints());
                throw e;
            }
            return connection;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public TcpListener listen(InetSocketAddress local) throws IOException {
        UserListener listener = new UserListener(this, local);
        if (locked(() -> listeners.putIfAbsent(local, listener)) != null) {
            throw new BindException("port " + local.getPort() + " is in use");
        }
        return listener;
    }

    @Override
    public UdpSocket udp(InetSocketAddress local) throws IOException {
        lock.lock();
        try {
            InetSocketAddress bound =
                    local.getPort() == 0 ? new InetSocketAddress(local.getAddress(), nextPort++) : local;
            UserUdp socket = new UserUdp(this, bound);
            if (udpSockets.putIfAbsent(bound, socket) != null) {
                throw new BindException(bound + " is in use");
            }
            return socket;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public PingResult ping(InetAddress remote, int count, Duration interval) throws IOException, InterruptedException {
        resolve(remote);
        InetAddress from = own(remote);
        EchoSeries series = new EchoSeries(count);
        int identifier = locked(() -> {
            echoes.put(nextPort, series);
            return nextPort++;
        });
        long start = System.nanoTime();
        for (int number = 1; number <= count; number++) {
            TimeUnit.NANOSECONDS.sleep(start + (number - 1) * interval.toNanos() - System.nanoTime());
            lock.lock();
            try {
                send(to(remote).ip(from, remote).echoRequest(identifier, number).payload(new byte[ECHO_BYTES]));
            } finally {
                lock.unlock();
            }
        }
        return locked(() -> {
            awaitChange(series::isComplete, ECHO_LIMIT);
            echoes.remove(identifier);
            return series.result();
        });
    }

    @Override
    public TcpCounters tcpCounters() {
        return locked(() -> new TcpCounters(0, outOfOrder, duplicated));
    }

    @Override
    public void close() {
        lock.lock();
        try {
            List.copyOf(connections.values()).forEach(UserTcp::close);
            connections.clear();
            listeners.clear();
            udpSockets.clear();
        } finally {
            lock.unlock();
        }
    }

    // ---- for the sockets

    /** Does something with the lock held. */
    <T extends @Nullable Object> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Lock held. */
    void countOutOfOrder() {
        outOfOrder++;
    }

    /** Lock held. */
    void countDuplicate() {
        duplicated++;
    }

    /** Lock held. */
    void forget(UserTcp connection) {
        connections.remove(connection.endpoints(), connection);
    }

    void forget(UserListener listener) {
        locked(() -> listeners.remove(listener.local(), listener));
    }

    void forget(UserUdp socket) {
        locked(() -> udpSockets.remove(socket.local(), socket));
    }

    /** A frame to a neighbour that was resolved before. Lock held. */
    FrameBuilder to(InetAddress remote) {
        return neighbours.to(remote);
    }

    /** Lock held. */
    void send(FrameBuilder frame) {
        transmit.accept(frame.build());
    }

    /** Lock held; another thread changes the condition and calls {@link #signalChange}. */
    boolean awaitChange(BooleanSupplier condition, Duration limit) {
        long left = limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (left <= 0) {
                return false;
            }
            try {
                left = changed.awaitNanos(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    /** Lock held. */
    void signalChange() {
        changed.signalAll();
    }

    /** The own address of the peer's family. */
    InetAddress own(InetAddress peer) throws IOException {
        return addresses.stream()
                .filter(address -> address.getClass() == peer.getClass())
                .findFirst()
                .orElseThrow(() -> new NoRouteToHostException("no address of the family of " + peer));
    }

    /** Returns once the neighbour's MAC address is known. */
    void resolve(InetAddress remote) throws IOException {
        InetAddress from = own(remote);
        lock.lock();
        try {
            for (int tries = 0; tries < RESOLVE_TRIES; tries++) {
                if (neighbours.knows(remote)) {
                    return;
                }
                neighbours.ask(from, remote);
                if (awaitChange(() -> neighbours.knows(remote), RESOLVE_RETRY)) {
                    return;
                }
            }
            throw new ConnectException("no neighbour answers for " + remote.getHostAddress());
        } finally {
            lock.unlock();
        }
    }

    // ---- what comes from the network

    /** Takes a frame from the network. Any thread. */
    public void receive(byte[] frame) {
        lock.lock();
        try {
            if (PacketParser.parse(MemorySegment.ofArray(frame), 0, frame.length, view) != ParseResult.OK) {
                return;
            }
            if (view.etherType == EtherTypes.ARP) {
                neighbours.onArp(view, frame);
            } else if (view.family != null) {
                onIp(frame);
            }
            signalChange();
        } finally {
            lock.unlock();
        }
    }

    private void onIp(byte[] frame) {
        int addressBytes = view.etherType == EtherTypes.IPV4 ? 4 : 16;
        int sourceAt = view.ipOffset + (addressBytes == 4 ? 12 : 8);
        InetAddress source = Bytes.address(Bytes.slice(frame, sourceAt, addressBytes));
        InetAddress destination = Bytes.address(Bytes.slice(frame, sourceAt + addressBytes, addressBytes));
        if (view.protocol == PacketView.PROTOCOL_ICMPV6 && view.icmpType == Neighbours.SOLICITATION) {
            neighbours.onSolicitation(view, frame, source);
            return;
        }
        if (!addresses.contains(destination)) {
            return;
        }
        neighbours.learn(source, view.sourceMac);
        switch (view.protocol) {
            case PacketView.PROTOCOL_TCP -> onTcp(frame, source, destination);
            case PacketView.PROTOCOL_UDP -> onUdp(frame, source, destination);
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 -> onIcmp(frame, source, destination);
            default -> {}
        }
    }

    private void onIcmp(byte[] frame, InetAddress source, InetAddress destination) {
        boolean isIpv4 = view.protocol == PacketView.PROTOCOL_ICMP;
        byte[] payload = Bytes.slice(frame, view.transportOffset + 8, view.transportLength - 8);
        int rest = ByteBuffer.wrap(frame).getInt(view.transportOffset + 4);
        if (view.icmpType == (isIpv4 ? 8 : 128)) {
            send(to(source)
                    .ip(destination, source)
                    .echoReply(rest >>> 16, rest & 0xffff)
                    .payload(payload));
        } else if (view.icmpType == (isIpv4 ? 0 : 129)) {
            EchoSeries series = echoes.get(rest >>> 16);
            if (series != null) {
                series.answered(rest & 0xffff);
            }
        } else if (!isIpv4 && view.icmpType == Neighbours.ADVERTISEMENT) {
            neighbours.learn(Bytes.address(Bytes.slice(payload, 0, 16)), view.sourceMac);
        } else if (view.icmpType == (isIpv4 ? 3 : 1)) {
            onUnreachable(payload, isIpv4);
        }
    }

    /** The quoted packet names the connection that cannot be. */
    private void onUnreachable(byte[] quoted, boolean isIpv4) {
        int addressBytes = isIpv4 ? 4 : 16;
        int sourceAt = isIpv4 ? 12 : 8;
        int transportAt = isIpv4 ? (quoted[0] & 15) * 4 : 40;
        if (quoted.length < transportAt + 4) {
            return;
        }
        ByteBuffer ports = ByteBuffer.wrap(quoted);
        InetSocketAddress local = new InetSocketAddress(
                Bytes.address(Bytes.slice(quoted, sourceAt, addressBytes)), ports.getShort(transportAt) & 0xffff);
        InetSocketAddress remote = new InetSocketAddress(
                Bytes.address(Bytes.slice(quoted, sourceAt + addressBytes, addressBytes)),
                ports.getShort(transportAt + 2) & 0xffff);
        UserTcp connection = connections.get(new Endpoints(local, remote));
        if (connection != null) {
            connection.refused("unreachable");
        }
    }

    private void onUdp(byte[] frame, InetAddress source, InetAddress destination) {
        UserUdp socket = udpSockets.get(new InetSocketAddress(destination, view.destinationPort));
        if (socket != null) {
            byte[] payload = Bytes.slice(frame, view.transportOffset + 8, view.transportLength - 8);
            socket.onDatagram(new Datagram(new InetSocketAddress(source, view.sourcePort), payload));
        }
    }

    private void onTcp(byte[] frame, InetAddress source, InetAddress destination) {
        Endpoints endpoints = new Endpoints(
                new InetSocketAddress(destination, view.destinationPort),
                new InetSocketAddress(source, view.sourcePort));
        UserTcp connection = connections.get(endpoints);
        UserListener listener = listeners.get(endpoints.local());
        if (connection != null) {
            int payloadAt = view.transportOffset + view.transportLength - view.tcpPayloadLength;
            connection.onSegment(view, Bytes.slice(frame, payloadAt, view.tcpPayloadLength));
        } else if (listener != null
                && (view.tcpFlags & (PacketView.TCP_SYN | PacketView.TCP_ACK)) == PacketView.TCP_SYN) {
            connections.put(endpoints, UserTcp.accepting(this, endpoints, view, listener::offer));
        } else if (!view.hasTcpFlag(PacketView.TCP_RST)) {
            UserTcp.refuse(this, endpoints, view);
        }
    }
}
