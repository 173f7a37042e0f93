package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import io.portcullis.ports.CapturedFrame;
import io.portcullis.ports.memory.FabricProtocol.ProtocolException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/**
 * The network and the VMs of a cluster without privileges, in a process that is no host: a learning, VLAN-aware switch for the
 * hosts' uplinks, and the far ends of the VMs' ports. Hosts connect by {@link MemoryBackend}. A host's death closes its
 * connections; its VMs stay and their frames wait.
 *
 * <p>Thread-safe. One thread does all the work, in the order in which messages came, which makes steering and drains exact.
 */
public final class MemoryFabric implements AutoCloseable {
    /** Frames and commands from other threads that may be under way to the fabric's thread. */
    public static final int MAX_COMMANDS = 65_536;

    private static final int MAX_BATCH = 1_024;
    /** More than a socket buffer holds. */
    private static final int MAX_CATCH_UP_READS = 64;

    private static final System.Logger LOG = System.getLogger(MemoryFabric.class.getName());

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final InetSocketAddress address;
    private final Thread thread;
    private final BlockingQueue<Runnable> commands = new ArrayBlockingQueue<>(MAX_COMMANDS);
    private final Map<String, MemoryVm> vms = new ConcurrentHashMap<>();
    private final List<Consumer<CapturedFrame>> observers = new CopyOnWriteArrayList<>();
    private volatile boolean stop;

    // The fabric's thread only.
    private final LearningSwitch uplinks = new LearningSwitch();
    private final Set<FabricConnection> connections = new LinkedHashSet<>();
    private boolean catchingUp;
    private long protocolErrors;
    private long droppedByClosed;

    private MemoryFabric(InetSocketAddress bind) throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.bind(bind);
        address = (InetSocketAddress) listener.getLocalAddress();
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        thread = Thread.ofPlatform().daemon().name("memory-fabric").unstarted(this::run);
    }

    /** Starts a fabric; port 0 takes a free one. */
    public static MemoryFabric start(InetSocketAddress bind) throws IOException {
        MemoryFabric fabric = new MemoryFabric(bind);
        fabric.thread.start();
        return fabric;
    }

    /** Where hosts connect to. */
    public InetSocketAddress address() {
        return address;
    }

    /** Creates the far end of a VM's port, {@code memory:NAME} for the hosts. */
    public MemoryVm addVm(String name) {
        MemoryVm vm = new MemoryVm(name, this);
        if (vms.putIfAbsent(name, vm) != null) {
            throw new IllegalArgumentException("there is a VM '" + name + "' on this fabric already");
        }
        return vm;
    }

    /** Forgets a VM; hosts that are connected to it lose the connection. */
    public void removeVm(String name) {
        MemoryVm vm = vms.remove(name);
        if (vm != null) {
            execute(() ->
                    connections.stream().filter(c -> c.vm() == vm).toList().forEach(this::close));
        }
    }

    /** Shows every frame that passes an uplink, from the fabric's thread: the observer must not block. */
    public void observe(Consumer<CapturedFrame> observer) {
        observers.add(observer);
    }

    public void stopObserving(Consumer<CapturedFrame> observer) {
        observers.remove(observer);
    }

    /** Names of the uplinks that are connected. */
    public List<String> uplinks() {
        return ask(() -> List.copyOf(uplinks.uplinkNames()));
    }

    /** What the fabric had to drop, by name. */
    public Map<String, Long> counters() {
        return ask(() -> {
            Map<String, Long> counters = new LinkedHashMap<>();
            counters.put("connections", (long) connections.size());
            counters.put(
                    "dropped-full",
                    droppedByClosed
                            + connections.stream()
                                    .mapToLong(FabricConnection::dropped)
                                    .sum());
            counters.put("runts", uplinks.runts());
            counters.put("protocol-errors", protocolErrors);
            return counters;
        });
    }

    private <T> T ask(java.util.concurrent.Callable<T> question) {
        FutureTask<T> answer = new FutureTask<>(question);
        if (!execute(answer)) {
            throw new IllegalStateException("the fabric is closed");
        }
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Runs a command on the fabric's thread, in order; false if the fabric is closed or too far behind. */
    boolean execute(Runnable command) {
        if (stop || !commands.offer(command)) {
            return false;
        }
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
        return true;
    }

    private void run() {
        List<Runnable> batch = new ArrayList<>();
        while (!stop) {
            // Taken before the sockets are asked, run after: what a host did before a VM sent is seen first.
            commands.drainTo(batch, MAX_BATCH);
            try {
                if (batch.isEmpty()) {
                    selector.select();
                } else {
                    selector.selectNow();
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, "the memory fabric stops", e);
                break;
            }
            for (SelectionKey key : selector.selectedKeys()) {
                serve(key);
            }
            selector.selectedKeys().clear();
            batch.forEach(this::runGuarded);
            batch.clear();
            // A copy, because a connection that ends is removed.
            List.copyOf(connections).forEach(this::flush);
        }
        List.copyOf(connections).forEach(this::close);
    }

    private void serve(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.isAcceptable()) {
            accept();
        } else if (key.isReadable() && key.attachment() instanceof FabricConnection connection) {
            read(connection);
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel != null) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                FabricConnection connection = new FabricConnection(channel, key);
                key.attach(connection);
                connections.add(connection);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a host could not connect to the memory fabric", e);
        }
    }

    /** Takes what has come; true if there was anything. */
    private boolean read(FabricConnection connection) {
        try {
            boolean any = connection.read();
            for (ByteBuffer message = connection.nextMessage(); message != null; message = connection.nextMessage()) {
                take(connection, message);
            }
            return any;
        } catch (IOException e) {
            close(connection);
        } catch (ProtocolException e) {
            protocolErrors++;
            LOG.log(System.Logger.Level.WARNING, "a connection to the memory fabric was closed: " + e.getMessage());
            close(connection);
        }
        return false;
    }

    /**
     * Reads connections that may have been closed before {@code except} spoke, so that a queue index or an uplink's name means
     * what it meant for the speaker: on loopback the end of a connection has come before anything that was sent after it.
     */
    private void catchUp(Collection<FabricConnection> others, FabricConnection except) {
        if (catchingUp) {
            return;
        }
        catchingUp = true;
        for (FabricConnection other : List.copyOf(others)) {
            for (int i = 0; other != except && i < MAX_CATCH_UP_READS && read(other); i++) {
                // Reading is all.
            }
        }
        catchingUp = false;
    }

    private void take(FabricConnection connection, ByteBuffer message) throws ProtocolException {
        MemoryVm vm = connection.vm();
        boolean greeted = vm != null || !connection.uplink().isEmpty();
        byte type = message.get();
        if (greeted == (type == FabricProtocol.HELLO)) {
            throw new ProtocolException("message type " + type + (greeted ? " after" : " before") + " HELLO");
        }
        switch (type) {
            case FabricProtocol.HELLO -> greet(connection, message);
            case FabricProtocol.FRAME -> takeFrame(connection, message);
            case FabricProtocol.DRAIN_REQUEST -> connection.sendDrained(number(message));
            case FabricProtocol.STEER -> {
                if (vm == null) {
                    throw new ProtocolException("an uplink cannot be steered");
                }
                int index = number(message);
                catchUp(vm.queues(), connection);
                vm.steerTo(index);
            }
            default -> throw new ProtocolException("message type " + type);
        }
    }

    private static int number(ByteBuffer message) throws ProtocolException {
        if (message.remaining() != Integer.BYTES) {
            throw new ProtocolException("a number of " + message.remaining() + " bytes");
        }
        return message.getInt();
    }

    private void greet(FabricConnection connection, ByteBuffer hello) throws ProtocolException {
        if (hello.remaining() < 8
                || hello.remaining() > 7 + FabricProtocol.MAX_NAME_BYTES
                || hello.getInt() != FabricProtocol.MAGIC) {
            throw new ProtocolException("this is no host");
        }
        short version = hello.getShort();
        byte kind = hello.get();
        String text = FabricProtocol.text(hello);
        int at = kind == FabricProtocol.KIND_QUEUE ? text.indexOf('@') : -1;
        String name = at < 0 ? text : text.substring(0, at);
        MemoryVm vm = vms.get(name);
        catchUp(vm != null && kind == FabricProtocol.KIND_QUEUE ? vm.queues() : uplinks.uplinks(), connection);
        if (version != FabricProtocol.VERSION) {
            connection.refuse("the fabric speaks protocol version " + FabricProtocol.VERSION + ", the host " + version);
        } else if (kind == FabricProtocol.KIND_UPLINK && uplinks.hasUplink(name)) {
            connection.refuse("another process holds the uplink '" + name + "'; stop that process");
        } else if (kind == FabricProtocol.KIND_UPLINK) {
            connection.sendText(FabricProtocol.WELCOME, "");
            connection.becomeUplink(name);
            uplinks.add(name, connection);
        } else if (kind == FabricProtocol.KIND_QUEUE && vm != null) {
            connection.sendText(FabricProtocol.WELCOME, "");
            connection.becomeQueueOf(vm, at < 0 ? "" : text.substring(at + 1));
            vm.connect(connection);
        } else {
            connection.refuse("there is no VM '" + name + "' on this fabric; create it there first");
        }
    }

    private void takeFrame(FabricConnection connection, ByteBuffer message) throws ProtocolException {
        if (message.remaining() <= Burst.VNET_HEADER_BYTES) {
            throw new ProtocolException("a frame of " + message.remaining() + " bytes");
        }
        byte[] frame = new byte[message.remaining() - Burst.VNET_HEADER_BYTES];
        message.get(message.position() + Burst.VNET_HEADER_BYTES, frame);
        MemoryVm vm = connection.vm();
        if (vm != null) {
            runGuarded(() -> vm.deliver(connection.host(), frame));
            return;
        }
        observed(connection, frame, false);
        uplinks.forward(connection, frame, (uplink, bytes) -> {
            observed(uplink, bytes, true);
            uplink.sendFrame(bytes);
        });
    }

    private void observed(FabricConnection uplink, byte[] frame, boolean toHost) {
        if (observers.isEmpty()) {
            return;
        }
        Instant now = Instant.now();
        long epochNanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        CapturedFrame captured = new CapturedFrame(epochNanos, uplink.uplink(), toHost, frame, frame.length);
        observers.forEach(observer -> runGuarded(() -> observer.accept(captured)));
    }

    /** A receiver or observer that throws must not stop the network for all the others. */
    private void runGuarded(Runnable command) {
        try {
            command.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a receiver on the memory fabric failed", e);
        }
    }

    private void flush(FabricConnection connection) {
        try {
            if (!connection.isOpen()) {
                return;
            }
            boolean finished = connection.flush();
            MemoryVm vm = connection.vm();
            if (vm != null) {
                vm.pump();
                finished |= connection.flush();
            }
            if (finished) {
                close(connection);
            }
        } catch (IOException e) {
            close(connection);
        }
    }

    private void close(FabricConnection connection) {
        if (!connections.remove(connection)) {
            return;
        }
        droppedByClosed += connection.dropped();
        MemoryVm vm = connection.vm();
        if (vm != null) {
            vm.disconnect(connection);
        } else if (!connection.uplink().isEmpty()) {
            uplinks.remove(connection.uplink());
        }
        try {
            connection.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "closing a connection failed", e);
        }
    }

    @Override
    public void close() throws IOException {
        stop = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener.close();
        selector.close();
    }
}
