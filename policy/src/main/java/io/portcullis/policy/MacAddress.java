package io.portcullis.policy;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An EUI-48 address in the low 48 bits of {@code value}, first byte on the wire highest. */
public record MacAddress(long value) {
    public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

    private static final long LIMITED_BROADCAST = 0xffff_ffffL;
    private static final Pattern TEXT = Pattern.compile("([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}");

    public MacAddress {
        if (value >>> 48 != 0) {
            throw new IllegalArgumentException("a MAC address has 48 bits");
        }
    }

    /** Parses {@code 02:00:00:00:00:01}. */
    public static MacAddress parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is no MAC address; write 02:00:00:00:00:01");
        }
        return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
    }

    /** Whether the group bit (multicast or broadcast) is set. */
    public boolean isGroup() {
        return (value >>> 40 & 1) != 0;
    }

    /** The group address to which multicast (RFC 1112, 2464) and limited broadcast go; null for an address of one station. */
    public static @Nullable MacAddress ofGroup(InetAddress destination) {
        byte[] bytes = destination.getAddress();
        long last = Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt(bytes.length - Integer.BYTES));
        boolean isIpv4 = destination instanceof Inet4Address;
        if (isIpv4 && last == LIMITED_BROADCAST) {
            return BROADCAST;
        }
        if (!destination.isMulticastAddress()) {
            return null;
        }
        return isIpv4
                ? new MacAddress(0x0100_5e00_0000L | (last & 0x7f_ffffL))
                : new MacAddress(0x3333_0000_0000L | last);
    }

    /** The IPv6 address that an interface with this MAC address makes for its link (RFC 4291, appendix A). */
    public InetAddress linkLocal() {
        long identifier = ((value >>> 24 ^ 0x02_0000L) << 40) | 0xff_fe00_0000L | (value & 0xff_ffffL);
        byte[] bytes = ByteBuffer.allocate(16)
                .putLong(0xfe80L << 48)
                .putLong(identifier)
                .array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (value >>> shift) & 0xff;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}
