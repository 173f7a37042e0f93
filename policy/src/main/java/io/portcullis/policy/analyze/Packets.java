package io.portcullis.policy.analyze;

import io.portcullis.policy.table.EthernetMatch;
import java.util.Arrays;
import java.util.List;

/** What packets there are beside their addresses: the sides of a {@link Box}, and the numbers that stand for transport headers and frames. */
final class Packets {
    // Sides of the box of a rule, in this order.
    static final int VNICS = 0;
    static final int DIRECTIONS = 1;
    static final int SOURCES = 2;
    static final int DESTINATIONS = 3;
    static final int KEYS = 4;
    static final int SOURCE_PORTS = 5;
    static final int FLAGS = 6;
    static final int FRAGMENTS = 7;
    static final int TYPES = 8;
    static final int SOURCE_MACS = 9;
    static final int DESTINATION_MACS = 10;

    static final int IN = 1;
    static final int OUT = 2;

    private static final int TCP_OPENING_BITS = 0x17;
    private static final int TCP_FIN = 0x01;
    private static final int TCP_SYN = 0x02;
    private static final int TCP_RST = 0x04;
    private static final int TCP_ACK = 0x10;
    private static final int TCP_URG = 0x20;

    /** Numbers of keys a protocol has: destination ports, types and codes of ICMP; one that has neither has them all at once. */
    private static final int KEYS_PER_PROTOCOL = 1 << 16;

    private static final int PROTOCOLS = 256;
    /** The key of a frame without IP. */
    static final long NO_IP_KEY = (long) PROTOCOLS * KEYS_PER_PROTOCOL;

    static final NumberSet IP_KEYS = NumberSet.of(0, NO_IP_KEY - 1);
    static final NumberSet ALL_PORTS = NumberSet.of(0, KEYS_PER_PROTOCOL - 1);
    static final NumberSet ALL_FLAGS = NumberSet.of(0, 255);
    static final NumberSet FIRST_OR_WHOLE = NumberSet.single(0);
    static final NumberSet WITH_LATER_FRAGMENTS = NumberSet.of(0, 1);

    /** The type of frames with IP, whatever version: the addresses say it. */
    static final NumberSet IP_TYPE = NumberSet.single(0x1_0000);

    static final int IPV4_TYPE = 0x0800;
    static final int IPV6_TYPE = 0x86dd;
    /** Types of frames without IP. VLAN tags are never a frame's type: it is behind them. */
    static final NumberSet OTHER_TYPES = NumberSet.ofIntervals(
                    EthernetMatch.LLC, EthernetMatch.LLC, EthernetMatch.FIRST_ETHER_TYPE, 0xffff)
            .minus(NumberSet.ofIntervals(
                    IPV4_TYPE, IPV4_TYPE, IPV6_TYPE, IPV6_TYPE, 0x8100, 0x8100, 0x88a8, 0x88a8, 0x9100, 0x9100));

    static final NumberSet ALL_MACS = NumberSet.of(0, (1L << 48) - 1);
    /** Nobody sends from a group's address. */
    static final NumberSet UNICAST_MACS = unicastMacs();

    private Packets() {}

    /** The key of a protocol with a destination port, or with type and code. */
    static long key(int protocol, int number) {
        return (long) protocol * KEYS_PER_PROTOCOL + number;
    }

    static NumberSet keys(int protocol, int first, int last) {
        return NumberSet.of(key(protocol, first), key(protocol, last));
    }

    static NumberSet keysOf(int protocol) {
        return keys(protocol, 0, KEYS_PER_PROTOCOL - 1);
    }

    static int protocol(long key) {
        return (int) (key / KEYS_PER_PROTOCOL);
    }

    static int number(long key) {
        return (int) (key % KEYS_PER_PROTOCOL);
    }

    /** TCP flags with the masked bits as in the value. */
    static NumberSet flags(int mask, int value) {
        long[] intervals = new long[512];
        int length = 0;
        for (int flags = 0; flags < 256; flags++) {
            if ((flags & mask) == value) {
                intervals[length++] = flags;
                intervals[length++] = flags;
            }
        }
        return NumberSet.ofIntervals(Arrays.copyOf(intervals, length));
    }

    /** Those of a packet that opens a connection: SYN alone or, if they may be picked up in mid-stream, ACK alone. */
    static NumberSet openingFlags(boolean isLoose) {
        NumberSet syn = flags(TCP_OPENING_BITS, TCP_SYN);
        return isLoose ? NumberSet.union(List.of(syn, flags(TCP_OPENING_BITS, TCP_ACK))) : syn;
    }

    /** Those of all segments that an end may send: what no rule sees of the others, they are dropped before. */
    static NumberSet soundFlags() {
        return NumberSet.union(List.of(
                openingFlags(true),
                flags(TCP_OPENING_BITS, TCP_FIN | TCP_ACK),
                flags(TCP_OPENING_BITS | TCP_URG, TCP_SYN | TCP_ACK),
                flags(TCP_OPENING_BITS | TCP_URG, TCP_RST),
                flags(TCP_OPENING_BITS | TCP_URG, TCP_RST | TCP_ACK)));
    }

    private static NumberSet unicastMacs() {
        long[] intervals = new long[256];
        for (int i = 0; i < 128; i++) {
            long first = (2L * i) << 40;
            intervals[2 * i] = first;
            intervals[2 * i + 1] = first + (1L << 40) - 1;
        }
        return NumberSet.ofIntervals(intervals);
    }
}
