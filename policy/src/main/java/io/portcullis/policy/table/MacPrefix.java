package io.portcullis.policy.table;

import io.portcullis.policy.MacAddress;

/**
 * MAC addresses that begin with the same bits: one address ({@code bits} 48), those of a maker (24), all (0).
 *
 * @param value the address in the low 48 bits, 0 behind the prefix
 * @param bits length of the prefix, 0 to {@value #ALL_BITS}
 */
public record MacPrefix(long value, int bits) {
    public static final int ALL_BITS = 48;

    private static final long MASK = (1L << ALL_BITS) - 1;

    public MacPrefix {
        if (bits < 0 || bits > ALL_BITS) {
            throw new IllegalArgumentException("a prefix of a MAC address has 0 to 48 bits, not " + bits);
        }
        if ((value & ~mask(bits)) != 0) {
            throw new IllegalArgumentException("the MAC address has bits behind its prefix of " + bits + " bits");
        }
    }

    /** Parses {@code 02:00:00:00:00:01} or {@code 01:80:c2:00:00:00/44}. */
    public static MacPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return of(MacAddress.parse(text));
        }
        String bits = text.substring(slash + 1);
        if (!bits.matches("[0-9]{1,2}")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no prefix of a MAC address; write 01:80:c2:00:00:00/44");
        }
        return new MacPrefix(MacAddress.parse(text.substring(0, slash)).value(), Integer.parseInt(bits));
    }

    public static MacPrefix of(MacAddress mac) {
        return new MacPrefix(mac.value(), ALL_BITS);
    }

    /** Whether the address (low 48 bits) begins with this prefix. */
    public boolean contains(long mac) {
        return ((mac ^ value) & mask(bits)) == 0;
    }

    private static long mask(int bits) {
        return MASK & ~(MASK >>> bits);
    }

    @Override
    public String toString() {
        String address = new MacAddress(value).toString();
        return bits == ALL_BITS ? address : address + "/" + bits;
    }
}
