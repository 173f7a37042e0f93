package io.portcullis.policy.model;

/** Single IPv4 addresses in their usual form, {@code 10.0.0.1}: most of the addresses that rules name, of which there may be hundreds of thousands. */
final class PlainIpv4 {
    private static final int BYTES = 4;
    private static final int MAX_DIGITS = 3;

    private PlainIpv4() {}

    /** The address as an unsigned number of 32 bits; -1 if the text is anything else, which may be an address in another form. */
    static long parse(String text) {
        long address = 0;
        int at = 0;
        for (int part = 0; part < BYTES; part++) {
            if (part > 0 && (at == text.length() || text.charAt(at++) != '.')) {
                return -1;
            }
            int first = at;
            int value = 0;
            while (at < text.length() && at - first < MAX_DIGITS && isDigit(text.charAt(at))) {
                value = value * 10 + text.charAt(at++) - '0';
            }
            boolean hasLeadingZero = at - first > 1 && text.charAt(first) == '0';
            if (at == first || value > 0xff || hasLeadingZero) {
                return -1;
            }
            address = address << Byte.SIZE | value;
        }
        return at == text.length() ? address : -1;
    }

    private static boolean isDigit(char each) {
        return each >= '0' && each <= '9';
    }

    static String toString(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address & 0xff);
    }
}
