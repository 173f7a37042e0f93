package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.policy.IpFamily;
import java.util.Arrays;

/**
 * Expects the data connections that an FTP control connection (TCP, responder's port {@value #CONTROL_PORT}) announces: active by PORT
 * and EPRT, passive by 227 and 229. Off unless asked for, as in Linux since 4.7: whoever controls one end of the control connection can
 * open ports of the other.
 *
 * <p>Believed is only a whole line in one segment that begins where a line before ended, names the address of its own sender (no
 * bounce to third parties, RFC 2577, 3) and a port from {@value #LEAST_PORT} on (ibid.). The control connections whose lines are followed are
 * bounded ({@value #MAX_CONTROLS}); one that is not known any more waits for its next line's end. One thread, no allocation per packet.
 */
final class FtpHelper {
    static final int CONTROL_PORT = 21;
    static final int LEAST_PORT = 1_024;
    static final int MAX_CONTROLS = 256;

    private static final int KNOWN = 1;

    private final Expectations expectations = new Expectations();
    private final FtpParser parser = new FtpParser();
    /** Per place: the key's hash, to tell connections apart, and per direction where the next line begins. */
    private final long[] owners = new long[MAX_CONTROLS];

    private final int[] lineStarts = new int[2 * MAX_CONTROLS];
    private final byte[] known = new byte[2 * MAX_CONTROLS];

    Expectations expectations() {
        return expectations;
    }

    /** Looks at a valid segment of a TCP connection. */
    void inspect(FlowKey key, boolean isReply, PacketView packet, long nowNanos) {
        int length = packet.tcpPayloadLength;
        int responderPort = isReply ? packet.sourcePort : packet.destinationPort;
        if (length == 0 || responderPort != CONTROL_PORT || packet.isFragment) {
            return;
        }
        int place = place(key);
        int line = 2 * place + (isReply ? 1 : 0);
        int start = packet.transportOffset + packet.transportLength - length;
        boolean isLineStart = known[line] == KNOWN && lineStarts[line] == packet.tcpSequence;
        boolean isWhole = Wire.u8(packet.memory, start + length - 1L) == '\n';
        if (isLineStart && isWhole) {
            boolean isAnnounced = isReply
                    ? parser.parseReply(packet.memory, start, length)
                    : parser.parseCommand(packet.memory, start, length);
            if (isAnnounced && isSendersOwn(packet) && parser.port >= LEAST_PORT) {
                expectations.expect(key, packet, true, parser.port, nowNanos);
            }
        }
        if (isWhole) {
            lineStarts[line] = packet.tcpSequence + length;
            known[line] = KNOWN;
        }
    }

    private boolean isSendersOwn(PacketView packet) {
        return !parser.hasAddress
                || (parser.isIpv6 == (packet.family == IpFamily.IPV6)
                        && parser.addressLow == packet.sourceLow
                        && parser.addressHigh == packet.sourceHigh);
    }

    private int place(FlowKey key) {
        long owner = (key.lowerLow * 31 + key.upperLow) * 31 + key.word + key.lowerHigh * 17 + key.upperHigh * 13;
        owner = owner * 0x9e37_79b9_7f4a_7c15L | 1;
        int place = (int) (owner >>> 56);
        if (owners[place] != owner) {
            owners[place] = owner;
            Arrays.fill(known, 2 * place, 2 * place + 2, (byte) 0);
        }
        return place;
    }
}
