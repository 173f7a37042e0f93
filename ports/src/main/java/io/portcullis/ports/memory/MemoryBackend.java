package io.portcullis.ports.memory;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Ports of a {@link MemoryFabric}: VM ports {@code memory:NAME}, uplinks {@code memory:HOST:PORT/NAME} or
 * {@code memory:NAME}. Opening connects and waits for the fabric's answer, at most {@value #TIMEOUT_MILLIS} ms.
 */
public final class MemoryBackend implements PortBackend {
    private static final int TIMEOUT_MILLIS = 5_000;
    /** How often the answer to an opening is looked for where nobody else reads. */
    private static final long LOOK_NANOS = 200_000;

    private static final Pattern NAME = Pattern.compile("memory:([A-Za-z0-9][A-Za-z0-9_./-]{0,127})");
    private static final Pattern ADDRESS_AND_NAME = Pattern.compile(
            "memory:(?<host>\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9.-]+):(?<port>\\d{1,5})/(?<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,127})");

    private final InetSocketAddress fabric;
    /** How the far ends of VMs' ports know this host; may be empty. */
    private final String host;
    /** For ports of VMs; made with the first. */
    private @Nullable MemoryTrunk trunk;

    public MemoryBackend(InetSocketAddress fabric) {
        this(fabric, "");
    }

    private MemoryBackend(InetSocketAddress fabric, String host) {
        this.fabric = fabric;
        this.host = host;
    }

    /**
     * The backend for the fabric that an uplink specification {@code memory:HOST:PORT/NAME} names, which must be on this machine: frames go to it
     * as they are, and it takes whoever connects.
     */
    public static MemoryBackend ofUplink(String specification) throws PortException {
        Matcher matcher = ADDRESS_AND_NAME.matcher(specification);
        if (!matcher.matches() || Integer.parseInt(matcher.group("port")) > 65_535) {
            throw new PortException("'" + specification + "' is no memory uplink; write memory:HOST:PORT/NAME");
        }
        String host = matcher.group("host").replaceAll("[\\[\\]]", "");
        InetSocketAddress fabric = new InetSocketAddress(host, Integer.parseInt(matcher.group("port")));
        if (fabric.isUnresolved() || !fabric.getAddress().isLoopbackAddress()) {
            throw new PortException("'" + specification + "' is not on this machine: a memory fabric has neither"
                    + " encryption nor passwords; use 127.0.0.1, or the kernel backend");
        }
        return new MemoryBackend(fabric, matcher.group("name"));
    }

    @Override
    public VmPort openVmPort(String specification, MacAddress mac) throws PortException {
        Matcher matcher = NAME.matcher(specification);
        if (!matcher.matches()) {
            throw new PortException("'" + specification + "' is no port on a memory fabric; write memory:NAME");
        }
        return open(specification, matcher.group(1));
    }

    private MemoryVmPort open(String specification, String vm) throws PortException {
        MemoryTrunk over = trunk();
        MemoryTrunk.Opening opening = over.open(specification, vm);
        if (opening == null) {
            throw new PortException("this host has its limit of " + NumberedPorts.MAX_PORTS + " ports on the fabric");
        }
        String refusal = answer(over, opening.refusal());
        if (!refusal.isEmpty()) {
            opening.port().close();
            throw new PortException(refusal);
        }
        return opening.port();
    }

    private String answer(MemoryTrunk over, CompletableFuture<String> refusal) {
        CompletableFuture<String> looked = refusal.copy();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
        looked.completeOnTimeout(
                "the memory fabric at " + fabric + " does not answer", TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        while (!looked.isDone() && System.nanoTime() - deadline < 0) {
            over.read(); // there may be no loop yet that does
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return looked.join();
    }

    private synchronized MemoryTrunk trunk() throws PortException {
        MemoryTrunk present = trunk;
        if (present == null || present.isLost()) {
            present = new MemoryTrunk(connect(FabricProtocol.KIND_TRUNK, host));
            trunk = present;
        }
        return present;
    }

    @Override
    public FramePort openUplink(String specification) throws PortException {
        Matcher named = NAME.matcher(specification);
        if (named.matches()) {
            return new MemoryUplink(specification, connect(FabricProtocol.KIND_UPLINK, named.group(1)));
        }
        MemoryBackend backend = ofUplink(specification);
        String name = specification.substring(specification.lastIndexOf('/') + 1);
        return new MemoryUplink(specification, backend.connect(FabricProtocol.KIND_UPLINK, name));
    }

    @Override
    public Poller newPoller() {
        return new SelectorPoller();
    }

    private SocketChannel connect(byte kind, String name) throws PortException {
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().connect(fabric, TIMEOUT_MILLIS);
            ByteBuffer hello = ByteBuffer.allocate(512);
            FabricProtocol.putHello(hello, kind, name);
            hello.flip();
            while (hello.hasRemaining()) {
                channel.write(hello);
            }
            channel.socket().setSoTimeout(TIMEOUT_MILLIS);
            awaitWelcome(new DataInputStream(channel.socket().getInputStream()));
            channel.configureBlocking(false);
            return channel;
        } catch (IOException e) {
            close(channel);
            throw new PortException(
                    "no memory fabric answers at " + fabric + " (" + e.getMessage() + "); is it running?", e);
        } catch (PortException e) {
            close(channel);
            throw e;
        }
    }

    private static void awaitWelcome(DataInputStream input) throws IOException, PortException {
        int bytes = input.readInt();
        if (bytes < 1 || bytes > FabricProtocol.MAX_MESSAGE_BYTES) {
            throw new IOException("it does not speak the fabric's protocol");
        }
        byte[] message = input.readNBytes(bytes);
        if (message.length < bytes) {
            throw new EOFException("it closed the connection");
        }
        switch (message[0]) {
            case FabricProtocol.WELCOME -> {}
            case FabricProtocol.REFUSED ->
                throw new PortException(new String(message, 1, bytes - 1, StandardCharsets.UTF_8));
            default -> throw new IOException("it does not speak the fabric's protocol");
        }
    }

    private static void close(@Nullable SocketChannel channel) throws PortException {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new PortException("cannot close a connection to the memory fabric", e);
        }
    }
}
