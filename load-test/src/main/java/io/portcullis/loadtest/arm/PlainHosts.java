package io.portcullis.loadtest.arm;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.loadtest.flow.VmEnd;
import io.portcullis.ports.memory.MemoryBackend;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Two hosts without a firewall, for comparison: each joins the port of a VM with its uplink and looks at nothing. A move goes as ours does, but
 * nothing is decided or carried: the VM's queue is steered to the other host, the address is announced there, and the old queue is closed when it is
 * empty. One thread does all of it; {@link #move} waits for it.
 */
final class PlainHosts implements AutoCloseable {
    private static final int MAX_COMMANDS = 16;
    private static final int ADDRESSES_BYTES = 12;
    private static final int TAG_BYTES = 4;
    private static final int VLAN_TAG = 0x8100;
    private static final long IDLE_NANOS = 20_000;
    private static final long LIMIT_SECONDS = 30;

    private final VmEnd vm;
    private final MemoryBackend backend;
    private final List<FramePort> uplinks = new ArrayList<>();
    private final BlockingQueue<CountDownLatch> moves = new ArrayBlockingQueue<>(MAX_COMMANDS);
    private final Arena arena = Arena.ofShared();
    private final Burst burst = new Burst(arena);
    private final MemorySegment scratch = arena.allocate(Burst.BYTES);
    private final Thread thread;
    private volatile boolean isStopping;
    private volatile @Nullable Exception failure;
    // the thread's only
    private int side;
    private VmPort queue;
    private @Nullable VmPort old;
    private @Nullable CountDownLatch moving;

    /**
     * @param uplinks specifications of the two hosts' uplinks
     */
    PlainHosts(VmEnd vm, List<String> uplinks) throws IOException {
        this.vm = vm;
        try {
            backend = MemoryBackend.ofUplink(uplinks.getFirst());
            for (String uplink : uplinks) {
                this.uplinks.add(backend.openUplink(uplink));
            }
            queue = backend.openVmPort(vm.port().port(), vm.mac());
        } catch (PortException unusable) {
            throw new IOException(unusable);
        }
        thread = Thread.ofPlatform().daemon().name("plain-hosts").start(this::run);
    }

    /** Moves the VM to the other host; returns when its old queue is closed. */
    void move() throws IOException, InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        moves.put(done);
        if (!done.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("the VM without a firewall did not move: " + failure);
        }
    }

    private void run() {
        try {
            while (!isStopping) {
                boolean isBusy = fromUplinks();
                isBusy |= fromVm(queue, side);
                VmPort leaving = old;
                if (leaving != null) {
                    isBusy |= fromVm(leaving, 1 - side);
                    if (leaving.isDrained()) {
                        leaving.close();
                        old = null;
                        finish();
                    }
                } else if (!moves.isEmpty()) {
                    begin();
                    isBusy = true;
                }
                uplinks.forEach(FramePort::flush);
                if (!isBusy) {
                    LockSupport.parkNanos(IDLE_NANOS);
                }
            }
        } catch (RuntimeException | PortException broken) {
            failure = broken;
        }
    }

    private void begin() throws PortException {
        moving = moves.poll();
        VmPort leaving = queue;
        old = leaving;
        side = 1 - side;
        queue = backend.openVmPort(vm.port().port(), vm.mac());
        queue.steerTo(1);
        byte[] announcement =
                FrameBuilder.rarpAnnouncement(vm.mac()).vlan(vm.vlan()).build();
        MemorySegment.copy(
                MemorySegment.ofArray(announcement), 0, scratch, Burst.VNET_HEADER_BYTES, announcement.length);
        uplinks.get(side).send(scratch, Burst.VNET_HEADER_BYTES, announcement.length);
        leaving.requestDrain();
    }

    private void finish() {
        CountDownLatch done = moving;
        moving = null;
        if (done != null) {
            done.countDown();
        }
    }

    /** Adds the tag of the VM's segment. */
    private boolean fromVm(VmPort port, int from) {
        burst.clear();
        int count = port.receive(burst);
        for (int i = 0; i < burst.count(); i++) {
            long at = Burst.VNET_HEADER_BYTES;
            MemorySegment.copy(burst.memory(), burst.offset(i), scratch, at, ADDRESSES_BYTES);
            Wire.put16(scratch, at + ADDRESSES_BYTES, VLAN_TAG);
            Wire.put16(scratch, at + ADDRESSES_BYTES + 2, vm.vlan());
            MemorySegment.copy(
                    burst.memory(),
                    burst.offset(i) + (long) ADDRESSES_BYTES,
                    scratch,
                    at + ADDRESSES_BYTES + TAG_BYTES,
                    burst.length(i) - (long) ADDRESSES_BYTES);
            uplinks.get(from).send(scratch, at, burst.length(i) + TAG_BYTES);
        }
        return count > 0;
    }

    /** Takes the tag off what is for the VM. */
    private boolean fromUplinks() {
        boolean isBusy = false;
        for (FramePort uplink : uplinks) {
            burst.clear();
            isBusy |= uplink.receive(burst) > 0;
            for (int i = 0; i < burst.count(); i++) {
                long at = burst.offset(i);
                boolean isIts = burst.length(i) > ADDRESSES_BYTES + TAG_BYTES
                        && Wire.u48(burst.memory(), at) == vm.mac().value()
                        && Wire.u16(burst.memory(), at + ADDRESSES_BYTES) == VLAN_TAG
                        && (Wire.u16(burst.memory(), at + ADDRESSES_BYTES + 2) & 0xfff) == vm.vlan();
                if (isIts) {
                    MemorySegment.copy(burst.memory(), at, scratch, Burst.VNET_HEADER_BYTES, ADDRESSES_BYTES);
                    long rest = (long) ADDRESSES_BYTES + TAG_BYTES;
                    MemorySegment.copy(
                            burst.memory(),
                            at + rest,
                            scratch,
                            Burst.VNET_HEADER_BYTES + (long) ADDRESSES_BYTES,
                            burst.length(i) - rest);
                    queue.send(scratch, Burst.VNET_HEADER_BYTES, burst.length(i) - TAG_BYTES);
                }
            }
        }
        queue.flush();
        return isBusy;
    }

    @Override
    public void close() {
        isStopping = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        queue.close();
        VmPort leaving = old;
        if (leaving != null) {
            leaving.close();
        }
        uplinks.forEach(FramePort::close);
        arena.close();
    }
}
