package io.portcullis.policy.model;

import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * One virtual NIC as the inventory declares it.
 *
 * @param addresses IPv4 and IPv6 addresses that the vNIC may use; in the order given
 * @param segment name of the segment that it is plugged into
 * @param port where its frames come from on a host: {@code tap:NETNS/eth0}, {@code memory:NAME}
 * @param protection what else the VM may do and use
 * @param discovered addresses that hosts found it to have; see {@link AddressClaims}
 */
public record Vnic(
        VnicId id,
        MacAddress mac,
        List<InetAddress> addresses,
        String segment,
        String port,
        VnicProtection protection,
        List<DiscoveredAddress> discovered) {
    public Vnic {
        addresses = List.copyOf(addresses);
        // vNICs that were stored before there was a choice name none
        protection = protection == null ? VnicProtection.STRICT : protection.orStrict();
        // nor had they discovery; what is declared needs none
        discovered = discovered == null || !protection.discovers() ? List.of() : undeclared(discovered, addresses);
    }

    /** With declared addresses only. */
    public Vnic(
            VnicId id,
            MacAddress mac,
            List<InetAddress> addresses,
            String segment,
            String port,
            VnicProtection protection) {
        this(id, mac, addresses, segment, port, protection, List.of());
    }

    /** An end system with declared addresses. */
    public Vnic(VnicId id, MacAddress mac, List<InetAddress> addresses, String segment, String port) {
        this(id, mac, addresses, segment, port, VnicProtection.STRICT);
    }

    private static List<DiscoveredAddress> undeclared(List<DiscoveredAddress> discovered, List<InetAddress> declared) {
        return discovered.stream()
                .filter(each -> !declared.contains(each.address()))
                .toList();
    }

    public Vnic withProtection(VnicProtection newProtection) {
        return new Vnic(id, mac, addresses, segment, port, newProtection, discovered);
    }

    public Vnic withDiscovered(List<DiscoveredAddress> found) {
        return new Vnic(id, mac, addresses, segment, port, protection, found);
    }

    /** The vNIC as it is declared, whatever was discovered. */
    public Vnic declared() {
        return withDiscovered(List.of());
    }

    /** All that it counts as having: declared, and discovered where not held back. */
    public List<InetAddress> allAddresses() {
        if (discovered.isEmpty()) {
            return addresses;
        }
        List<InetAddress> all = new ArrayList<>(addresses);
        for (DiscoveredAddress each : discovered) {
            if (!each.held()) {
                all.add(each.address());
            }
        }
        return all;
    }

    /** Whether it counts as having the address because it was found with it. */
    boolean hasDiscovered(InetAddress address) {
        for (DiscoveredAddress each : discovered) {
            if (!each.held() && each.address().equals(address)) {
                return true;
            }
        }
        return false;
    }

    /** The same, with that address held back. */
    Vnic holding(InetAddress address) {
        return withDiscovered(discovered.stream()
                .map(each -> each.address().equals(address) ? each.withHeld(true) : each)
                .toList());
    }
}
