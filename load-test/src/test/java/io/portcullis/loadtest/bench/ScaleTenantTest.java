package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** That {@code bench scale} gives each vNIC what is its own, also beyond 65,536 of them. */
class ScaleTenantTest {
    private static final Pattern VNIC = Pattern.compile(
            "mac: \"(?<mac>[0-9a-f:]+)\", addresses: \\[(?<ip>[0-9.]+)].*port: \"memory:(?<port>[^\"]+)\"");

    @Test
    void shouldGiveEachVnicAMacAnAddressAndAPortOfItsOwn() {
        ScaleTenant tenant = new ScaleTenant(12_500, 8, 500, 3);
        List<String> found = new ArrayList<>();
        for (String text : tenant.inventory()) {
            for (MatchResult vnic : VNIC.matcher(text).results().toList()) {
                for (String part : List.of("mac", "ip", "port")) {
                    found.add(Objects.requireNonNull(vnic.group(part)));
                }
            }
        }

        assertThat(tenant.vnics()).isEqualTo(100_000);
        assertThat(found).hasSize(3 * 100_000);
        assertThat(new HashSet<>(found)).hasSize(3 * 100_000);
        assertThat(found).contains(ScaleTenant.port(12_499, 7));
    }

    @Test
    void shouldMoveAVmToAnotherApplicationWithEachChange() {
        ScaleTenant tenant = new ScaleTenant(30, 1, 5, 3);

        assertThat(tenant.tagAfter(4, 0)).isEqualTo("app:app-1");
        assertThat(tenant.tagAfter(4, 1)).isEqualTo("app:app-2");
        assertThat(tenant.tagAfter(4, 5)).isEqualTo(tenant.tagAfter(4, 0));
        assertThat(tenant.policy()).contains("app-1", "app-2");
    }

    @Test
    void shouldSayItAllOnOneLine() {
        ScaleTenant tenant = new ScaleTenant(10, 2, 2, 1);
        ScaleCost cost = new ScaleCost(tenant, 1, 2, 3, 4, 5, 6, 7, 0.5, 8, 9, 10);

        assertThat(cost.json())
                .startsWith("{\"hosts\":1,\"vms\":10,\"vnics\":20,\"applySeconds\":1.0,")
                .endsWith("\"tagMillisWorst\":10.0}")
                .doesNotContain("\n");
        assertThat(cost.table()).contains("20 vNICs of 10 VMs on 1 hosts", "0.500 cores");
    }
}
