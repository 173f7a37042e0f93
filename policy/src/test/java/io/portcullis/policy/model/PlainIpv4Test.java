package io.portcullis.policy.model;

import static org.assertj.core.api.Assertions.assertThat;

import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.ipv4.IPv4Address;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The short way for plain addresses says what the library says of them, and leaves everything else to that. */
class PlainIpv4Test {
    private static final int TEXTS = 20_000;
    private static final String SIGNS = "0123456789.. -/x";

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void shouldReadAndWritePlainAddressesAsTheLibraryDoes() {
        System.out.println("PlainIpv4Test: -Dportcullis.seed=" + seed);
        for (int round = 0; round < TEXTS; round++) {
            int address = random.nextInt() >>> random.nextInt(24);
            String text = new IPv4Address(address).toCanonicalString();

            assertThat(PlainIpv4.toString(address)).isEqualTo(text);
            assertThat(PlainIpv4.parse(text)).isEqualTo(Integer.toUnsignedLong(address));
        }
    }

    @Test
    void shouldTakeNothingForAnAddressThatIsNoneOrWrittenOtherwise() {
        for (int round = 0; round < TEXTS; round++) {
            StringBuilder text = new StringBuilder(PlainIpv4.toString(random.nextInt()));
            for (int edit = random.nextInt(3); edit >= 0 && !text.isEmpty(); edit--) {
                int place = random.nextInt(text.length());
                if (random.nextBoolean()) {
                    text.deleteCharAt(place);
                } else {
                    text.insert(place, SIGNS.charAt(random.nextInt(SIGNS.length())));
                }
            }
            long plain = PlainIpv4.parse(text.toString());
            if (plain >= 0) {
                IPAddress known = new IPAddressString(text.toString()).getAddress();
                assertThat(known).as("seed %d: %s", seed, text).isEqualTo(new IPv4Address((int) plain));
                assertThat(PlainIpv4.toString((int) plain)).isEqualTo(text.toString());
            }
        }
        for (String text : new String[] {
            "",
            "10",
            "10.1",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.",
            ".1.2.3",
            "1.2.3.256",
            "01.2.3.4",
            "1.2.3.4 ",
            "1.2.3.4/32",
            "1.2.3.0004",
            "::1",
            "1.2.3.x"
        }) {
            assertThat(PlainIpv4.parse(text)).as(text).isNegative();
        }
    }
}
