package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Parsed packets between a client and a server, made without frames. */
final class Packets {
    static final int SYN = PacketView.TCP_SYN;
    static final int ACK = PacketView.TCP_ACK;
    static final int FIN = PacketView.TCP_FIN;
    static final int RST = PacketView.TCP_RST;

    private Packets() {}

    /** One end of a flow: address (low 64 bits) and port. */
    record End(IpFamily family, long high, long low, int port) {
        static End of(int host, int port) {
            return new End(IpFamily.IPV4, 0, 0x0a00_0000L | host, port);
        }

        static End of6(int host, int port) {
            return new End(IpFamily.IPV6, 0xfd00L << 48, host, port);
        }
    }

    static Tcp tcp(End from, End to, int flags) {
        return new Tcp(from, to, flags);
    }

    static PacketView udp(End from, End to) {
        PacketView view = ip(from, to, PacketView.PROTOCOL_UDP, 28);
        view.sourcePort = from.port();
        view.destinationPort = to.port();
        return view;
    }

    /** Echo request or reply; the identifier is the port of {@code from}. */
    static PacketView icmp(End from, End to, int type) {
        boolean isIpv6 = from.family() == IpFamily.IPV6;
        PacketView view = ip(from, to, isIpv6 ? PacketView.PROTOCOL_ICMPV6 : PacketView.PROTOCOL_ICMP, 84);
        view.icmpType = type;
        view.sourcePort = from.port();
        view.destinationPort = from.port();
        return view;
    }

    static PacketView ip(End from, End to, int protocol, int length) {
        PacketView view = new PacketView();
        view.family = from.family();
        view.sourceHigh = from.high();
        view.sourceLow = from.low();
        view.destinationHigh = to.high();
        view.destinationLow = to.low();
        view.protocol = protocol;
        view.ipLength = length;
        return view;
    }

    /** A TCP segment; all numbers default to 0 but the window. */
    static final class Tcp {
        private final End from;
        private final End to;
        private final int flags;
        private final ByteBuffer options = ByteBuffer.allocate(40);
        private int sequence;
        private int acknowledgement;
        private int window = 65_535;
        private int payload;

        private Tcp(End from, End to, int flags) {
            this.from = from;
            this.to = to;
            this.flags = flags;
        }

        Tcp seq(int value) {
            sequence = value;
            return this;
        }

        Tcp ack(int value) {
            acknowledgement = value;
            return this;
        }

        Tcp win(int value) {
            window = value;
            return this;
        }

        Tcp bytes(int value) {
            payload = value;
            return this;
        }

        Tcp scale(int shift) {
            options.put((byte) 3).put((byte) 3).put((byte) shift).put((byte) 1);
            return this;
        }

        Tcp sackPermitted() {
            options.put((byte) 4).put((byte) 2).put((byte) 1).put((byte) 1);
            return this;
        }

        Tcp sack(int left, int right) {
            options.put((byte) 1).put((byte) 1).put((byte) 5).put((byte) 10);
            options.putInt(left).putInt(right);
            return this;
        }

        Tcp option(int... bytes) {
            for (int b : bytes) {
                options.put((byte) b);
            }
            return this;
        }

        PacketView view() {
            PacketView view = ip(from, to, PacketView.PROTOCOL_TCP, 40 + options.position() + payload);
            view.sourcePort = from.port();
            view.destinationPort = to.port();
            view.tcpFlags = flags;
            view.tcpSequence = sequence;
            view.tcpAcknowledgement = acknowledgement;
            view.tcpWindow = window;
            view.tcpPayloadLength = payload;
            view.memory = MemorySegment.ofArray(options.array());
            view.tcpOptionsLength = options.position();
            return view;
        }
    }
}
