package io.portcullis.datapath.offload;

/**
 * What was seen of one end of a TCP flow, as in the window checks of van Rooij ("Real Stateful TCP Packet Filtering in IP Filter", SANE
 * 2000). All numbers are modulo 2^32. A flyweight of one thread; means nothing for UDP.
 */
public final class PeerWindow {
    /** Highest sequence number behind what it sent. */
    public int end;
    /** Highest acknowledgement that it sent. */
    public int maxAck;
    /** Highest sequence number that it may send. */
    public int maxEnd;
    /** Largest window that it advertised, scaled, in bytes; never 0. */
    public int maxWindow;
    /** Shift of the windows that it advertises; never changes. */
    public int scale;
    /** Sent data that the other end has not acknowledged in full. */
    public boolean isUnacknowledged;

    public void copyFrom(PeerWindow other) {
        end = other.end;
        maxAck = other.maxAck;
        maxEnd = other.maxEnd;
        maxWindow = other.maxWindow;
        scale = other.scale;
        isUnacknowledged = other.isUnacknowledged;
    }

    /**
     * Whether a segment of this end is in the window without a doubt: nothing sent again, nothing beyond the right edge, no
     * acknowledgement of what was not sent or is long past, no window of 0.
     *
     * @param segmentEnd sequence number behind it
     * @param window as it is on the wire
     */
    public boolean takes(PeerWindow receiver, int sequence, int segmentEnd, int ack, int window, int minAckLag) {
        int ackLag = Math.max(minAckLag, maxWindow);
        return segmentEnd - end >= 0
                && segmentEnd - (end - receiver.maxWindow) >= 0
                && sequence - maxEnd <= 0
                && segmentEnd - maxEnd <= 0
                && ack - receiver.end <= 0
                && ack - (receiver.end - ackLag) >= 0
                && maxWindow > 0
                && receiver.maxWindow > 0
                && window << scale > 0;
    }

    /**
     * Moves both ends by a segment that {@link #takes} found good.
     *
     * @return whether it brought anything new: data, or an acknowledgement
     */
    public boolean advance(PeerWindow receiver, int segmentEnd, int ack, int window) {
        int scaled = window << scale;
        boolean isNewData = segmentEnd - end > 0;
        boolean isNewAck = ack - maxAck > 0;
        end = segmentEnd;
        isUnacknowledged |= isNewData;
        if (isNewAck) {
            maxAck = ack;
        }
        maxWindow = Math.max(maxWindow, scaled);
        if (ack + scaled - receiver.maxEnd >= 0) {
            receiver.maxEnd = ack + scaled;
        }
        if (ack == receiver.end) {
            receiver.isUnacknowledged = false;
        }
        return isNewData || isNewAck;
    }
}
