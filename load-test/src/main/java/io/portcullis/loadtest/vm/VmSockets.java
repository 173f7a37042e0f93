package io.portcullis.loadtest.vm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The network as a program inside one VM sees it. Thread-safe; calls block.
 *
 * <p>Failures are those of java.net: {@link java.net.ConnectException} for a refusal (RST or ICMP unreachable), {@link
 * java.net.SocketTimeoutException} where nothing came back in time.
 */
public interface VmSockets extends AutoCloseable {
    TcpConnection connect(InetSocketAddress remote, Duration timeout) throws IOException;

    TcpListener listen(InetSocketAddress local) throws IOException;

    UdpSocket udp(InetSocketAddress local) throws IOException;

    /** Sends {@code count} ICMP or ICMPv6 echo requests and waits for the replies. */
    PingResult ping(InetAddress remote, int count, Duration interval) throws IOException, InterruptedException;

    /** What TCP noticed in this VM since it was made. */
    TcpCounters tcpCounters() throws IOException;

    @Override
    void close();

    /** An established connection. */
    interface TcpConnection extends AutoCloseable {
        /** Writes all bytes. */
        void write(byte[] bytes) throws IOException;

        /**
         * Reads what is there, at least one byte.
         *
         * @return number of bytes, or -1 at the end of the stream
         */
        int read(byte[] buffer, Duration timeout) throws IOException;

        /** Ends the own direction with a FIN; reading goes on. */
        void finish() throws IOException;

        @Override
        void close();
    }

    /** Waits for connections. */
    interface TcpListener extends AutoCloseable {
        /** Null if none came in time. */
        @Nullable
        TcpConnection accept(Duration timeout) throws IOException;

        @Override
        void close();
    }

    /** A bound UDP socket. */
    interface UdpSocket extends AutoCloseable {
        void send(InetSocketAddress remote, byte[] payload) throws IOException;

        /** Null if none came in time. */
        @Nullable
        Datagram receive(Duration timeout) throws IOException;

        @Override
        void close();
    }

    /** One received datagram; the payload is the receiver's. */
    @SuppressWarnings("ArrayRecordComponent")
    record Datagram(InetSocketAddress remote, byte[] payload) {}

    /**
     * Signs that segments did not arrive once and in order.
     *
     * @param retransmitted segments sent again by this side (a stack of our own never does)
     * @param outOfOrder segments that arrived before an earlier one
     * @param duplicated segments that brought nothing new
     */
    record TcpCounters(long retransmitted, long outOfOrder, long duplicated) {
        public TcpCounters minus(TcpCounters earlier) {
            return new TcpCounters(
                    retransmitted - earlier.retransmitted,
                    outOfOrder - earlier.outOfOrder,
                    duplicated - earlier.duplicated);
        }
    }

    /** Outcome of a series of echo requests. */
    record PingResult(int sent, int received, int duplicated, int reordered) {}
}
