package io.portcullis.policy.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.model.AddressLiteral;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class IpRangesTest {
    private static List<IpRange> set(String... literals) {
        return IpRanges.merge(Stream.of(literals)
                .map(AddressLiteral::parse)
                .map(AddressLiteral::range)
                .toList());
    }

    @Test
    void shouldMergeWhatOverlapsOrTouches() {
        assertThat(set("10.0.0.3", "10.0.0.1-10.0.0.2", "10.0.0.0/31")).isEqualTo(set("10.0.0.0-10.0.0.3"));
        assertThat(set("10.0.0.1", "10.0.0.3")).hasSize(2);
        assertThat(set("10.0.0.0/8", "10.1.0.0/16")).isEqualTo(set("10.0.0.0/8"));
    }

    @Test
    void shouldMergeAcrossTheHalvesOfAnIpv6Address() {
        assertThat(set("2001:db8::-2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::"))
                .isEqualTo(set("2001:db8::-2001:db8:0:1::"));
    }

    @Test
    void shouldNotWrapPastTheHighestAddress() {
        assertThat(set("255.255.255.255", "0.0.0.0")).hasSize(2);
        assertThat(set("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::")).hasSize(2);
        assertThat(set("255.255.255.255", "::1:0:0")).hasSize(2);
        assertThat(set("::/0")).isEqualTo(set("::/1", "8000::/1"));
    }

    @Test
    void shouldKeepFamiliesApart() {
        assertThat(set("0.0.0.0/0", "::/0")).extracting(IpRange::family).containsExactly(IpFamily.IPV4, IpFamily.IPV6);
        assertThat(IpRanges.ofFamily(set("10.0.0.1", "::1"), IpFamily.IPV6)).isEqualTo(set("::1"));
        assertThat(IpRanges.intersects(set("0.0.0.1"), set("::1"))).isFalse();
    }

    @Test
    void shouldAgreeWithSetsOfSingleAddresses() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("IpRangesTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            List<IpRange> left = someRanges(random);
            List<IpRange> right = someRanges(random);
            List<IpRange> a = IpRanges.merge(left);
            List<IpRange> b = IpRanges.merge(right);
            List<IpRange> both = IpRanges.intersect(a, b);
            for (int address = 0; address < 32; address++) {
                assertThat(has(a, address)).as("seed %d", seed).isEqualTo(has(left, address));
                assertThat(has(both, address)).as("seed %d", seed).isEqualTo(has(a, address) && has(b, address));
            }
            assertThat(IpRanges.intersects(a, b)).as("seed %d", seed).isEqualTo(!both.isEmpty());
            assertThat(IpRanges.merge(both)).as("seed %d: stays merged", seed).isEqualTo(both);
        }
    }

    private static List<IpRange> someRanges(Random random) {
        List<IpRange> ranges = new ArrayList<>();
        for (int left = random.nextInt(5); left > 0; left--) {
            int first = random.nextInt(28);
            ranges.add(IpRange.ipv4(first, first + random.nextInt(4)));
        }
        return ranges;
    }

    private static boolean has(List<IpRange> ranges, long address) {
        return ranges.stream().anyMatch(range -> range.contains(0, address));
    }
}
