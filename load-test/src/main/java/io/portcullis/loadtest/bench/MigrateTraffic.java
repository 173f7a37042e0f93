package io.portcullis.loadtest.bench;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.PortException;
import io.portcullis.ports.memory.MemoryBackend;
import io.portcullis.ports.memory.MemoryVm;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Both ends of {@link MigrateFlows}: the VM on its port, and all clients behind one uplink of the fabric. First every connection is opened; then
 * frames go at a steady rate in both directions, each on a connection drawn at random, due at times that do not wait for anything. What
 * arrives is counted by its number.
 */
final class MigrateTraffic implements AutoCloseable {
    /** Handshakes under way while connections are opened. */
    private static final int HANDSHAKES = 4_000;

    private static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long IDLE_NANOS = 20_000;
    private static final int VLAN_TAG = 4;

    /** What one end has got. */
    static final class Inbox {
        private final BitSet numbers = new BitSet();
        private long highest = -1;
        private long duplicated;
        private long reordered;
        private final AtomicLong received = new AtomicLong();
        private final AtomicLong longestDelayNanos = new AtomicLong();

        private void take(MigrateFlows.Arrived frame) {
            int number = (int) frame.number;
            if (numbers.get(number)) {
                duplicated++;
                return;
            }
            numbers.set(number);
            reordered += frame.number < highest ? 1 : 0;
            highest = Math.max(highest, frame.number);
            received.incrementAndGet();
            longestDelayNanos.accumulateAndGet(System.nanoTime() - frame.dueNanos, Math::max);
        }
    }

    private final MigrateFlows flows;
    private final MemoryVm vm;
    private final FramePort uplink;
    private final Arena arena = Arena.ofShared();
    private final Burst burst = new Burst(arena);
    private final MemorySegment scratch = arena.allocate(2_048);
    private final Inbox atVm = new Inbox();
    private final Inbox atClients = new Inbox();
    private final AtomicInteger established = new AtomicInteger();
    private final BitSet isEstablished;
    private final Thread thread;
    private volatile boolean isOpening = true;
    private volatile int framesPerSecond;
    private volatile boolean isStopping;
    private volatile @Nullable RuntimeException failure;
    private final AtomicLong toVm = new AtomicLong();
    private final AtomicLong toClients = new AtomicLong();

    MigrateTraffic(MigrateFlows flows, MemoryVm vm, String uplinkSpecification) throws IOException {
        this.flows = flows;
        this.vm = vm;
        isEstablished = new BitSet(flows.connections());
        try {
            uplink = MemoryBackend.ofUplink(uplinkSpecification).openUplink(uplinkSpecification);
        } catch (PortException unusable) {
            throw new IOException(unusable);
        }
        MigrateFlows.Arrived frame = new MigrateFlows.Arrived();
        vm.onReceive(bytes -> atVm(frame, bytes));
        thread = Thread.ofPlatform().daemon().name("clients").unstarted(this::run);
    }

    /** Opens all connections. */
    void open() throws IOException, InterruptedException {
        thread.start();
        while (established.get() < flows.connections()) {
            TimeUnit.MILLISECONDS.sleep(50);
            check();
        }
        isOpening = false;
    }

    int established() {
        return established.get();
    }

    /** From now on so many frames a second, half of them in each direction; 0 for none. */
    void send(int perSecond) {
        framesPerSecond = perSecond;
    }

    /** The longest that any frame took since the last call, from when it was due until the other end had it. */
    long takeLongestDelayNanos() {
        return Math.max(atVm.longestDelayNanos.getAndSet(0), atClients.longestDelayNanos.getAndSet(0));
    }

    /** No more frames; waits until those under way have arrived, or are not going to. */
    void settle() throws IOException, InterruptedException {
        framesPerSecond = 0;
        long received = -1;
        while (sent() > received() && received != received()) {
            received = received();
            TimeUnit.SECONDS.sleep(1);
            check();
        }
    }

    long sent() {
        return toVm.get() + toClients.get();
    }

    private long received() {
        return atVm.received.get() + atClients.received.get();
    }

    /** After {@link #settle}. */
    long lost() {
        return sent() - received();
    }

    long duplicated() {
        return atVm.duplicated + atClients.duplicated;
    }

    long reordered() {
        return atVm.reordered + atClients.reordered;
    }

    private void check() throws IOException {
        RuntimeException failed = failure;
        if (failed != null) {
            throw new IOException("the traffic ended: " + failed, failed);
        }
    }

    // ---- the VM, on the fabric's thread

    private void atVm(MigrateFlows.Arrived frame, byte[] bytes) {
        if (!frame.read(MemorySegment.ofArray(bytes), 0, bytes.length, 0)) {
            return;
        }
        flows.vmGot(frame.connection, frame.sequence, frame.flags, frame.payload);
        if ((frame.flags & MigrateFlows.SYN) != 0) {
            vm.send(flows.vmSynAck(frame.connection));
        } else if (frame.payload > 0) {
            atVm.take(frame);
        } else {
            established(frame.connection);
        }
    }

    private void established(int connection) {
        if (!isEstablished.get(connection)) {
            isEstablished.set(connection);
            established.incrementAndGet();
        }
    }

    // ---- the clients

    private void run() {
        try {
            MigrateFlows.Arrived frame = new MigrateFlows.Arrived();
            openAll(frame);
            sendAll(frame);
        } catch (RuntimeException bug) {
            failure = bug;
        }
    }

    private void openAll(MigrateFlows.Arrived frame) {
        int next = 0;
        long lastNanos = System.nanoTime();
        int last = 0;
        while (isOpening && !isStopping) {
            boolean isBusy = receive(frame);
            while (next < flows.connections() && next - established.get() < HANDSHAKES) {
                toUplink(flows.clientSyn(next++));
                isBusy = true;
            }
            uplink.flush();
            if (established.get() != last) {
                last = established.get();
                lastNanos = System.nanoTime();
            } else if (System.nanoTime() - lastNanos > HANDSHAKE_NANOS) {
                throw new IllegalStateException("connections do not open any more after " + last);
            }
            pause(isBusy);
        }
    }

    private void sendAll(MigrateFlows.Arrived frame) {
        Random random = new Random(1);
        long beganNanos = System.nanoTime();
        long due = 0;
        int rate = 0;
        while (!isStopping) {
            boolean isBusy = receive(frame);
            long now = System.nanoTime();
            if (framesPerSecond != rate) {
                rate = framesPerSecond;
                beganNanos = now;
                due = 0;
            }
            while (rate > 0 && due * 1_000_000_000L / rate <= now - beganNanos) {
                send(random.nextInt(flows.connections()), due % 2 == 0, beganNanos + due * 1_000_000_000L / rate);
                due++;
                isBusy = true;
            }
            uplink.flush();
            pause(isBusy);
        }
    }

    private void send(int connection, boolean isToVm, long dueNanos) {
        if (isToVm) {
            toUplink(flows.clientData(connection, toVm.getAndIncrement(), dueNanos));
        } else if (!vm.send(flows.vmData(connection, toClients.getAndIncrement(), dueNanos))) {
            throw new IllegalStateException("the fabric is too far behind; send fewer frames");
        }
    }

    private void toUplink(byte[] frame) {
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, scratch, Burst.VNET_HEADER_BYTES, frame.length);
        if (!uplink.send(scratch, Burst.VNET_HEADER_BYTES, frame.length)) {
            throw new IllegalStateException("the fabric is too far behind; send fewer frames");
        }
    }

    private boolean receive(MigrateFlows.Arrived frame) {
        burst.clear();
        int count = uplink.receive(burst);
        for (int i = 0; i < burst.count(); i++) {
            if (frame.read(burst.memory(), burst.offset(i), burst.length(i), VLAN_TAG)) {
                flows.clientGot(frame.connection, frame.sequence, frame.flags, frame.payload);
                if ((frame.flags & MigrateFlows.SYN) != 0) {
                    toUplink(flows.clientAck(frame.connection));
                } else if (frame.payload > 0) {
                    atClients.take(frame);
                }
            }
        }
        return count > 0;
    }

    private static void pause(boolean isBusy) {
        if (!isBusy) {
            LockSupport.parkNanos(IDLE_NANOS);
        }
    }

    @Override
    public void close() {
        isStopping = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        uplink.close();
        arena.close();
    }
}
