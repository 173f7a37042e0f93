package io.portcullis.datapath.guard;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;

/** Reads the address out of a DHCP server's acknowledgement (RFC 2131, 2132). Stateless, bounds-checked, no allocation. */
final class DhcpLease {
    static final int SERVER_PORT = 67;
    static final int CLIENT_PORT = 68;

    private static final int UDP_BYTES = 8;
    private static final int YOUR_ADDRESS = 16;
    private static final int CLIENT_HARDWARE = 28;
    private static final int COOKIE = 236;
    private static final int OPTIONS = 240;
    private static final int MAGIC_COOKIE = 0x63825363;
    private static final int REPLY = 2;
    private static final int ETHERNET = 1;
    private static final int PAD = 0;
    private static final int END = 255;
    private static final int MESSAGE_TYPE = 53;
    private static final int ACK = 5;

    private DhcpLease() {}

    /** The IPv4 address that the packet gives to this MAC, or 0 if it gives none. */
    static int address(PacketView packet, long mac) {
        boolean isDhcp = packet.family == IpFamily.IPV4
                && packet.isUdp()
                && !packet.isFragment
                && packet.sourcePort == SERVER_PORT
                && packet.destinationPort == CLIENT_PORT;
        if (!isDhcp || packet.transportLength < UDP_BYTES + OPTIONS) {
            return 0;
        }
        MemorySegment memory = packet.memory;
        long start = (long) packet.transportOffset + UDP_BYTES;
        boolean isForUs = Wire.u8(memory, start) == REPLY
                && Wire.u8(memory, start + 1) == ETHERNET
                && Wire.u8(memory, start + 2) == 6
                && Wire.u48(memory, start + CLIENT_HARDWARE) == mac
                && Wire.i32(memory, start + COOKIE) == MAGIC_COOKIE;
        long end = (long) packet.transportOffset + packet.transportLength;
        return isForUs && isAck(memory, start + OPTIONS, end) ? Wire.i32(memory, start + YOUR_ADDRESS) : 0;
    }

    private static boolean isAck(MemorySegment memory, long from, long end) {
        long at = from;
        while (at < end) {
            int option = Wire.u8(memory, at);
            if (option == PAD) {
                at++;
                continue;
            }
            if (option == END || end - at < 3) {
                return false;
            }
            if (option == MESSAGE_TYPE) {
                return Wire.u8(memory, at + 1) == 1 && Wire.u8(memory, at + 2) == ACK;
            }
            at += 2L + Wire.u8(memory, at + 1);
        }
        return false;
    }
}
