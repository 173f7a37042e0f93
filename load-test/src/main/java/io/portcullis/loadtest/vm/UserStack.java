package io.portcullis.loadtest.vm;

import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A small IP stack in user space: ARP, neighbour discovery, echo, UDP, TCP. It never sends a segment again, so that any
 * frame that is lost, duplicated or reordered on its way shows. All neighbours are on the link. Thread-safe.
 */
public final class UserStack implements VmSockets {
    private static final Duration RESOLVE_RETRY = Duration.ofMillis(500);
    private static final int RESOLVE_TRIES = 4;
    private static final int ND_SOLICITATION = 135;
    private static final int ND_ADVERTISEMENT = 136;
    private static final int ADVERTISEMENT_SOLICITED_OVERRIDE = 0x6000_0000;

    /** Guards everything below; conditions of the sockets belong to it. */
    final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final MacAddress mac;
    private final List<InetAddress> addresses;
    private final Consumer<byte[]> transmit;
    private final PacketView view = new PacketView();
    private final Map<InetAddress, MacAddress> neighbours = new HashMap<>();
    private final Map<Endpoints, UserTcp> connections = new HashMap<>();
    private final Map<InetSocketAddress, Listener> listeners = new HashMap<>();
    private final Map<InetSocketAddress, Udp> udpSockets = new HashMap<>();
    private final Map<Integer, Deque<Integer>> echoes = new HashMap<>();
    private int nextPort = 40_000;
    private long outOfOrder;
    private long duplicated;

    /** Both ends of a connection as this VM sees them. */
    record Endpoints(InetSocketAddress local, InetSocketAddress remote) {}

    /**
     * @param transmit takes a whole Ethernet frame; called with the stack's lock held, must not block
     */
    public UserStack(MacAddress mac, List<InetAddress> addresses, Consumer<byte[]> transmit) {
        this.mac = mac;
        this.addresses = List.copyOf(addresses);
        this.transmit = transmit;
    }

    /** Takes a frame from the network. Any thread. */
    public void receive(byte[] frame) {
        lock.lock();
        try {
            MemorySegment memory = MemorySegment.ofArray(frame);
            if (PacketParser.parse(memory, 0, frame.length, view) != ParseResult.OK) {
                return;
            }
            if (view.etherType == EtherTypes.ARP) {
                onArp(frame);
            } else if (view.family != null) {
                onIp(frame);
            }
        } finally {
            lock.unlock();
        }
    }

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
        lock.lock();
        try {
            Listener listener = new Listener(local);
            if (listeners.putIfAbsent(local, listener) != null) {
                throw new java.net.BindException("port " + local.getPort() + " is in use");
            }
            return listener;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public UdpSocket udp(InetSocketAddress local) throws IOException {
        lock.lock();
        try {
            InetSocketAddress bound =
                    local.getPort() == 0 ? new InetSocketAddress(local.getAddress(), nextPort++) : local;
            Udp socket = new Udp(bound);
            if (udpSockets.putIfAbsent(bound, socket) != null) {
                throw new java.net.BindException(bound + " is in use");
            }
            return socket;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public PingResult ping(InetAddress remote, int count, Duration interval) throws IOException, InterruptedException {
        resolve(remote);
        Deque<Integer> replies = new ArrayDeque<>();
        int identifier;
        lock.lock();
        try {
            identifier = nextPort++;
            echoes.put(identifier, replies);
        } finally {
            lock.unlock();
        }
        long start = System.nanoTime();
        for (int number = 1; number <= count; number++) {
            TimeUnit.NANOSECONDS.sleep(start + (number - 1) * interval.toNanos() - System.nanoTime());
            InetAddress from = own(remote);
            lock.lock();
            try {
                transmit.accept(to(remote)
                        .ip(from, remote)
                        .echoRequest(identifier, number)
                        .payload(new byte[56])
                        .build());
            } finally {
                lock.unlock();
            }
        }
        lock.lock();
        try {
            awaitChange(() -> replies.stream().distinct().count() == count, Duration.ofSeconds(2));
            echoes.remove(identifier);
            int distinct = (int) replies.stream().distinct().count();
            int highest = 0;
            int reordered = 0;
            for (int number : replies) {
                if (number < highest) {
                    reordered++;
                }
                highest = Math.max(highest, number);
            }
            return new PingResult(count, distinct, replies.size() - distinct, reordered);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public TcpCounters tcpCounters() {
        lock.lock();
        try {
            return new TcpCounters(0, outOfOrder, duplicated);
        } finally {
            lock.unlock();
        }
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

    /** A frame to a neighbour that was resolved before. Lock held. */
    FrameBuilder to(InetAddress remote) {
        return FrameBuilder.frame(mac, neighbours.getOrDefault(remote, MacAddress.BROADCAST));
    }

    /** Lock held. */
    void send(FrameBuilder frame) {
        transmit.accept(frame.build());
    }

    /** Lock held; another thread changes the condition and calls {@link #signalChange}. */
    boolean awaitChange(java.util.function.BooleanSupplier condition, Duration limit) {
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

    private InetAddress own(InetAddress peer) throws IOException {
        return addresses.stream()
                .filter(address -> address.getClass() == peer.getClass())
                .findFirst()
                .orElseThrow(() -> new NoRouteToHostException("no address of the family of " + peer));
    }

    private void resolve(InetAddress remote) throws IOException {
        InetAddress from = own(remote);
        lock.lock();
        try {
            for (int tries = 0; tries < RESOLVE_TRIES; tries++) {
                if (neighbours.containsKey(remote)) {
                    return;
                }
                send(
                        remote instanceof Inet4Address
                                ? FrameBuilder.arpRequest(mac, from, remote)
                                : solicitation(from, (Inet6Address) remote));
                if (awaitChange(() -> neighbours.containsKey(remote), RESOLVE_RETRY)) {
                    return;
                }
            }
            throw new ConnectException("no neighbour answers for " + remote.getHostAddress());
        } finally {
            lock.unlock();
        }
    }

    /** RFC 4861, 4.3: to the solicited-node multicast address, with the source link-layer address option. */
    private FrameBuilder solicitation(InetAddress from, Inet6Address target) {
        byte[] wanted = target.getAddress();
        byte[] group = new byte[16];
        group[0] = (byte) 0xff;
        group[1] = 2;
        group[11] = 1;
        group[12] = (byte) 0xff;
        System.arraycopy(wanted, 13, group, 13, 3);
        long groupMac =
                0x3333_ff00_0000L | ((wanted[13] & 0xffL) << 16) | ((wanted[14] & 0xffL) << 8) | (wanted[15] & 0xffL);
        return FrameBuilder.frame(mac, new MacAddress(groupMac))
                .ip(from, address(group))
                .hopLimit(255)
                .icmp(ND_SOLICITATION, 0, 0)
                .payload(neighbourPayload(wanted, 1));
    }

    private byte[] neighbourPayload(byte[] target, int option) {
        ByteBuffer payload =
                ByteBuffer.allocate(24).put(target).put((byte) option).put((byte) 1);
        payload.putShort((short) (mac.value() >>> 32)).putInt((int) mac.value());
        return payload.array();
    }

    private void onArp(byte[] frame) {
        ByteBuffer arp = ByteBuffer.wrap(frame, 14, frame.length - 14).slice();
        InetAddress sender = address(bytes(frame, 14 + 14, 4));
        InetAddress target = address(bytes(frame, 14 + 24, 4));
        if (!addresses.contains(target)) {
            return;
        }
        MacAddress senderMac = new MacAddress(view.sourceMac);
        neighbours.put(sender, senderMac);
        signalChange();
        if (arp.getShort(6) == 1) {
            send(FrameBuilder.arpReply(mac, target, senderMac, sender));
        }
    }

    private void onIp(byte[] frame) {
        int addressBytes = view.etherType == EtherTypes.IPV4 ? 4 : 16;
        int sourceAt = view.ipOffset + (addressBytes == 4 ? 12 : 8);
        InetAddress source = address(bytes(frame, sourceAt, addressBytes));
        InetAddress destination = address(bytes(frame, sourceAt + addressBytes, addressBytes));
        if (view.protocol == PacketView.PROTOCOL_ICMPV6 && view.icmpType == ND_SOLICITATION) {
            onSolicitation(frame, source);
            return;
        }
        if (!addresses.contains(destination)) {
            return;
        }
        neighbours.put(source, new MacAddress(view.sourceMac));
        switch (view.protocol) {
            case PacketView.PROTOCOL_TCP -> onTcp(frame, source, destination);
            case PacketView.PROTOCOL_UDP -> onUdp(frame, source, destination);
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 -> onIcmp(frame, source, destination);
            default -> {}
        }
    }

    private void onSolicitation(byte[] frame, InetAddress source) {
        InetAddress target = address(bytes(frame, view.transportOffset + 8, 16));
        if (!addresses.contains(target)) {
            return;
        }
        MacAddress senderMac = new MacAddress(view.sourceMac);
        neighbours.put(source, senderMac);
        send(FrameBuilder.frame(mac, senderMac)
                .ip(target, source)
                .hopLimit(255)
                .icmp(ND_ADVERTISEMENT, 0, ADVERTISEMENT_SOLICITED_OVERRIDE)
                .payload(neighbourPayload(target.getAddress(), 2)));
    }

    private void onIcmp(byte[] frame, InetAddress source, InetAddress destination) {
        boolean isIpv4 = view.protocol == PacketView.PROTOCOL_ICMP;
        int payloadAt = view.transportOffset + 8;
        byte[] payload = bytes(frame, payloadAt, view.transportLength - 8);
        int rest = ByteBuffer.wrap(frame).getInt(view.transportOffset + 4);
        if (view.icmpType == (isIpv4 ? 8 : 128)) {
            send(to(source)
                    .ip(destination, source)
                    .echoReply(rest >>> 16, rest & 0xffff)
                    .payload(payload));
        } else if (view.icmpType == (isIpv4 ? 0 : 129)) {
            Deque<Integer> replies = echoes.get(rest >>> 16);
            if (replies != null) {
                replies.add(rest & 0xffff);
            }
        } else if (!isIpv4 && view.icmpType == ND_ADVERTISEMENT) {
            neighbours.put(address(bytes(payload, 0, 16)), new MacAddress(view.sourceMac));
        } else if (view.icmpType == (isIpv4 ? 3 : 1)) {
            onUnreachable(payload, isIpv4);
        }
        signalChange();
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
                address(bytes(quoted, sourceAt, addressBytes)), ports.getShort(transportAt) & 0xffff);
        InetSocketAddress remote = new InetSocketAddress(
                address(bytes(quoted, sourceAt + addressBytes, addressBytes)),
                ports.getShort(transportAt + 2) & 0xffff);
        UserTcp connection = connections.get(new Endpoints(local, remote));
        if (connection != null) {
            connection.refused("unreachable");
        }
    }

    private void onUdp(byte[] frame, InetAddress source, InetAddress destination) {
        Udp socket = udpSockets.get(new InetSocketAddress(destination, view.destinationPort));
        if (socket != null) {
            byte[] payload = bytes(frame, view.transportOffset + 8, view.transportLength - 8);
            socket.received.add(new Datagram(new InetSocketAddress(source, view.sourcePort), payload));
            signalChange();
        }
    }

    private void onTcp(byte[] frame, InetAddress source, InetAddress destination) {
        Endpoints endpoints = new Endpoints(
                new InetSocketAddress(destination, view.destinationPort),
                new InetSocketAddress(source, view.sourcePort));
        UserTcp connection = connections.get(endpoints);
        Listener listener = listeners.get(endpoints.local());
        if (connection != null) {
            int payloadAt = view.transportOffset + view.transportLength - view.tcpPayloadLength;
            connection.onSegment(view, bytes(frame, payloadAt, view.tcpPayloadLength));
        } else if (listener != null
                && (view.tcpFlags & (PacketView.TCP_SYN | PacketView.TCP_ACK)) == PacketView.TCP_SYN) {
            connections.put(endpoints, UserTcp.accepting(this, endpoints, view, listener::offer));
        } else if (!view.hasTcpFlag(PacketView.TCP_RST)) {
            UserTcp.refuse(this, endpoints, view);
        }
        signalChange();
    }

    private static byte[] bytes(byte[] from, int offset, int length) {
        return java.util.Arrays.copyOfRange(from, offset, offset + Math.max(0, length));
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private final class Listener implements TcpListener {
        private final InetSocketAddress local;
        private final Deque<TcpConnection> backlog = new ArrayDeque<>();

        Listener(InetSocketAddress local) {
            this.local = local;
        }

        void offer(TcpConnection connection) {
            backlog.add(connection);
        }

        @Override
        public @Nullable TcpConnection accept(Duration timeout) {
            lock.lock();
            try {
                awaitChange(() -> !backlog.isEmpty(), timeout);
                return backlog.poll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                listeners.remove(local, this);
            } finally {
                lock.unlock();
            }
        }
    }

    private final class Udp implements UdpSocket {
        private final InetSocketAddress local;
        private final Deque<Datagram> received = new ArrayDeque<>();

        Udp(InetSocketAddress local) {
            this.local = local;
        }

        @Override
        public void send(InetSocketAddress remote, byte[] payload) throws IOException {
            resolve(remote.getAddress());
            InetAddress from = own(remote.getAddress());
            lock.lock();
            try {
                UserStack.this.send(to(remote.getAddress())
                        .ip(from, remote.getAddress())
                        .udp(local.getPort(), remote.getPort())
                        .payload(payload));
            } finally {
                lock.unlock();
            }
        }

        @Override
        public @Nullable Datagram receive(Duration timeout) {
            lock.lock();
            try {
                awaitChange(() -> !received.isEmpty(), timeout);
                return received.poll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                udpSockets.remove(local, this);
            } finally {
                lock.unlock();
            }
        }
    }
}
