package io.portcullis.datapath.track;

import io.portcullis.policy.TimeoutPreset;
import java.util.concurrent.TimeUnit;

/**
 * Time-outs and choices of a tracker, in nanoseconds since a connection's last packet.
 *
 * @param isLoose whether a TCP connection may be picked up in its middle, from a packet with ACK
 * @param unacknowledgedNanos upper bound while data is not acknowledged, or a picked-up connection has no answer
 * @param retransmittedNanos upper bound after {@link #MAX_RETRANSMITS} equal packets, or with a zero window
 * @param udpStreamNanos for UDP in both directions for more than {@link #UDP_STREAM_AFTER_NANOS}
 * @param otherNanos for all other protocols
 * @param sctpOpeningNanos for SCTP before the association is established, and behind its end
 * @param sctpHeartbeatNanos for SCTP paths of which only heartbeats have been seen
 * @param sctpClosingNanos for SCTP from SHUTDOWN on
 */
public record TrackingProfile(
        boolean isLoose,
        long synSentNanos,
        long synReceivedNanos,
        long establishedNanos,
        long finWaitNanos,
        long closeWaitNanos,
        long lastAckNanos,
        long timeWaitNanos,
        long closedNanos,
        long unacknowledgedNanos,
        long retransmittedNanos,
        long udpNanos,
        long udpStreamNanos,
        long icmpNanos,
        long otherNanos,
        long sctpOpeningNanos,
        long sctpEstablishedNanos,
        long sctpHeartbeatNanos,
        long sctpClosingNanos) {
    public static final int MAX_RETRANSMITS = 3;
    public static final long UDP_STREAM_AFTER_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** The defaults of Linux 6 (nf_conntrack), without picking up connections in their middle. */
    public static final TrackingProfile STRICT = linux(false);

    /** The defaults of Linux 6 (nf_conntrack), which picks up connections in their middle. */
    public static final TrackingProfile LOOSE = linux(true);

    private static final TrackingProfile NSX_STRICT = nsxLike(false);
    private static final TrackingProfile NSX_LOOSE = nsxLike(true);

    /** The preset's time-outs with strict or loose pickup; the same object each time. */
    public static TrackingProfile of(TimeoutPreset preset, boolean isLoose) {
        return switch (preset) {
            case LINUX -> isLoose ? LOOSE : STRICT;
            case NSX -> isLoose ? NSX_LOOSE : NSX_STRICT;
        };
    }

    private static TrackingProfile linux(boolean isLoose) {
        long second = TimeUnit.SECONDS.toNanos(1);
        long day = TimeUnit.DAYS.toNanos(1);
        return new TrackingProfile(
                isLoose,
                120 * second,
                60 * second,
                5 * day,
                120 * second,
                60 * second,
                30 * second,
                120 * second,
                10 * second,
                300 * second,
                300 * second,
                30 * second,
                120 * second,
                30 * second,
                600 * second,
                10 * second,
                210 * second,
                30 * second,
                3 * second);
    }

    /**
     * The default session timers of NSX's distributed firewall: TCP first packet 120 s, opening 30 s, established 12 h, closing 120 s,
     * FIN wait 45 s, closed 20 s; UDP 60 s; ICMP 20 s. Data that is not acknowledged shortens nothing. What NSX has no timer for is as
     * in Linux.
     */
    private static TrackingProfile nsxLike(boolean isLoose) {
        long second = TimeUnit.SECONDS.toNanos(1);
        long established = TimeUnit.HOURS.toNanos(12);
        TrackingProfile linux = isLoose ? LOOSE : STRICT;
        return new TrackingProfile(
                isLoose,
                120 * second,
                30 * second,
                established,
                120 * second,
                120 * second,
                45 * second,
                45 * second,
                20 * second,
                established,
                established,
                60 * second,
                60 * second,
                20 * second,
                60 * second,
                linux.sctpOpeningNanos,
                linux.sctpEstablishedNanos,
                linux.sctpHeartbeatNanos,
                linux.sctpClosingNanos);
    }

    long nanos(ConnectionState state) {
        return switch (state) {
            case SYN_SENT, SYN_SENT2 -> synSentNanos;
            case SYN_RECEIVED -> synReceivedNanos;
            case ESTABLISHED -> establishedNanos;
            case FIN_WAIT -> finWaitNanos;
            case CLOSE_WAIT -> closeWaitNanos;
            case LAST_ACK -> lastAckNanos;
            case TIME_WAIT -> timeWaitNanos;
            case CLOSED -> closedNanos;
            case UDP_NEW, UDP_ANSWERED -> udpNanos;
            case UDP_STREAM -> udpStreamNanos;
            case ICMP_NEW, ICMP_ANSWERED -> icmpNanos;
            case OTHER_NEW, OTHER_ANSWERED -> otherNanos;
            case SCTP_CLOSED, SCTP_COOKIE_WAIT, SCTP_COOKIE_ECHOED -> sctpOpeningNanos;
            case SCTP_ESTABLISHED -> sctpEstablishedNanos;
            case SCTP_HEARTBEAT -> sctpHeartbeatNanos;
            case SCTP_SHUTDOWN_SENT, SCTP_SHUTDOWN_RECEIVED, SCTP_SHUTDOWN_ACKNOWLEDGED -> sctpClosingNanos;
        };
    }
}
