package io.portcullis.datapath.offload;

/** 8 bits that tell a TCP segment which brings nothing new from the one before. */
public final class SegmentFingerprint {
    private SegmentFingerprint() {}

    /**
     * The fingerprint of a segment.
     *
     * @param end sequence number behind the segment
     * @param window as on the wire
     */
    public static int of(int sequence, int acknowledgement, int end, int window) {
        int mixed = (sequence ^ Integer.rotateLeft(acknowledgement, 16)) * 0x9e37_79b1 + (end + window) * 0x85eb_ca6b;
        return mixed >>> 24;
    }
}
