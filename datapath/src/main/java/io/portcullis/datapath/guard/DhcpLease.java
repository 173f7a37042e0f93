package io.portcullis.datapath.guard;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.Wire;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;

/**
 * Reads the address out of a DHCP server's acknowledgement, and out of a client's release (RFC 2131, 2132). Stateless, bounds-checked, no
 * allocation.
 */
final class DhcpLease {
    static final int SERVER_PORT = 67;
    static final int CLIENT_PORT = 68;

    private static final int UDP_BYTES = 8;
    private static final int CLIENT_ADDRESS = 12;
    private static final int YOUR_ADDRESS = 16;
    private static final int CLIENT_HARDWARE = 28;
    private static final int COOKIE = 236;
    private static final int OPTIONS = 240;
    private static final int MAGIC_COOKIE = 0x63825363;
    private static final int REQUEST = 1;
    private static final int REPLY = 2;
    private static final int ETHERNET = 1;
    private static final int PAD = 0;
    private static final int END = 255;
    private static final int LEASE_TIME = 51;
    private static final int MESSAGE_TYPE = 53;
    private static final int ACK = 5;
    private static final int RELEASE = 7;

    private DhcpLease() {}

    /** Gives the vNIC of this MAC the address that the packet, which comes from the network, gives it, if it gives one. */
    static void apply(PacketView packet, long mac, OwnAddresses own) {
        if (!isMessage(packet, SERVER_PORT, CLIENT_PORT, REPLY, mac) || option(packet, MESSAGE_TYPE, 1) != ACK) {
            return;
        }
        int address = Wire.i32(packet.memory, message(packet) + YOUR_ADDRESS);
        if (address != 0) {
            // an answer to DHCPINFORM has neither; a lease without time is none that ends
            int seconds = option(packet, LEASE_TIME, Integer.BYTES);
            boolean _ = own.takeIpv4(address, AddressSource.DHCP, seconds);
        }
    }

    /** The VM gives its address back. */
    static void applyRelease(PacketView packet, long mac, OwnAddresses own) {
        if (isMessage(packet, CLIENT_PORT, SERVER_PORT, REQUEST, mac) && option(packet, MESSAGE_TYPE, 1) == RELEASE) {
            own.endLeaseIpv4(Wire.i32(packet.memory, message(packet) + CLIENT_ADDRESS));
        }
    }

    private static boolean isMessage(PacketView packet, int sourcePort, int destinationPort, int operation, long mac) {
        boolean isDhcp = packet.family == IpFamily.IPV4
                && packet.isUdp()
                && !packet.isFragment
                && packet.sourcePort == sourcePort
                && packet.destinationPort == destinationPort;
        if (!isDhcp || packet.transportLength < UDP_BYTES + OPTIONS) {
            return false;
        }
        MemorySegment memory = packet.memory;
        long start = message(packet);
        return Wire.u8(memory, start) == operation
                && Wire.u8(memory, start + 1) == ETHERNET
                && Wire.u8(memory, start + 2) == 6
                && Wire.u48(memory, start + CLIENT_HARDWARE) == mac
                && Wire.i32(memory, start + COOKIE) == MAGIC_COOKIE;
    }

    private static long message(PacketView packet) {
        return (long) packet.transportOffset + UDP_BYTES;
    }

    /** The value of an option of 1 or 4 bytes, or {@link OwnAddresses#NO_LEASE} if there is none of that length. */
    private static int option(PacketView packet, int wanted, int bytes) {
        MemorySegment memory = packet.memory;
        long end = (long) packet.transportOffset + packet.transportLength;
        long at = message(packet) + OPTIONS;
        while (at < end) {
            int option = Wire.u8(memory, at);
            if (option == PAD) {
                at++;
                continue;
            }
            if (option == END || end - at < 2) {
                break;
            }
            int length = Wire.u8(memory, at + 1);
            if (option == wanted) {
                boolean isWhole = length == bytes && end - at >= 2L + length;
                return !isWhole
                        ? OwnAddresses.NO_LEASE
                        : bytes == 1 ? Wire.u8(memory, at + 2) : Wire.i32(memory, at + 2);
            }
            at += 2L + length;
        }
        return OwnAddresses.NO_LEASE;
    }
}
