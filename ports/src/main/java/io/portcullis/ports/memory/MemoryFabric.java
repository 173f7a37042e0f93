package io.portcullis.ports.memory;

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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
import org.jspecify.annotations.Nullable;

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
    /** Those that have read more than they took. */
    private final Deque<FabricConnection> read = new ArrayDeque<>();

    private final Deque<FabricConnection> unflushed = new ArrayDeque<>();
    private boolean catchingUp;
    private long protocolErrors;
    private long droppedByClosed;

    @SuppressWarnings("ThreadPriorityCheck") // a network does not wait for programs
    private MemoryFabric(InetSocketAddress bind) throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.bind(bind);
        address = (InetSocketAddress) listener.getLocalAddress();
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        thread = Thread.ofPlatform()
                .daemon()
                .priority(Thread.MAX_PRIORITY)
                .name("memory-fabric")
                .unstarted(this::run);
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
            execute(() -> disconnect(vm));
        }
    }

    private void disconnect(MemoryVm vm) {
        for (FabricQueue queue : List.copyOf(vm.queues())) {
            vm.disconnect(queue);
            try {
                queue.trunk().close(queue);
            } catch (ProtocolException e) {
                end(queue.trunk().connection(), e);
            }
        }
    }

    /** By its name. */
    @Nullable
    MemoryVm vm(String name) {
        return vms.get(name);
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
            while (!read.isEmpty()) {
                read(read.removeFirst());
            }
            batch.forEach(this::runGuarded);
            batch.clear();
            while (!unflushed.isEmpty()) {
                flush(unflushed.removeFirst());
            }
        }
        List.copyOf(connections).forEach(this::close);
    }

    private void serve(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.isAcceptable()) {
            accept();
        } else if (key.attachment() instanceof FabricConnection connection) {
            if (key.isWritable()) {
                unflushed.add(connection);
            }
            if (key.isReadable()) {
                read(connection);
            }
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel != null) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                FabricConnection connection = new FabricConnection(channel, key, unflushed::add);
                key.attach(connection);
                connections.add(connection);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a host could not connect to the memory fabric", e);
        }
    }

    /** Takes what has come; true if there was anything. */
    private boolean read(FabricConnection connection) {
        if (!connection.isOpen()) {
            return false;
        }
        try {
            boolean any = connection.read();
            for (ByteBuffer message = connection.nextMessage(); message != null; message = connection.nextMessage()) {
                take(connection, message);
            }
            return any;
        } catch (IOException e) {
            close(connection);
        } catch (ProtocolException e) {
            end(connection, e);
        }
        return false;
    }

    private void end(FabricConnection connection, ProtocolException why) {
        protocolErrors++;
        LOG.log(System.Logger.Level.WARNING, "a connection to the memory fabric was closed: " + why.getMessage());
        close(connection);
    }

    /**
     * Takes what other hosts had said of the VM's queues before {@code except} spoke, so that a queue index means what it meant for the
     * speaker: on loopback it has come before anything that was sent after it.
     */
    void catchUp(MemoryVm vm, FabricConnection except) {
        if (catchingUp) {
            return;
        }
        catchingUp = true;
        Set<FabricTrunk> others = new LinkedHashSet<>();
        vm.queues().forEach(queue -> others.add(queue.trunk()));
        for (FabricTrunk other : others) {
            if (other.connection() != except) {
                takeEarly(other, vm);
            }
        }
        catchingUp = false;
    }

    private void takeEarly(FabricTrunk trunk, MemoryVm vm) {
        try {
            trunk.takeEarly(vm);
            read.add(trunk.connection());
        } catch (IOException e) {
            readAll(trunk.connection());
        } catch (ProtocolException e) {
            end(trunk.connection(), e);
        }
    }

    /** As {@link #catchUp(MemoryVm, FabricConnection)}, for an uplink's name. */
    private void catchUpUplinks(FabricConnection except) {
        if (!catchingUp) {
            catchingUp = true;
            List.copyOf(uplinks.uplinks()).stream()
                    .filter(other -> other != except)
                    .forEach(this::readAll);
            catchingUp = false;
        }
    }

    private void readAll(FabricConnection connection) {
        for (int i = 0; i < MAX_CATCH_UP_READS && read(connection); i++) {
            // Reading is all.
        }
    }

    private void take(FabricConnection connection, ByteBuffer message) throws ProtocolException {
        FabricTrunk trunk = connection.trunk();
        boolean greeted = trunk != null || !connection.uplink().isEmpty();
        byte type = message.get();
        if (greeted == (type == FabricProtocol.HELLO)) {
            throw new ProtocolException("message type " + type + (greeted ? " after" : " before") + " HELLO");
        }
        if (trunk != null) {
            trunk.take(type, message);
            return;
        }
        switch (type) {
            case FabricProtocol.HELLO -> greet(connection, message);
            case FabricProtocol.FRAME -> {
                byte[] frame = FabricConnection.frame(message);
                observed(connection, frame, false);
                uplinks.forward(connection, frame, (uplink, bytes) -> {
                    observed(uplink, bytes, true);
                    uplink.sendFrame(bytes);
                });
            }
            case FabricProtocol.DRAIN_REQUEST -> connection.sendDrained(FabricConnection.number(message));
            default -> throw new ProtocolException("message type " + type);
        }
    }

    private void greet(FabricConnection connection, ByteBuffer hello) throws ProtocolException {
        if (hello.remaining() < 7
                || hello.remaining() > 7 + FabricProtocol.MAX_NAME_BYTES
                || hello.getInt() != FabricProtocol.MAGIC) {
            throw new ProtocolException("this is no host");
        }
        short version = hello.getShort();
        byte kind = hello.get();
        String name = FabricProtocol.text(hello);
        if (version != FabricProtocol.VERSION) {
            connection.refuse("the fabric speaks protocol version " + FabricProtocol.VERSION + ", the host " + version);
        } else if (kind == FabricProtocol.KIND_TRUNK) {
            connection.welcome();
            connection.become(new FabricTrunk(this, connection, name));
        } else if (kind == FabricProtocol.KIND_UPLINK && !name.isEmpty()) {
            catchUpUplinks(connection);
            if (uplinks.hasUplink(name)) {
                connection.refuse("another process holds the uplink '" + name + "'; stop that process");
            } else {
                connection.welcome();
                connection.becomeUplink(name);
                uplinks.add(name, connection);
            }
        } else {
            throw new ProtocolException("this is no host");
        }
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
    void runGuarded(Runnable command) {
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
            FabricTrunk trunk = connection.trunk();
            if (trunk != null) {
                trunk.pump();
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
        FabricTrunk trunk = connection.trunk();
        if (trunk != null) {
            trunk.end();
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
