package io.portcullis.loadtest.vm;

import io.portcullis.datapath.port.PortException;
import io.portcullis.ports.kernel.NetworkNamespace;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.ProtocolFamily;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sockets of a real kernel inside a network namespace. A channel belongs to the namespace in which it was opened; reading
 * and writing it goes on from any thread.
 */
public final class KernelSockets implements VmSockets {
    private static final int BUFFER_BYTES = 1 << 22;
    private static final Duration LATE_REPLIES = Duration.ofSeconds(4);
    private static final Pattern ECHO_SEQUENCE = Pattern.compile("icmp_seq=(\\d+)");

    private final String namespace;

    public KernelSockets(String namespace) {
        this.namespace = namespace;
    }

    /** Whether {@code ping} can be run on this machine. */
    public static boolean pingInstalled() {
        return List.of("/bin/ping", "/usr/bin/ping", "/sbin/ping").stream()
                .anyMatch(path -> java.nio.file.Files.isExecutable(java.nio.file.Path.of(path)));
    }

    @Override
    public TcpConnection connect(InetSocketAddress remote, Duration timeout) throws IOException {
        SocketChannel channel = open(() -> SocketChannel.open(family(remote.getAddress())));
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            if (!channel.connect(remote)) {
                if (!new WaitedChannel(channel).await(SelectionKey.OP_CONNECT, timeout)) {
                    throw new SocketTimeoutException("no answer from " + remote + " within " + timeout);
                }
                channel.finishConnect();
            }
            return new Connection(channel, new WaitedChannel(channel));
        } catch (NoRouteToHostException e) {
            channel.close();
            throw (ConnectException) new ConnectException(e.getMessage()).initCause(e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public TcpListener listen(InetSocketAddress local) throws IOException {
        ServerSocketChannel channel = open(() -> ServerSocketChannel.open(family(local.getAddress())));
        channel.configureBlocking(false);
        channel.bind(local);
        WaitedChannel waited = new WaitedChannel(channel);
        return new TcpListener() {
            @Override
            public @Nullable TcpConnection accept(Duration timeout) throws IOException {
                if (!waited.await(SelectionKey.OP_ACCEPT, timeout)) {
                    return null;
                }
                SocketChannel accepted = channel.accept();
                if (accepted == null) {
                    return null;
                }
                accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
                accepted.configureBlocking(false);
                return new Connection(accepted, new WaitedChannel(accepted));
            }

            @Override
            public void close() {
                waited.close();
            }
        };
    }

    @Override
    public UdpSocket udp(InetSocketAddress local) throws IOException {
        DatagramChannel channel = open(() -> DatagramChannel.open(family(local.getAddress())));
        channel.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
        channel.configureBlocking(false);
        channel.bind(local);
        WaitedChannel waited = new WaitedChannel(channel);
        return new UdpSocket() {
            private final ByteBuffer buffer = ByteBuffer.allocate(65_536);

            @Override
            public void send(InetSocketAddress remote, byte[] payload) throws IOException {
                while (channel.send(ByteBuffer.wrap(payload), remote) == 0) {
                    waited.await(SelectionKey.OP_WRITE, Duration.ofMillis(100));
                }
            }

            @Override
            public @Nullable Datagram receive(Duration timeout) throws IOException {
                buffer.clear();
                InetSocketAddress remote = (InetSocketAddress) channel.receive(buffer);
                if (remote == null) {
                    if (!waited.await(SelectionKey.OP_READ, timeout)) {
                        return null;
                    }
                    remote = (InetSocketAddress) channel.receive(buffer);
                }
                if (remote == null) {
                    return null;
                }
                byte[] payload = new byte[buffer.flip().remaining()];
                buffer.get(payload);
                return new Datagram(remote, payload);
            }

            @Override
            public void close() {
                waited.close();
            }
        };
    }

    /**
     * Runs the machine's own {@code ping} inside the namespace. With a deadline it goes on until as many replies have come as were
     * asked for; without one it waits for the last replies only twice as long as the slowest one took, and takes any that was held
     * back for longer as lost. What it sends beyond {@code count} is not looked at.
     */
    @Override
    public PingResult ping(InetAddress remote, int count, Duration interval) throws IOException, InterruptedException {
        Process ping = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        namespace,
                        "ping",
                        "-n",
                        "-c",
                        Integer.toString(count),
                        "-i",
                        String.format(Locale.ROOT, "%.3f", interval.toNanos() / 1e9),
                        "-w",
                        Long.toString(
                                interval.multipliedBy(count).plus(LATE_REPLIES).toSeconds()),
                        remote.getHostAddress())
                .redirectErrorStream(true)
                .start();
        Set<Integer> seen = new HashSet<>();
        int duplicated = 0;
        int reordered = 0;
        int highest = 0;
        for (String line : ping.inputReader().lines().toList()) {
            Matcher matcher = ECHO_SEQUENCE.matcher(line);
            if (!line.contains("bytes from") || !matcher.find()) {
                continue;
            }
            int sequence = Integer.parseInt(matcher.group(1));
            if (sequence > count) {
                continue;
            }
            if (!seen.add(sequence)) {
                duplicated++;
            } else if (sequence < highest) {
                reordered++;
            }
            highest = Math.max(highest, sequence);
        }
        ping.waitFor();
        return new PingResult(count, seen.size(), duplicated, reordered);
    }

    /** From the namespace's {@code /proc/net/snmp} and {@code /proc/net/netstat} (Linux, net/ipv4/proc.c). */
    @Override
    public TcpCounters tcpCounters() throws IOException {
        Process cat = new ProcessBuilder("ip", "netns", "exec", namespace, "cat", "/proc/net/snmp", "/proc/net/netstat")
                .redirectErrorStream(true)
                .start();
        Map<String, Long> values = new HashMap<>();
        String[] names = {};
        for (String line : cat.inputReader().lines().toList()) {
            String[] words = line.split(" ");
            boolean isHeader = words.length > 1 && !words[1].matches("-?\\d+");
            if (isHeader) {
                names = words;
            } else {
                for (int i = 1; i < Math.min(words.length, names.length); i++) {
                    values.put(words[0] + names[i], Long.parseLong(words[i]));
                }
            }
        }
        return new TcpCounters(
                values.getOrDefault("Tcp:RetransSegs", 0L),
                values.getOrDefault("TcpExt:TCPOFOQueue", 0L),
                values.getOrDefault("TcpExt:TCPDSACKRecv", 0L));
    }

    @Override
    public void close() {}

    private <T> T open(Callable<T> body) throws IOException {
        try {
            return NetworkNamespace.call(namespace, body);
        } catch (PortException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static ProtocolFamily family(InetAddress address) {
        return address instanceof Inet6Address ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
    }

    private record Connection(SocketChannel channel, WaitedChannel waited) implements TcpConnection {
        @Override
        public void write(byte[] bytes) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                if (channel.write(buffer) == 0) {
                    waited.await(SelectionKey.OP_WRITE, Duration.ofMillis(100));
                }
            }
        }

        @Override
        public int read(byte[] buffer, Duration timeout) throws IOException {
            ByteBuffer target = ByteBuffer.wrap(buffer);
            int count = channel.read(target);
            if (count == 0) {
                if (!waited.await(SelectionKey.OP_READ, timeout)) {
                    throw new SocketTimeoutException("nothing to read within " + timeout);
                }
                count = channel.read(target);
            }
            return count;
        }

        @Override
        public void finish() throws IOException {
            channel.shutdownOutput();
        }

        @Override
        public void close() {
            waited.close();
        }
    }
}
