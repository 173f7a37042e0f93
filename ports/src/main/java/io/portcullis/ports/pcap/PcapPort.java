package io.portcullis.ports.pcap;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.port.FramePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replays the frames of a capture file as fast as they are asked for, and writes what is sent into another file, if one is
 * given. Frames that the capture has cut are skipped and counted. Needs no poller: it always has frames until its end.
 */
public final class PcapPort implements FramePort {
    private final String name;
    private final PcapReader reader;
    private final @Nullable PcapWriter writer;
    private boolean ended;
    private long epochNanos;
    private long received;
    private long sent;
    private long skipped;

    /** Takes both over and closes them. */
    public PcapPort(String name, PcapReader reader, @Nullable PcapWriter writer) {
        this.name = name;
        this.reader = reader;
        this.writer = writer;
    }

    @Override
    public String name() {
        return name;
    }

    /** Whether the file has no more frames. */
    public boolean isEnded() {
        return ended;
    }

    /** The file's time of the last frame that was received; what is sent gets it, too. */
    public long epochNanos() {
        return epochNanos;
    }

    /** @throws UncheckedIOException if the file is damaged or cannot be read */
    @Override
    public int receive(Burst burst) {
        int count = 0;
        try {
            while (!ended && burst.hasRoom()) {
                PcapFrame frame = reader.next();
                if (frame == null) {
                    ended = true;
                } else if (frame.isTruncated() || frame.bytes().length > Burst.MAX_FRAME_BYTES) {
                    skipped++;
                } else {
                    add(burst, frame);
                    count++;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        received += count;
        return count;
    }

    private void add(Burst burst, PcapFrame frame) {
        int at = burst.nextOffset();
        burst.memory()
                .asSlice(at - Burst.VNET_HEADER_BYTES, Burst.VNET_HEADER_BYTES)
                .fill((byte) 0);
        MemorySegment.copy(frame.bytes(), 0, burst.memory(), ValueLayout.JAVA_BYTE, at, frame.bytes().length);
        burst.commit(frame.bytes().length);
        epochNanos = frame.epochNanos();
    }

    @Override
    public boolean send(MemorySegment memory, long offset, int lengthBytes) {
        sent++;
        if (writer != null) {
            byte[] bytes = memory.asSlice(offset, lengthBytes).toArray(ValueLayout.JAVA_BYTE);
            try {
                writer.write(epochNanos, bytes, bytes.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return true;
    }

    /** What a machine captures of its own frames are checksums that its NIC completes later. */
    @Override
    public ChecksumTrust checksumTrust() {
        return ChecksumTrust.ALL;
    }

    @Override
    public void flush() {
        // The writer is flushed when it is closed.
    }

    @Override
    public void requestDrain() {
        // A file has nothing queued.
    }

    @Override
    public boolean isDrained() {
        return true;
    }

    @Override
    public Map<String, Long> counters() {
        Map<String, Long> counters = new LinkedHashMap<>();
        counters.put("received", received);
        counters.put("sent", sent);
        counters.put("skipped-truncated", skipped);
        return counters;
    }

    @Override
    public void close() {
        try {
            reader.close();
            if (writer != null) {
                writer.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
