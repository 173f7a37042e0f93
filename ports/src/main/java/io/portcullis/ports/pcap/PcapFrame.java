package io.portcullis.ports.pcap;

/**
 * One frame of a capture file.
 *
 * @param epochNanos when it was seen, in nanoseconds since 1970 UTC; 0 where the file does not say
 * @param linkType what {@code bytes} begins with, see {@link LinkTypes}
 * @param bytes what was captured of it, from the header of its link layer on
 * @param originalBytes its length on the wire
 */
@SuppressWarnings("ArrayRecordComponent")
// An array, not copied: whoever reads a file owns its frames.
public record PcapFrame(long epochNanos, int linkType, byte[] bytes, int originalBytes) {
    public boolean isTruncated() {
        return bytes.length < originalBytes;
    }
}
