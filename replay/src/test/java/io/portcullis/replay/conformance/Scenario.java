package io.portcullis.replay.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A story about policy with the reachability that it must have, written down by hand from what it means.
 *
 * @param title what is shown
 * @param tenants by name
 */
record Scenario(String title, Map<String, TenantPart> tenants, List<Step> steps) {
    /**
     * How a tenant begins; the one named {@code provider} is above the others.
     *
     * @param defaultAction null for the provider, which has none
     * @param include files of documents beside the scenario
     */
    record TenantPart(@Nullable String defaultAction, List<String> include) {}

    /**
     * A change, if any, and what holds from then on; all by tenant.
     *
     * @param at from now on it is that time, as {@code 2026-12-01T22:00:00Z}; null if it stays what it was
     * @param apply documents
     * @param delete policies, by name
     * @param tags all tags of a VM
     * @param finding of a VM, {@code kind=value}
     */
    record Step(
            String title,
            @Nullable String at,
            Map<String, String> apply,
            Map<String, List<String>> delete,
            Map<String, Map<String, List<String>>> tags,
            Map<String, Map<String, String>> finding,
            List<Reach> reach) {
        Step {
            apply = apply == null ? Map.of() : apply;
            delete = delete == null ? Map.of() : delete;
            tags = tags == null ? Map.of() : tags;
            finding = finding == null ? Map.of() : finding;
        }
    }

    /**
     * Who reaches whom.
     *
     * @param probes {@code tcp/80}, {@code udp6/53}, {@code icmp}, {@code icmp6}, {@code sctp/7777}, {@code proto/47}: each has the same matrix;
     *     {@code tcp-ack/80} is a segment of no connection that anybody knows
     * @param rest what all pairs of VMs of the tenant get that the matrix does not name; none if they are not asked about
     * @param matrix columns are receivers, rows senders, by name of the VM (eth0), VM/NIC, address, or {@code outside}; see {@link Cell}
     */
    record Reach(String tenant, List<String> probes, Cell rest, String matrix) {}

    static Scenario read(Path file) throws IOException {
        return new ObjectMapper(new YAMLFactory()).readValue(Files.readString(file), Scenario.class);
    }
}
