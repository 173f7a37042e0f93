package io.portcullis.loadtest.flow;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What a numbered frame carries: who sent it, and bytes that follow from that, so that the receiver knows each of them. Stateless.
 *
 * <pre>
 * magic 4, flow 4, number 4, length 2, direction 1, reserved 1, due 8 ({@link System#nanoTime} of this process), then 8 bytes at a time drawn from flow and number
 * </pre>
 */
final class Payload {
    static final int HEADER_BYTES = 24;

    private static final int MAGIC = 0x50_43_4c_54;
    private static final int ETHERNET_BYTES = 14;
    private static final int TAG_BYTES = 4;
    private static final int IPV6_BYTES = 40;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Payload() {}

    static byte[] make(int flow, int number, boolean isToVm, long dueNanos, int bytes) {
        byte[] payload = new byte[bytes];
        INT.set(payload, 0, MAGIC);
        INT.set(payload, 4, flow);
        INT.set(payload, 8, number);
        SHORT.set(payload, 12, (short) bytes);
        payload[14] = (byte) (isToVm ? 1 : 0);
        LONG.set(payload, 16, dueNanos);
        long state = seed(flow, number, isToVm);
        for (int at = HEADER_BYTES; at < bytes; at++) {
            if (at % Long.BYTES == 0) {
                state = next(state);
            }
            payload[at] = (byte) (state >>> (8 * (at % Long.BYTES)));
        }
        return payload;
    }

    /** Where the payload of a frame with its Ethernet header begins, if it is a numbered one; else -1. */
    static int find(byte[] frame) {
        int ip = ETHERNET_BYTES + (frame.length > 17 && u16(frame, 12) == 0x8100 ? TAG_BYTES : 0);
        if (frame.length < ip + 28) {
            return -1;
        }
        boolean isIpv4 = u16(frame, ip - 2) == 0x0800;
        if (!isIpv4 && u16(frame, ip - 2) != 0x86dd) {
            return -1;
        }
        int protocol = frame[ip + (isIpv4 ? 9 : 6)];
        int transport = ip + (isIpv4 ? (frame[ip] & 15) * 4 : IPV6_BYTES);
        if (protocol == 6 && frame.length < transport + 20) {
            return -1;
        }
        int at = transport + (protocol == 6 ? (frame[transport + 12] >> 2 & 0x3c) : 8);
        return frame.length >= at + HEADER_BYTES && (int) INT.get(frame, at) == MAGIC ? at : -1;
    }

    static int flow(byte[] frame, int at) {
        return (int) INT.get(frame, at + 4);
    }

    static int number(byte[] frame, int at) {
        return (int) INT.get(frame, at + 8);
    }

    static boolean isToVm(byte[] frame, int at) {
        return frame[at + 14] == 1;
    }

    static long dueNanos(byte[] frame, int at) {
        return (long) LONG.get(frame, at + 16);
    }

    /** Whether all of it is as it was sent, as far as that follows from what it says of itself. */
    static boolean isSound(byte[] frame, int at) {
        int bytes = u16(frame, at + 12);
        if (frame.length < at + bytes || bytes < HEADER_BYTES || frame[at + 15] != 0) {
            return false;
        }
        long state = seed(flow(frame, at), number(frame, at), isToVm(frame, at));
        for (int i = HEADER_BYTES; i < bytes; i++) {
            if (i % Long.BYTES == 0) {
                state = next(state);
            }
            if (frame[at + i] != (byte) (state >>> (8 * (i % Long.BYTES)))) {
                return false;
            }
        }
        return true;
    }

    private static int u16(byte[] bytes, int at) {
        return (short) SHORT.get(bytes, at) & 0xffff;
    }

    private static long seed(int flow, int number, boolean isToVm) {
        return ((long) flow << Integer.SIZE | (number & 0xffff_ffffL)) ^ (isToVm ? 0x9e37_79b9_7f4a_7c15L : 0);
    }

    /** SplitMix64. */
    private static long next(long state) {
        long mixed = state + 0x9e37_79b9_7f4a_7c15L;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d0_49bb_1331_11ebL;
        return mixed ^ mixed >>> 31;
    }
}
