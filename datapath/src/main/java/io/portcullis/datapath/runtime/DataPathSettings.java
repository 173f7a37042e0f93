package io.portcullis.datapath.runtime;

import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.port.ChecksumTrust;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * How a host's data path is set up.
 *
 * @param uplink specification for {@link io.portcullis.datapath.port.PortBackend#openUplink}
 * @param tunnel where other hosts reach this one's tunnel listener; a concrete address, port 0 takes a free one
 * @param security of the tunnels; all hosts of a cluster have the same kind
 */
public record DataPathSettings(
        String uplink, InetSocketAddress tunnel, TunnelSecurity security, Limits limits, Checksums checksums) {
    public DataPathSettings {
        if (tunnel.isUnresolved() || tunnel.getAddress().isAnyLocalAddress()) {
            throw new IllegalArgumentException(
                    "the tunnel address " + tunnel + " is announced to other hosts: name a concrete, resolvable one");
        }
    }

    /** Tunnel on loopback at a free port, default limits: one machine. */
    public static DataPathSettings onLoopback(String uplink) {
        return new DataPathSettings(
                uplink,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                TunnelSecurity.NONE,
                Limits.DEFAULT,
                Checksums.VERIFIED);
    }

    public DataPathSettings withLimits(Limits newLimits) {
        return new DataPathSettings(uplink, tunnel, security, newLimits, checksums);
    }

    public DataPathSettings withSecurity(TunnelSecurity newSecurity) {
        return new DataPathSettings(uplink, tunnel, newSecurity, limits, checksums);
    }

    public DataPathSettings withChecksums(Checksums newChecksums) {
        return new DataPathSettings(uplink, tunnel, security, limits, newChecksums);
    }

    /**
     * Whose transport checksums are trusted, by the port that a frame comes from; a port that vouches for all of its frames is
     * trusted whatever is said here.
     *
     * @param vmPorts of what VMs send
     * @param uplink of what comes from the network
     */
    public record Checksums(ChecksumTrust vmPorts, ChecksumTrust uplink) {
        public static final Checksums VERIFIED = new Checksums(ChecksumTrust.DECLARED, ChecksumTrust.DECLARED);
    }

    /**
     * Bounds. What happens at each is a refused command or a counted drop.
     *
     * @param vnics attached at once; more are refused with CAPACITY
     * @param commands waiting at once; more are refused with BUSY
     * @param holdBytesPerVnic of frames held during a cut-over; more are dropped and counted as {@code held.dropped}
     * @param holdFramesPerVnic likewise in frames
     * @param tunnelQueueBytes waiting in one direction of one tunnel; more are dropped and counted as {@code tunnel.dropped}
     * @param tunnelGreetings connections that have not yet shown their token; more are closed
     * @param stepTimeoutNanos for each step of a cut-over
     * @param releaseGraceNanos how long a released source still forwards what comes late
     * @param expiryIntervalNanos between two rounds of removing idle connections
     * @param connections of each vNIC; how many it may have in all is said by its attachment
     */
    public record Limits(
            int vnics,
            int commands,
            long holdBytesPerVnic,
            int holdFramesPerVnic,
            long tunnelQueueBytes,
            int tunnelGreetings,
            long stepTimeoutNanos,
            long releaseGraceNanos,
            long expiryIntervalNanos,
            ConnectionLimits connections) {
        public static final Limits DEFAULT = new Limits(
                4_096,
                16_384,
                64L << 20,
                131_072,
                64L << 20,
                256,
                TimeUnit.SECONDS.toNanos(2),
                TimeUnit.MILLISECONDS.toNanos(30),
                TimeUnit.SECONDS.toNanos(1),
                ConnectionLimits.of(1));

        public Limits {
            if (vnics < 1
                    || commands < 1
                    || holdBytesPerVnic < 1
                    || holdFramesPerVnic < 1
                    || tunnelQueueBytes < 1
                    || tunnelGreetings < 1
                    || stepTimeoutNanos < 1
                    || releaseGraceNanos < 0
                    || expiryIntervalNanos < 1) {
                throw new IllegalArgumentException("every limit of the data path is at least 1");
            }
        }

        public Limits withVnics(int count) {
            return new Limits(
                    count,
                    commands,
                    holdBytesPerVnic,
                    holdFramesPerVnic,
                    tunnelQueueBytes,
                    tunnelGreetings,
                    stepTimeoutNanos,
                    releaseGraceNanos,
                    expiryIntervalNanos,
                    connections);
        }

        public Limits withStepTimeoutNanos(long nanos) {
            return new Limits(
                    vnics,
                    commands,
                    holdBytesPerVnic,
                    holdFramesPerVnic,
                    tunnelQueueBytes,
                    tunnelGreetings,
                    nanos,
                    releaseGraceNanos,
                    expiryIntervalNanos,
                    connections);
        }

        public Limits withHold(long bytes, int frames) {
            return new Limits(
                    vnics,
                    commands,
                    bytes,
                    frames,
                    tunnelQueueBytes,
                    tunnelGreetings,
                    stepTimeoutNanos,
                    releaseGraceNanos,
                    expiryIntervalNanos,
                    connections);
        }

        public Limits withConnections(ConnectionLimits newConnections) {
            return new Limits(
                    vnics,
                    commands,
                    holdBytesPerVnic,
                    holdFramesPerVnic,
                    tunnelQueueBytes,
                    tunnelGreetings,
                    stepTimeoutNanos,
                    releaseGraceNanos,
                    expiryIntervalNanos,
                    newConnections);
        }
    }
}
