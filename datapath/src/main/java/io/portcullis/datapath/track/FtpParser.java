package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.Wire;
import java.lang.foreign.MemorySegment;

/**
 * Reads the lines of an FTP control connection that name an address and port for data: the commands PORT (RFC 959, 4.1.2) and EPRT
 * (RFC 2428, 2), the replies 227 (RFC 959, 4.2.2) and 229 (RFC 2428, 3). Looks at no more than {@value #MOST_BYTES} bytes,
 * trusts none of them, allocates nothing. A flyweight of one thread.
 */
final class FtpParser {
    /** Longer lines than RFC 959 needs hold no announcement that is believed. */
    static final int MOST_BYTES = 256;

    private static final int MOST_PORT = 65_535;

    /** Whether the line named an address; else it is the sender's own. */
    boolean hasAddress;

    boolean isIpv6;
    long addressHigh;
    long addressLow;
    int port;

    private MemorySegment memory = MemorySegment.NULL;
    private int at;
    private int end;

    /** Reads a line of the client; false if it announces nothing. */
    boolean parseCommand(MemorySegment bytes, int offset, int length) {
        begin(bytes, offset, length);
        if (word("PORT ")) {
            return hostAndPort();
        }
        return word("EPRT ") && extended(true);
    }

    /** Reads a line of the server; false if it announces nothing. */
    boolean parseReply(MemorySegment bytes, int offset, int length) {
        begin(bytes, offset, length);
        if (word("227 ")) {
            // the text is free: the numbers stand where the first digit does (RFC 1123, 4.1.2.6)
            while (at < end && !isDigit(peek())) {
                at++;
            }
            return hostAndPort();
        }
        if (!word("229 ")) {
            return false;
        }
        while (at < end && peek() != '(') {
            at++;
        }
        at++;
        return extended(false);
    }

    private void begin(MemorySegment bytes, int offset, int length) {
        memory = bytes;
        at = offset;
        end = offset + Math.min(length, MOST_BYTES);
        hasAddress = false;
        isIpv6 = false;
        addressHigh = 0;
        addressLow = 0;
        port = 0;
    }

    /** h1,h2,h3,h4,p1,p2 */
    private boolean hostAndPort() {
        long all = 0;
        for (int i = 0; i < 6; i++) {
            int number = number(255);
            boolean isSeparated = i == 5 || (at < end && peek() == ',');
            if (number < 0 || !isSeparated) {
                return false;
            }
            if (i < 5) {
                at++;
            }
            all = all << 8 | number;
        }
        hasAddress = true;
        addressLow = all >>> 16;
        port = (int) all & 0xffff;
        return port != 0;
    }

    /** |family|address|port| with any separator; in a reply family and address are empty. */
    private boolean extended(boolean namesAddress) {
        if (at >= end) {
            return false;
        }
        int separator = peek();
        if (separator < '!' || separator > '~' || isDigit(separator)) {
            return false;
        }
        at++;
        if (namesAddress && !family(separator)) {
            return false;
        }
        // a reply leaves family and address empty
        int empty = namesAddress ? 0 : 2;
        for (int i = 0; i < empty; i++) {
            if (!take(separator)) {
                return false;
            }
        }
        port = number(MOST_PORT);
        return port > 0 && take(separator);
    }

    private boolean family(int separator) {
        int family = number(2);
        if (!take(separator)) {
            return false;
        }
        hasAddress = true;
        isIpv6 = family == 2;
        boolean isRead = isIpv6 ? ipv6() : family == 1 && ipv4();
        return isRead && take(separator);
    }

    private boolean ipv4() {
        addressLow = 0;
        for (int i = 0; i < 4; i++) {
            int number = number(255);
            if (number < 0 || (i < 3 && !take('.'))) {
                return false;
            }
            addressLow = addressLow << 8 | number;
        }
        return true;
    }

    /** The text of RFC 4291, 2.2 without an embedded IPv4 address. */
    private boolean ipv6() {
        int groups = 0;
        int gapAt = -1;
        addressHigh = 0;
        addressLow = 0;
        long tailHigh = 0;
        long tailLow = 0;
        if (at + 1 < end && peek() == ':') {
            at++;
            if (peek() != ':') {
                return false;
            }
        }
        while (at < end && groups < 8) {
            if (peek() == ':' && gapAt < 0) {
                gapAt = groups;
                at++;
            }
            int value = hexadecimal();
            if (value < 0) {
                break;
            }
            tailHigh = tailHigh << 16 | tailLow >>> 48;
            tailLow = tailLow << 16 | value;
            groups++;
            boolean goesOn = groups < 8 && at < end && peek() == ':';
            if (!goesOn) {
                break;
            }
            at++;
        }
        if (gapAt < 0) {
            addressHigh = tailHigh;
            addressLow = tailLow;
            return groups == 8;
        }
        if (groups == 8) {
            return false;
        }
        spread(tailHigh, tailLow, gapAt, groups);
        return true;
    }

    /** The first {@code front} groups belong at the top, the rest at the bottom, zeroes between. */
    private void spread(long high, long low, int front, int groups) {
        for (int i = 0; i < groups; i++) {
            int fromEnd = groups - 1 - i;
            long value = fromEnd < 4 ? low >>> (16 * fromEnd) & 0xffff : high >>> (16 * (fromEnd - 4)) & 0xffff;
            int place = i < front ? 7 - i : fromEnd;
            if (place >= 4) {
                addressHigh |= value << (16 * (place - 4));
            } else {
                addressLow |= value << (16 * place);
            }
        }
    }

    private int hexadecimal() {
        int value = -1;
        for (int digits = 0; at < end && digits < 4; digits++, at++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                return value;
            }
            value = Math.max(0, value) << 4 | digit;
        }
        return value;
    }

    /** A decimal number up to {@code most}, or -1. */
    private int number(int most) {
        int value = -1;
        while (at < end && isDigit(peek())) {
            value = Math.max(0, value) * 10 + (peek() - '0');
            if (value > most) {
                return -1;
            }
            at++;
        }
        return value;
    }

    private boolean take(int character) {
        if (at < end && peek() == character) {
            at++;
            return true;
        }
        return false;
    }

    /** In either case (RFC 959, 5.3). */
    private boolean word(String word) {
        if (end - at < word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            int character = Wire.u8(memory, at + (long) i);
            boolean isLower = character >= 'a' && character <= 'z';
            if ((isLower ? character - 'a' + 'A' : character) != word.charAt(i)) {
                return false;
            }
        }
        at += word.length();
        return true;
    }

    private int peek() {
        return Wire.u8(memory, at);
    }

    private static boolean isDigit(int character) {
        return character >= '0' && character <= '9';
    }
}
