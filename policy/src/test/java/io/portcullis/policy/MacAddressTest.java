package io.portcullis.policy;

import static io.portcullis.policy.model.TestTenant.ip;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MacAddressTest {
    @Test
    void shouldMakeTheAddressOfTheLink() {
        assertThat(MacAddress.parse("02:00:00:00:00:07").linkLocal()).isEqualTo(ip("fe80::ff:fe00:7"));
        assertThat(MacAddress.parse("00:1b:21:3c:9d:f8").linkLocal()).isEqualTo(ip("fe80::21b:21ff:fe3c:9df8"));
    }

    /** RFC 1112, 6.4; RFC 2464, 7. */
    @Test
    void shouldFindTheGroupThatAnAddressMeans() {
        assertThat(MacAddress.ofGroup(ip("224.0.0.251"))).hasToString("01:00:5e:00:00:fb");
        assertThat(MacAddress.ofGroup(ip("239.255.1.2"))).hasToString("01:00:5e:7f:01:02");
        assertThat(MacAddress.ofGroup(ip("ff02::1:ff00:7"))).hasToString("33:33:ff:00:00:07");
        assertThat(MacAddress.ofGroup(ip("255.255.255.255"))).isEqualTo(MacAddress.BROADCAST);
        assertThat(MacAddress.ofGroup(ip("10.0.0.255"))).isNull();
        assertThat(MacAddress.ofGroup(ip("fd00::1"))).isNull();
    }
}
