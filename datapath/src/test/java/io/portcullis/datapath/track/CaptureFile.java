package io.portcullis.datapath.track;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The frames of a classic pcap file as Ethernet frames, for tests; null for what is no Ethernet and no bare IP. */
final class CaptureFile {
    private static final int LINK_NULL = 0;
    private static final int LINK_ETHERNET = 1;
    private static final int LINK_RAW = 101;
    private static final int LINK_COOKED = 113;
    private static final int LINK_IPV4 = 228;
    private static final int LINK_IPV6 = 229;

    private CaptureFile() {}

    static List<byte @Nullable []> frames(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        List<byte @Nullable []> frames = new ArrayList<>();
        if (bytes.limit() < 24) {
            return frames;
        }
        int magic = bytes.getInt(0);
        boolean isLittle = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
        bytes.order(isLittle ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int link = bytes.getInt(20);
        bytes.position(24);
        while (bytes.remaining() >= 16) {
            int captured = bytes.getInt(bytes.position() + 8);
            bytes.position(bytes.position() + 16);
            if (captured < 0 || captured > bytes.remaining()) {
                break;
            }
            byte[] packet = new byte[captured];
            bytes.get(packet);
            frames.add(ethernet(link, packet));
        }
        return frames;
    }

    private static byte @Nullable [] ethernet(int link, byte[] packet) {
        return switch (link) {
            case LINK_ETHERNET -> packet;
            case LINK_RAW, LINK_IPV4, LINK_IPV6 -> ip(packet, 0);
            case LINK_NULL -> ip(packet, 4);
            case LINK_COOKED -> ip(packet, 16);
            default -> null;
        };
    }

    private static byte @Nullable [] ip(byte[] packet, int offset) {
        if (packet.length <= offset) {
            return null;
        }
        int version = packet[offset] >> 4 & 15;
        if (version != 4 && version != 6) {
            return null;
        }
        ByteBuffer frame = ByteBuffer.allocate(14 + packet.length - offset);
        frame.putShort(12, (short) (version == 4 ? 0x0800 : 0x86dd));
        frame.position(14).put(packet, offset, packet.length - offset);
        return frame.array();
    }
}
