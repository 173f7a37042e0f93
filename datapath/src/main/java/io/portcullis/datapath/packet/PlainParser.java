package io.portcullis.datapath.packet;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;

/**
 * Fills a {@link PacketView} from a frame that somebody has looked at already, and in a third of the time: untagged Ethernet II, IPv4
 * without options or IPv6 without extension headers, no fragment, and in it a whole TCP or UDP header, all sound. For such a frame
 * it says what {@link PacketParser} says; for any other it is not made. Stateless, no allocation.
 */
public final class PlainParser {
    private static final int ETHERNET = PacketParser.ETHERNET_BYTES;
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int TCP_BYTES = 20;

    private PlainParser() {}

    /** Parses the frame at {@code offset} of native memory. */
    public static void parse(MemorySegment memory, int offset, int length, PacketView view) {
        PacketParser.begin(memory, offset, length, view);
        long at = memory.address() + offset;
        view.destinationMac = NativeMemory.getNetworkLong(at) >>> 16;
        long sourceAndType = NativeMemory.getNetworkLong(at + 6);
        view.sourceMac = sourceAndType >>> 16;
        view.etherType = (int) sourceAndType & 0xffff;
        view.ipOffset = offset + ETHERNET;
        if (view.etherType == EtherTypes.IPV4) {
            takeIpv4(view, at + ETHERNET);
        } else {
            takeIpv6(view, at + ETHERNET);
        }
        takeTransport(view, memory.address() + view.transportOffset);
    }

    private static void takeIpv4(PacketView view, long ip) {
        long middle = NativeMemory.getNetworkLong(ip + 8);
        view.family = IpFamily.IPV4;
        view.ipLength = NativeMemory.getNetworkInt(ip) & 0xffff;
        view.hopLimit = (int) (middle >>> 56);
        view.protocol = (int) (middle >>> 48) & 0xff;
        view.sourceHigh = 0;
        view.sourceLow = middle & 0xffff_ffffL;
        view.destinationHigh = 0;
        view.destinationLow = NativeMemory.getNetworkInt(ip + 16) & 0xffff_ffffL;
        view.transportOffset = view.ipOffset + IPV4_BYTES;
        view.transportLength = view.ipLength - IPV4_BYTES;
    }

    private static void takeIpv6(PacketView view, long ip) {
        // payload length 16, next header 8, hop limit 8
        int header = NativeMemory.getNetworkInt(ip + 4);
        view.family = IpFamily.IPV6;
        view.ipLength = IPV6_BYTES + (header >>> 16);
        view.hopLimit = header & 0xff;
        view.protocol = header >>> 8 & 0xff;
        view.sourceHigh = NativeMemory.getNetworkLong(ip + 8);
        view.sourceLow = NativeMemory.getNetworkLong(ip + 16);
        view.destinationHigh = NativeMemory.getNetworkLong(ip + 24);
        view.destinationLow = NativeMemory.getNetworkLong(ip + 32);
        view.transportOffset = view.ipOffset + IPV6_BYTES;
        view.transportLength = header >>> 16;
    }

    private static void takeTransport(PacketView view, long at) {
        long first = NativeMemory.getNetworkLong(at);
        view.sourcePort = (int) (first >>> 48);
        view.destinationPort = (int) (first >>> 32) & 0xffff;
        if (view.protocol == PacketView.PROTOCOL_UDP) {
            return;
        }
        long rest = NativeMemory.getNetworkLong(at + 8);
        int headerBytes = ((int) rest >>> 28) << 2;
        view.tcpSequence = (int) first;
        view.tcpAcknowledgement = (int) (rest >>> 32);
        view.tcpFlags = (int) (rest >>> 16) & 0xff;
        view.tcpWindow = (int) rest & 0xffff;
        view.tcpPayloadLength = view.transportLength - headerBytes;
        view.tcpOptionsOffset = view.transportOffset + TCP_BYTES;
        view.tcpOptionsLength = headerBytes - TCP_BYTES;
    }
}
