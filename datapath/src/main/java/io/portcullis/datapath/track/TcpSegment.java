package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import java.lang.foreign.MemorySegment;

/** What the TCP tracker needs of a segment (RFC 9293, 7323, 2018). A flyweight of one thread. */
final class TcpSegment {
    static final int NONE = 0;
    static final int SYN = 1;
    static final int SYN_ACK = 2;
    static final int FIN = 3;
    static final int ACK = 4;
    static final int RST = 5;

    /** RFC 7323, 2.3. */
    static final int MAX_SCALE = 14;

    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_SCALE = 3;
    private static final int OPTION_SACK_PERMITTED = 4;
    private static final int OPTION_SACK = 5;
    private static final int SACK_BLOCK_BYTES = 8;

    /** What the segment is above all: one of the constants here, RST before SYN before FIN before ACK. */
    int kind;

    boolean isSyn;
    boolean isAck;
    int sequence;
    /** Behind the last byte; SYN and FIN count one each. */
    int end;

    /** The first fragment of a segment: it ends somewhere behind {@link #end}. */
    boolean isCutShort;

    int acknowledgement;
    /** Not scaled. */
    int window;
    /** Whether the segment has any option; scale and SACK permission are said by SYNs only. */
    boolean hasOptions;

    boolean hasScale;
    int scale;
    boolean isSackPermitted;
    /** Highest right edge of a SACK block if {@link #hasSack}. */
    int sackEdge;

    boolean hasSack;

    /** Takes a segment; false if its flags do not go together. */
    boolean set(PacketView packet) {
        int flags = packet.tcpFlags;
        if (!isValid(flags)) {
            return false;
        }
        isSyn = (flags & PacketView.TCP_SYN) != 0;
        isAck = (flags & PacketView.TCP_ACK) != 0;
        kind = kind(flags);
        sequence = packet.tcpSequence;
        end = sequence + packet.tcpPayloadLength + (isSyn ? 1 : 0) + ((flags & PacketView.TCP_FIN) != 0 ? 1 : 0);
        isCutShort = packet.isFragment;
        acknowledgement = packet.tcpAcknowledgement;
        window = packet.tcpWindow;
        hasOptions = packet.tcpOptionsLength > 0;
        hasScale = false;
        scale = 0;
        isSackPermitted = false;
        hasSack = false;
        sackEdge = 0;
        if (hasOptions) {
            options(packet.memory, packet.tcpOptionsOffset, packet.tcpOptionsOffset + packet.tcpOptionsLength);
        }
        return true;
    }

    private static boolean isValid(int flags) {
        // PSH goes with everything, as ECE and CWR do
        return switch (flags & (PacketView.TCP_FIN | PacketView.TCP_SYN | PacketView.TCP_RST | PacketView.TCP_ACK)) {
            case PacketView.TCP_SYN, PacketView.TCP_ACK, PacketView.TCP_FIN | PacketView.TCP_ACK -> true;
            case PacketView.TCP_SYN | PacketView.TCP_ACK, PacketView.TCP_RST, PacketView.TCP_RST | PacketView.TCP_ACK ->
                (flags & PacketView.TCP_URG) == 0;
            default -> false;
        };
    }

    private static int kind(int flags) {
        if ((flags & PacketView.TCP_RST) != 0) {
            return RST;
        }
        if ((flags & PacketView.TCP_SYN) != 0) {
            return (flags & PacketView.TCP_ACK) != 0 ? SYN_ACK : SYN;
        }
        return (flags & PacketView.TCP_FIN) != 0 ? FIN : ACK;
    }

    /** Stops at the first option that cannot be: what came before it counts. */
    private void options(MemorySegment memory, int start, int limit) {
        int at = start;
        while (at < limit) {
            int option = Wire.u8(memory, at);
            if (option == OPTION_END) {
                return;
            }
            if (option == OPTION_NOP) {
                at++;
                continue;
            }
            int bytes = at + 1 < limit ? Wire.u8(memory, at + 1L) : 0;
            if (bytes < 2 || at + bytes > limit) {
                return;
            }
            if (option == OPTION_SCALE && bytes == 3) {
                hasScale = true;
                scale = Math.min(MAX_SCALE, Wire.u8(memory, at + 2L));
            } else if (option == OPTION_SACK_PERMITTED && bytes == 2) {
                isSackPermitted = true;
            } else if (option == OPTION_SACK && bytes > 2 && (bytes - 2) % SACK_BLOCK_BYTES == 0) {
                sack(memory, at + 2, at + bytes);
            }
            at += bytes;
        }
    }

    private void sack(MemorySegment memory, int start, int limit) {
        for (int at = start; at < limit; at += SACK_BLOCK_BYTES) {
            int edge = Wire.i32(memory, at + 4L);
            if (!hasSack || edge - sackEdge > 0) {
                sackEdge = edge;
            }
            hasSack = true;
        }
    }
}
