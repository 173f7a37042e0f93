package io.portcullis.policy.model;

import inet.ipaddr.AddressStringException;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import inet.ipaddr.IncompatibleAddressException;
import inet.ipaddr.ipv4.IPv4Address;
import inet.ipaddr.ipv6.IPv6Address;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.nio.ByteBuffer;

/**
 * Addresses as an operator writes them: one address, a CIDR block (RFC 4632, RFC 4291) or a range {@code first-last}.
 * Equal sets of addresses are equal values; {@link #toString()} is the shortest of the three forms and parses back.
 */
public record AddressLiteral(IpRange range) {
    private static final String HINT =
            "write an address (10.0.0.1), a block (10.0.0.0/8, 2001:db8::/32) or a range (10.0.0.1-10.0.0.9)";

    /** Longest text that is looked at, in characters: two full IPv6 addresses and the hyphen fit well. */
    private static final int MAX_TEXT = 128;

    private static final IPAddressStringParameters STRICT = new IPAddressStringParameters.Builder()
            .allowEmpty(false)
            .allowAll(false)
            .allowSingleSegment(false)
            .allowMask(false)
            .allowPrefixOnly(false)
            .allowWildcardedSeparator(false)
            .setRangeOptions(inet.ipaddr.AddressStringParameters.RangeParameters.NO_RANGE)
            .getIPv4AddressParametersBuilder()
            .allow_inet_aton(false)
            .allowBinary(false)
            .allowLeadingZeros(false)
            .getParentBuilder()
            .getIPv6AddressParametersBuilder()
            .allowZone(false)
            .allowBase85(false)
            .allowBinary(false)
            .getParentBuilder()
            .toParams();

    /** Parses one of the three forms; throws {@link IllegalArgumentException} that says what is wrong and a hint. */
    public static AddressLiteral parse(String text) {
        String trimmed = text.strip();
        if (trimmed.isEmpty() || trimmed.length() > MAX_TEXT) {
            throw refused(text, HINT);
        }
        int hyphen = trimmed.indexOf('-');
        if (hyphen < 0) {
            return block(trimmed);
        }
        IpRange first = oneAddress(trimmed.substring(0, hyphen).strip(), text);
        IpRange last = oneAddress(trimmed.substring(hyphen + 1).strip(), text);
        if (first.family() != last.family()) {
            throw refused(text, "both ends of a range must be of one family");
        }
        try {
            return new AddressLiteral(
                    new IpRange(first.family(), first.firstHigh(), first.firstLow(), last.lastHigh(), last.lastLow()));
        } catch (IllegalArgumentException endsBeforeItBegins) {
            throw refused(text, "the range ends before it begins; swap its ends");
        }
    }

    private static IpRange oneAddress(String text, String whole) {
        if (text.indexOf('/') >= 0) {
            throw refused(whole, "the ends of a range are addresses without a prefix length");
        }
        return block(text).range();
    }

    private static AddressLiteral block(String text) {
        long plain = PlainIpv4.parse(text);
        if (plain >= 0) {
            return new AddressLiteral(IpRange.ipv4((int) plain, (int) plain));
        }
        try {
            IPAddress address = new IPAddressString(text, STRICT).toAddress();
            if (address == null) {
                throw refused(text, HINT);
            }
            IPAddress block = address.toPrefixBlock();
            if (address.isPrefixed() && !block.getLower().equals(address.getLower())) {
                throw refused(
                        text,
                        "the address has bits beyond its prefix length; write " + block.toCanonicalString() + " or "
                                + address.withoutPrefixLength().toCanonicalString());
            }
            return new AddressLiteral(rangeOf(block.getLower(), block.getUpper()));
        } catch (AddressStringException | IncompatibleAddressException notAnAddress) {
            throw refused(text, HINT);
        }
    }

    private static IpRange rangeOf(IPAddress first, IPAddress last) {
        ByteBuffer lower = ByteBuffer.wrap(first.getBytes());
        ByteBuffer upper = ByteBuffer.wrap(last.getBytes());
        return first.isIPv4()
                ? IpRange.ipv4(lower.getInt(), upper.getInt())
                : new IpRange(IpFamily.IPV6, lower.getLong(), lower.getLong(), upper.getLong(), upper.getLong());
    }

    private static IllegalArgumentException refused(String text, String hint) {
        String shown = text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "…" : text;
        return new IllegalArgumentException("'" + shown + "' names no addresses: " + hint);
    }

    /** The literal that holds this one address. */
    public static AddressLiteral of(java.net.InetAddress address) {
        return new AddressLiteral(IpRanges.single(address));
    }

    /** Whether the address is one of these. */
    public boolean contains(java.net.InetAddress address) {
        IpRange single = IpRanges.single(address);
        return single.family() == range.family() && range.contains(single.firstHigh(), single.firstLow());
    }

    @Override
    public String toString() {
        if (range.family() == IpFamily.IPV4 && range.firstLow() == range.lastLow()) {
            return PlainIpv4.toString((int) range.firstLow());
        }
        IPAddress first = address(range.firstHigh(), range.firstLow());
        IPAddress last = address(range.lastHigh(), range.lastLow());
        if (first.equals(last)) {
            return first.toCanonicalString();
        }
        IPAddress[] blocks = first.spanWithPrefixBlocks(last);
        return blocks.length == 1
                ? blocks[0].toCanonicalString()
                : first.toCanonicalString() + "-" + last.toCanonicalString();
    }

    private IPAddress address(long high, long low) {
        return range.family() == IpFamily.IPV4
                ? new IPv4Address((int) low)
                : new IPv6Address(
                        ByteBuffer.allocate(16).putLong(high).putLong(low).array());
    }
}
