package io.portcullis.loadtest.lab;

import io.portcullis.loadtest.vm.VmSockets;
import io.portcullis.policy.MacAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

/**
 * A VM of a {@link Lab}.
 *
 * @param port specification that the cluster opens the vNIC's port by
 * @param shell how a person runs a command inside, or empty where there is no inside
 */
public record LabVm(
        String name, MacAddress mac, List<InetAddress> addresses, String port, VmSockets sockets, String shell) {
    public LabVm {
        addresses = List.copyOf(addresses);
    }

    /** The address of a family. */
    public InetAddress address(boolean ipv6) {
        return addresses.stream()
                .filter(address -> address instanceof Inet4Address != ipv6)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(name + " has no IPv" + (ipv6 ? 6 : 4) + " address"));
    }
}
