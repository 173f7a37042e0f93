package io.portcullis.ports.pcap;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Bytes as a capture file of any link type: read to its end, or refused with a message that names it. What was read is written and read
 * again, and becomes Ethernet frames that stay in their memory.
 */
public final class PcapTarget {
    private static final String NAME = "fuzzed.pcap";
    /** The writer's seconds have 32 bits. */
    private static final long LAST_EPOCH_NANOS = 0x7fff_ffffL * 1_000_000_000L;

    private PcapTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        try {
            List<PcapFrame> frames = new ArrayList<>();
            try (PcapReader reader = PcapReader.of(NAME, new ByteArrayInputStream(input), true)) {
                for (PcapFrame frame = reader.next(); frame != null; frame = reader.next()) {
                    check(frame, input.length);
                    frames.add(frame);
                }
            } catch (PcapFormatException refused) {
                if (!refused.getMessage().contains(NAME)) {
                    throw new AssertionError("a message without the file's name", refused);
                }
            }
            check(frames);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static void check(PcapFrame frame, int fileBytes) {
        int bytes = frame.bytes().length;
        if (bytes > fileBytes) {
            throw new AssertionError(bytes + " bytes of a file of " + fileBytes);
        }
        int room = LinkTypes.mostEthernetBytes(bytes);
        int made = LinkTypes.toEthernet(frame.linkType(), frame.bytes(), MemorySegment.ofArray(new byte[room]), 0);
        if (made != LinkTypes.NOT_ETHERNET && (made < 0 || made > room)) {
            throw new AssertionError(made + " bytes in room for " + room);
        }
    }

    private static void check(List<PcapFrame> frames) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PcapWriter writer = PcapWriter.to(out)) {
            for (PcapFrame frame : frames) {
                writer.write(frame);
            }
        }
        List<PcapFrame> again;
        try (PcapReader reader = PcapReader.of(NAME, new ByteArrayInputStream(out.toByteArray()))) {
            again = reader.readAll();
        }
        for (int i = 0; i < frames.size(); i++) {
            PcapFrame before = frames.get(i);
            PcapFrame after = again.get(i);
            boolean isTimeKept = before.epochNanos() < 0
                    || before.epochNanos() > LAST_EPOCH_NANOS
                    || before.epochNanos() == after.epochNanos();
            byte[] kept = Arrays.copyOf(before.bytes(), Math.min(before.bytes().length, PcapWriter.SNAP_BYTES));
            if (!isTimeKept || !Arrays.equals(kept, after.bytes())) {
                throw new AssertionError("frame " + i + " is another one after it was written");
            }
        }
        if (again.size() != frames.size()) {
            throw new AssertionError(again.size() + " frames written, not " + frames.size());
        }
    }
}
