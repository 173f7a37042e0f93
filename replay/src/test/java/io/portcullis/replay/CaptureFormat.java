package io.portcullis.replay;

import io.portcullis.ports.pcap.LinkTypes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The ways in which captures come: file format, byte order, unit of time, link type. */
enum CaptureFormat {
    PCAP_MICROS_BIG_ETHERNET(false, ByteOrder.BIG_ENDIAN, false, LinkTypes.ETHERNET),
    PCAP_NANOS_LITTLE_ETHERNET(false, ByteOrder.LITTLE_ENDIAN, true, LinkTypes.ETHERNET),
    PCAP_MICROS_LITTLE_RAW(false, ByteOrder.LITTLE_ENDIAN, false, LinkTypes.RAW),
    PCAP_NANOS_BIG_NULL(false, ByteOrder.BIG_ENDIAN, true, LinkTypes.NULL),
    PCAP_MICROS_LITTLE_LOOP(false, ByteOrder.LITTLE_ENDIAN, false, LinkTypes.LOOP),
    PCAPNG_LITTLE_ETHERNET(true, ByteOrder.LITTLE_ENDIAN, true, LinkTypes.ETHERNET),
    PCAPNG_BIG_COOKED(true, ByteOrder.BIG_ENDIAN, false, LinkTypes.LINUX_COOKED),
    PCAPNG_LITTLE_COOKED_2(true, ByteOrder.LITTLE_ENDIAN, true, LinkTypes.LINUX_COOKED_2);

    private static final int ETHERNET_BYTES = 14;

    private final boolean isNextGeneration;
    private final ByteOrder order;
    private final boolean isNanos;
    private final int linkType;

    CaptureFormat(boolean isNextGeneration, ByteOrder order, boolean isNanos, int linkType) {
        this.isNextGeneration = isNextGeneration;
        this.order = order;
        this.isNanos = isNanos;
        this.linkType = linkType;
    }

    /** A whole file of a script's packets. */
    byte[] file(CaptureScript script) {
        ByteBuffer file = ByteBuffer.allocate(1 << 20).order(order);
        if (isNextGeneration) {
            file.putInt(0x0a0d_0d0a)
                    .putInt(28)
                    .putInt(0x1a2b_3c4d)
                    .putShort((short) 1)
                    .putShort((short) 0);
            file.putLong(-1).putInt(28);
            file.putInt(1)
                    .putInt(32)
                    .putShort((short) linkType)
                    .putShort((short) 0)
                    .putInt(0);
            file.putShort((short) 9)
                    .putShort((short) 1)
                    .putInt(order == ByteOrder.BIG_ENDIAN ? resolution() << 24 : resolution());
            file.putInt(0).putInt(32);
        } else {
            file.putInt(isNanos ? 0xa1b2_3c4d : 0xa1b2_c3d4).putShort((short) 2).putShort((short) 4);
            file.putLong(0).putInt(1 << 16).putInt(linkType);
        }
        for (CaptureScript.Step step : script.steps) {
            packet(file, step.nanos(), link(step.frame()));
        }
        byte[] bytes = new byte[file.position()];
        file.get(0, bytes);
        return bytes;
    }

    private int resolution() {
        return isNanos ? 9 : 6;
    }

    private void packet(ByteBuffer file, long nanos, byte[] packet) {
        if (isNextGeneration) {
            int padded = packet.length + 3 & -4;
            long units = isNanos ? nanos : nanos / 1_000;
            file.putInt(6).putInt(32 + padded).putInt(0);
            file.putInt((int) (units >>> 32)).putInt((int) units);
            file.putInt(packet.length).putInt(packet.length).put(packet).put(new byte[padded - packet.length]);
            file.putInt(32 + padded);
            return;
        }
        long rest = nanos % 1_000_000_000;
        file.putInt((int) (nanos / 1_000_000_000)).putInt((int) (isNanos ? rest : rest / 1_000));
        file.putInt(packet.length).putInt(packet.length).put(packet);
    }

    private byte[] link(byte[] ethernet) {
        int header = switch (linkType) {
            case LinkTypes.RAW -> 0;
            case LinkTypes.NULL, LinkTypes.LOOP -> 4;
            case LinkTypes.LINUX_COOKED -> 16;
            case LinkTypes.LINUX_COOKED_2 -> 20;
            default -> ETHERNET_BYTES;
        };
        ByteBuffer packet = ByteBuffer.allocate(header + ethernet.length - ETHERNET_BYTES);
        packet.put(header, ethernet, ETHERNET_BYTES, ethernet.length - ETHERNET_BYTES);
        switch (linkType) {
            case LinkTypes.ETHERNET -> packet.put(0, ethernet, 0, ETHERNET_BYTES);
            case LinkTypes.NULL -> packet.order(order).putInt(0, 2);
            case LinkTypes.LOOP -> packet.putInt(0, 2);
            case LinkTypes.LINUX_COOKED -> packet.put(14, ethernet, 12, 2);
            case LinkTypes.LINUX_COOKED_2 -> packet.put(0, ethernet, 12, 2);
            default -> {}
        }
        return packet.array();
    }
}
