package io.portcullis.api;

import java.util.List;

/**
 * A virtual NIC as declared.
 *
 * @param name for example {@code eth0}
 * @param addresses what the VM may use as its own, IPv4 and IPv6
 * @param port where its frames come from: {@code tap:NETNS/DEVICE} or {@code memory:NAME}
 */
public record VnicSpec(String name, String mac, List<String> addresses, String segment, String port) {}
