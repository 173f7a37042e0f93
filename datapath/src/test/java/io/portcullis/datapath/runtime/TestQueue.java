package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One end of a {@link TestFabric}: what it has sent and the fabric has not taken on yet, what waits for its reader, and the reader's
 * poller. Markers travel among the frames, so that a drain tells what has arrived.
 */
abstract class TestQueue implements FramePort {
    /** No frame: the sender waits for it to come back. */
    static final byte[] MARKER = {};

    private static final int VNET = Burst.VNET_HEADER_BYTES;

    final ConcurrentLinkedQueue<byte[]> sent = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<byte[]> waiting = new ConcurrentLinkedQueue<>();
    final AtomicLong arrived = new AtomicLong();
    private volatile @Nullable TestPoller poller;
    private int awaitedMarkers;

    void arrive(byte[] frame) {
        waiting.add(frame);
        arrived.incrementAndGet();
        TestPoller reader = poller;
        if (reader != null) {
            reader.wakeUp();
        }
    }

    /** What becomes of a frame that this end has sent. */
    abstract void takeOn(byte[] frame);

    void markerArrived() {
        arrive(MARKER);
    }

    void setReader(TestPoller reader) {
        poller = reader;
    }

    @Override
    public int receive(Burst burst) {
        int count = 0;
        while (burst.hasRoom()) {
            byte[] frame = waiting.poll();
            if (frame == null) {
                break;
            }
            if (frame == MARKER) {
                awaitedMarkers--;
                break;
            }
            burst.append(MemorySegment.ofArray(frame), VNET, frame.length - VNET);
            count++;
        }
        return count;
    }

    @Override
    public boolean send(MemorySegment memory, long offset, int lengthBytes) {
        sent.add(memory.asSlice(offset - VNET, lengthBytes + (long) VNET).toArray(ValueLayout.JAVA_BYTE));
        return true;
    }

    @Override
    public void flush() {}

    @Override
    public void requestDrain() {
        awaitedMarkers++;
        sent.add(MARKER);
    }

    @Override
    public boolean isDrained() {
        return awaitedMarkers == 0;
    }
}
