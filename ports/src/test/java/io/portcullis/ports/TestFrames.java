package io.portcullis.ports;

import io.portcullis.datapath.port.Burst;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** Numbered UDP frames, made and read by hand. */
public final class TestFrames {
    public static final int UDP_PORT = 9000;
    public static final String VM_ADDRESS = "10.7.0.1";
    public static final String PEER_ADDRESS = "10.7.0.2";
    public static final long VM_MAC = 0x0200_0000_0001L;
    public static final long PEER_MAC = 0x0200_0000_0002L;

    private static final int UDP_PAYLOAD = 14 + 20 + 8;

    private TestFrames() {}

    /** A UDP/IPv4 frame of the number; the UDP checksum is left out, the IP one is right. */
    public static byte[] numbered(long destinationMac, long sourceMac, boolean toVm, int number) {
        ByteBuffer frame = ByteBuffer.allocate(60);
        mac(frame, destinationMac);
        mac(frame, sourceMac);
        frame.putShort((short) 0x0800);
        frame.putShort((short) 0x4500)
                .putShort((short) 32)
                .putInt(0)
                .putShort((short) 0x4011)
                .putShort((short) 0);
        frame.put(address(toVm ? 2 : 1)).put(address(toVm ? 1 : 2));
        frame.putShort((short) UDP_PORT)
                .putShort((short) UDP_PORT)
                .putShort((short) 12)
                .putShort((short) 0);
        frame.putInt(number);
        frame.putShort(24, ipChecksum(frame));
        return frame.array();
    }

    private static byte[] address(int last) {
        return new byte[] {10, 7, 0, (byte) last};
    }

    private static void mac(ByteBuffer frame, long mac) {
        frame.putShort((short) (mac >>> 32)).putInt((int) mac);
    }

    private static short ipChecksum(ByteBuffer frame) {
        int sum = 0;
        for (int i = 14; i < 34; i += 2) {
            sum += frame.getShort(i) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return (short) ~(sum + (sum >>> 16));
    }

    /** The number in a frame that {@link #numbered} or a VM's UDP socket made, or -1 for any other frame. */
    public static int number(byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        boolean udp = frame.length >= UDP_PAYLOAD + 4 && bytes.getShort(12) == 0x0800 && bytes.get(23) == 17;
        return udp && bytes.getShort(36) == UDP_PORT ? bytes.getInt(UDP_PAYLOAD) : -1;
    }

    public static byte[] bytes(Burst burst, int index) {
        return burst.memory().asSlice(burst.offset(index), burst.length(index)).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Puts a frame without offload into a burst. */
    public static void add(Burst burst, byte[] frame) {
        int at = burst.nextOffset();
        burst.memory()
                .asSlice(at - Burst.VNET_HEADER_BYTES, Burst.VNET_HEADER_BYTES)
                .fill((byte) 0);
        MemorySegment.copy(frame, 0, burst.memory(), ValueLayout.JAVA_BYTE, at, frame.length);
        burst.commit(frame.length);
    }

    public static byte[] tagged(byte[] frame, int vlan) {
        ByteBuffer tagged = ByteBuffer.allocate(frame.length + 4);
        tagged.put(frame, 0, 12).putShort((short) 0x8100).putShort((short) vlan).put(frame, 12, frame.length - 12);
        return tagged.array();
    }
}
