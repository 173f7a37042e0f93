package io.portcullis.datapath.fuzz;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import java.util.Arrays;

/**
 * One connection between the VM and its peer, of which each packet is the next one, give or take what the fuzzer says. {@code
 * number} chooses kind and family; port 1 of the VM's end and the number of the peer's tell flows apart.
 */
final class FuzzFlow {
    private static final int[] FLAGS = {
        PacketView.TCP_ACK,
        PacketView.TCP_SYN,
        PacketView.TCP_SYN | PacketView.TCP_ACK,
        PacketView.TCP_FIN | PacketView.TCP_ACK,
        PacketView.TCP_RST,
        PacketView.TCP_RST | PacketView.TCP_ACK,
        PacketView.TCP_ACK | PacketView.TCP_PSH,
        0
    };
    private static final int[] DELTAS = {0, 0, 0, 0, 0, 1, -1, 100, -100, 70_000, -70_000, 1 << 30, 1 << 31, -1_460};
    private static final int[] WINDOWS = {1_000, 65_535, 0, 1};
    private static final byte[] SCALE = {2, 4, 5, (byte) 0xb4, 3, 3, 7, 1};
    private static final byte[] SACK_ALLOWED = {2, 4, 5, (byte) 0xb4, 4, 2, 1, 1, 3, 3, 9, 1};
    private static final byte[] STAMP = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};

    private final int number;
    private final boolean isIpv6;
    /** Of the VM's end and of the other. */
    private final int[] nextSequence = {1_000, 500_000};

    private byte[] last = {};

    FuzzFlow(int number) {
        this.number = number;
        isIpv6 = (number & 1) != 0;
    }

    /** The next packet of the VM's end or of the other one. */
    byte[] next(FuzzInput in, boolean isOut) {
        FrameBuilder base = base(isOut);
        last = switch (number >> 1) {
            case 0, 1 -> tcp(base, in, isOut);
            case 2 ->
                (isOut ? base.udp(1, 7 + number) : base.udp(7 + number, 1))
                        .payload(new byte[in.next() & 7])
                        .build();
            default -> echo(base, in, isOut);
        };
        return last;
    }

    private FrameBuilder base(boolean isOut) {
        if (isOut) {
            return isIpv6 ? Frames.fromVm6() : Frames.fromVm();
        }
        return isIpv6 ? Frames.toVm6() : Frames.toVm();
    }

    private byte[] tcp(FrameBuilder base, FuzzInput in, boolean isOut) {
        int flags = in.pick(FLAGS);
        int shape = in.next();
        int own = isOut ? 0 : 1;
        int delta = DELTAS[(shape & 15) % DELTAS.length];
        int sequence = nextSequence[own] + delta;
        int payload = (shape >> 4 & 3) * 40;
        int ackDelta = (shape & 64) == 0 ? 0 : in.pick(DELTAS);
        byte[] options = (shape & 128) == 0 ? new byte[0] : options(in.next());
        boolean isSyn = (flags & PacketView.TCP_SYN) != 0;
        if (delta == 0) {
            nextSequence[own] += payload + (isSyn || (flags & PacketView.TCP_FIN) != 0 ? 1 : 0);
        }
        FrameBuilder frame = isOut ? base.tcp(1, 7 + number) : base.tcp(7 + number, 1);
        return frame.flags(flags)
                .sequence(sequence)
                .acknowledgement((flags & PacketView.TCP_ACK) == 0 ? 0 : nextSequence[1 - own] + ackDelta)
                .window(WINDOWS[options.length == 0 ? 0 : options[options.length - 1] & 3])
                .tcpOptions(options)
                .payload(new byte[payload])
                .build();
    }

    private static byte[] options(int choice) {
        byte[] options = switch (choice & 3) {
            case 0 -> SCALE.clone();
            case 1 -> SACK_ALLOWED.clone();
            case 2 -> STAMP.clone();
            default -> new byte[] {1, 1, 5, 10, 0, 0, 4, 0, 0, 0, 5, (byte) choice};
        };
        if ((choice & 4) != 0) {
            options[options.length - 1] = (byte) (choice >> 3);
        }
        return options;
    }

    private byte[] echo(FrameBuilder base, FuzzInput in, boolean isOut) {
        boolean isRequest = (in.next() & 1) == 0;
        int type = isIpv6 ? (isRequest ? 128 : 129) : (isRequest ? 8 : 0);
        return base.icmp(type, 0, 1 << 16 | number)
                .payload(new byte[isOut ? 3 : 5])
                .build();
    }

    /** An ICMP error of the other side about the last packet; null if there is none yet. */
    byte[] error(boolean isOut, int code) {
        if (last.length == 0) {
            return last;
        }
        byte[] quoted = Frames.datagramOf(last);
        byte[] start = Arrays.copyOf(quoted, Math.min(quoted.length, (isIpv6 ? 40 : 20) + 8 + (code & 63)));
        return base(isOut).icmp(isIpv6 ? 1 : 3, code & 3, 0).payload(start).build();
    }
}
