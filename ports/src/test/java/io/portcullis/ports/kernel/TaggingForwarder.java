package io.portcullis.ports.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A host without a firewall: VM port to uplink with a VLAN tag pushed, uplink to VM port with it popped. */
final class TaggingForwarder implements AutoCloseable {
    private static final java.lang.foreign.ValueLayout.OfShort WIRE_SHORT =
            JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    final AtomicInteger largestUp = new AtomicInteger();
    final AtomicInteger largestDown = new AtomicInteger();
    final AtomicLong refused = new AtomicLong();

    private final TapPort port;
    private final TapUplink uplink;
    private final EpollPoller poller = new EpollPoller();
    private final int vlan;
    private final Thread loop;
    private volatile boolean stop;

    TaggingForwarder(TapPort port, TapUplink uplink, int vlan) {
        this.port = port;
        this.uplink = uplink;
        this.vlan = vlan;
        poller.add(port);
        poller.add(uplink);
        loop = Thread.ofPlatform().daemon().name("forwarder-" + port.name()).start(this::run);
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            Burst burst = new Burst(arena);
            while (!stop) {
                poller.await(100_000_000);
                forward(burst, port, uplink, largestUp, true);
                forward(burst, uplink, port, largestDown, false);
            }
        }
    }

    private void forward(Burst burst, FramePort from, FramePort to, AtomicInteger largest, boolean push) {
        burst.clear();
        from.receive(burst);
        for (int i = 0; i < burst.count(); i++) {
            largest.accumulateAndGet(burst.length(i), Math::max);
            if (push) {
                shift(burst, i, -4);
                burst.memory().set(WIRE_SHORT, burst.offset(i) + 12L, (short) 0x8100);
                burst.memory().set(WIRE_SHORT, burst.offset(i) + 14L, (short) vlan);
            } else if (burst.memory().get(WIRE_SHORT, burst.offset(i) + 12L) == (short) 0x8100) {
                shift(burst, i, 4);
            }
            if (!to.send(burst.memory(), burst.offset(i), burst.length(i))) {
                refused.incrementAndGet();
            }
        }
    }

    /** Moves virtio-net header and MAC addresses by 4 bytes and corrects the header's offsets. */
    private static void shift(Burst burst, int index, int by) {
        MemorySegment memory = burst.memory();
        long header = burst.offset(index) - Burst.VNET_HEADER_BYTES;
        MemorySegment.copy(memory, header, memory, header + by, Burst.VNET_HEADER_BYTES + 12);
        burst.adjust(index, by);
        header += by;
        if ((memory.get(JAVA_BYTE, header) & 1) != 0) {
            addTo(memory, header + 6, -by);
        }
        if (memory.get(JAVA_BYTE, header + 1) != 0) {
            addTo(memory, header + 2, -by);
        }
    }

    private static void addTo(MemorySegment memory, long at, int by) {
        memory.set(JAVA_SHORT_UNALIGNED, at, (short) (memory.get(JAVA_SHORT_UNALIGNED, at) + by));
    }

    @Override
    public void close() {
        stop = true;
        poller.wakeUp();
        try {
            loop.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        poller.close();
        port.close();
        uplink.close();
    }
}
