package io.portcullis.vnic;

import io.portcullis.policy.DiscoveredAddress;
import java.util.List;

/**
 * Which addresses a vNIC was found to have beside those that it declares, as one host or its tenant says.
 *
 * @param generation of what the tenant knew when the host last heard of it; 0 before it did. It grows when the tenant overrules the hosts
 */
public record Discovery(long generation, List<DiscoveredAddress> addresses) {
    public Discovery {
        addresses = List.copyOf(addresses);
    }
}
