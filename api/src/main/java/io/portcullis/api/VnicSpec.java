package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A virtual NIC as declared.
 *
 * @param name for example {@code eth0}
 * @param addresses what the VM may use as its own, IPv4 and IPv6
 * @param port where its frames come from: {@code tap:NETNS/DEVICE} or {@code memory:NAME}
 * @param protection what else the VM may do and use
 */
public record VnicSpec(
        String name,
        String mac,
        List<String> addresses,
        String segment,
        String port,
        @Nullable ProtectionSpec protection) {
    /** An end system with declared addresses. */
    public VnicSpec(String name, String mac, List<String> addresses, String segment, String port) {
        this(name, mac, addresses, segment, port, null);
    }
}
