package io.portcullis.datapath.guard;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;

/**
 * Reads the addresses out of a DHCPv6 server's reply (RFC 8415, 18.3.10, 21.4 to 21.6): those of IA_NA and IA_TA. Stateless,
 * bounds-checked, no allocation.
 */
final class Dhcpv6Lease {
    static final int SERVER_PORT = 547;
    static final int CLIENT_PORT = 546;

    private static final int UDP_BYTES = 8;
    /** Type and transaction id of a message. */
    private static final int HEADER_BYTES = 4;

    private static final int REPLY = 7;
    private static final int OPTION_HEADER_BYTES = 4;
    private static final int IA_NA = 3;
    private static final int IA_TA = 4;
    private static final int IA_ADDRESS = 5;
    /** Before the options within: IAID, T1, T2. */
    private static final int IA_NA_BYTES = 12;

    private static final int IA_TA_BYTES = 4;
    /** Address, preferred and valid lifetime. */
    private static final int IA_ADDRESS_BYTES = 24;

    private static final int VALID_LIFETIME = 20;

    private Dhcpv6Lease() {}

    /** Gives the vNIC what the packet, which is for its MAC address, gives it; and takes what the packet says is over. */
    static void apply(PacketView packet, OwnAddresses own) {
        boolean isDhcp = packet.family == IpFamily.IPV6
                && packet.isUdp()
                && !packet.isFragment
                && packet.sourcePort == SERVER_PORT
                && packet.destinationPort == CLIENT_PORT;
        if (!isDhcp || packet.transportLength < UDP_BYTES + HEADER_BYTES) {
            return;
        }
        MemorySegment memory = packet.memory;
        long start = (long) packet.transportOffset + UDP_BYTES;
        if (Wire.u8(memory, start) != REPLY) {
            return;
        }
        long end = (long) packet.transportOffset + packet.transportLength;
        for (long at = start + HEADER_BYTES; end - at >= OPTION_HEADER_BYTES; ) {
            int option = Wire.u16(memory, at);
            long body = at + OPTION_HEADER_BYTES;
            long next = body + Wire.u16(memory, at + 2);
            if (next > end) {
                return;
            }
            if (option == IA_NA || option == IA_TA) {
                applyAddresses(memory, body + (option == IA_NA ? IA_NA_BYTES : IA_TA_BYTES), next, own);
            }
            at = next;
        }
    }

    private static void applyAddresses(MemorySegment memory, long from, long end, OwnAddresses own) {
        for (long at = from; end - at >= OPTION_HEADER_BYTES; ) {
            long body = at + OPTION_HEADER_BYTES;
            long next = body + Wire.u16(memory, at + 2);
            if (next > end) {
                return;
            }
            if (Wire.u16(memory, at) == IA_ADDRESS && next - body >= IA_ADDRESS_BYTES) {
                long high = Wire.i64(memory, body);
                long low = Wire.i64(memory, body + Long.BYTES);
                int seconds = Wire.i32(memory, body + VALID_LIFETIME);
                if (seconds == 0) {
                    own.endLeaseIpv6(high, low);
                } else {
                    boolean _ = own.takeIpv6(high, low, AddressSource.DHCP, seconds);
                }
            }
            at = next;
        }
    }
}
