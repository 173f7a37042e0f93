package io.portcullis.cluster.multinode;

import io.portcullis.loadtest.lab.KernelLab;
import io.portcullis.loadtest.lab.Lab;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.vm.KernelSockets;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.kernel.NamespaceLab;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link KernelLab} whose hosts have devices of their own, as two machines have: each host is a network namespace, and its process sees that one under the name that
 * all hosts use in the ports of vNICs. A guest has, at each host, a bridge with two ports: the TAP device that the firewall holds, and what the guest is connected by.
 */
final class SplitHostsLab implements Lab {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final int QUEUE_FRAMES = 10_000;

    private final KernelLab kernel;
    private final String prefix = "pc" + ProcessHandle.current().pid() + "-at-";
    private final NamespaceLab namespaces = new NamespaceLab(prefix);
    private final Path here = NAMESPACES.resolve(prefix + "here");
    private final Map<String, String> hosts = new HashMap<>();

    private SplitHostsLab(KernelLab kernel) {
        this.kernel = kernel;
    }

    static SplitHostsLab create(String... hosts) throws IOException {
        SplitHostsLab lab = new SplitHostsLab(KernelLab.create());
        try {
            for (String host : hosts) {
                lab.hosts.put(host, lab.namespaces.addNamespace(host));
            }
            Files.createFile(lab.here);
            return lab;
        } catch (IOException failed) {
            lab.close();
            throw failed;
        }
    }

    /** The namespace that is the host. */
    String namespace(String host) {
        String namespace = hosts.get(host);
        if (namespace == null) {
            throw new IllegalArgumentException("no host " + host);
        }
        return namespace;
    }

    /** Name of the bridge of a guest, at each host. */
    static String bridge(String guest) {
        return "br-" + guest;
    }

    /** Makes bridge and firewall's device of a guest at each host; the port of its vNIC. */
    String addGuest(String guest) throws IOException {
        String device = "fw-" + guest;
        for (String host : hosts.values()) {
            namespaces.in(
                    host, "link add " + bridge(guest) + " type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
            namespaces.in(host, "link set " + bridge(guest) + " addrgenmode none up");
            namespaces.in(host, "tuntap add dev " + device + " mode tap multi_queue vnet_hdr");
            connect(host, guest, device);
        }
        return "tap:" + here.getFileName() + "/" + device;
    }

    /** Makes the TAP device of an emulator at each host. */
    void addEmulatorDevice(String guest, String device) throws IOException {
        for (String host : hosts.values()) {
            namespaces.in(host, "tuntap add dev " + device + " mode tap vnet_hdr");
            connect(host, guest, device);
        }
    }

    /** Makes a guest that is a namespace, with a veth pair whose other end is {@code device} at the host. */
    LabVm addNamespaceGuest(String guest, String device, String host, MacAddress mac, InetAddress address)
            throws IOException {
        String port = addGuest(guest);
        String namespace = namespaces.addNamespace(guest);
        namespaces.in(
                namespace(host),
                "link add " + device + " type veth peer name eth0 address " + mac + " netns " + namespace);
        connect(namespace(host), guest, device);
        namespaces.in(namespace, "addr add " + address.getHostAddress() + "/24 dev eth0");
        namespaces.in(namespace, "link set dev eth0 addrgenmode none up");
        return new LabVm(
                guest, mac, List.of(address), port, new KernelSockets(namespace), "ip netns exec " + namespace);
    }

    private void connect(String host, String guest, String device) throws IOException {
        namespaces.in(
                host,
                "link set dev " + device + " master " + bridge(guest) + " txqueuelen " + QUEUE_FRAMES
                        + " addrgenmode none up");
    }

    @Override
    public String backend() {
        return kernel.backend();
    }

    @Override
    public String description() {
        return kernel.description() + ", hosts apart from each other";
    }

    @Override
    public String uplink(String host) throws IOException {
        return kernel.uplink(host);
    }

    @Override
    public List<String> launcher(String host) {
        String script = "mount --bind " + NAMESPACES.resolve(namespace(host)) + " " + here + " && exec \"$@\"";
        return List.of("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh");
    }

    @Override
    public LabVm addVm(String name, MacAddress mac, List<InetAddress> addresses) throws IOException {
        return kernel.addVm(name, mac, addresses);
    }

    @Override
    public UplinkWatch watch(String host, MacAddress mac) throws IOException {
        return kernel.watch(host, mac);
    }

    @Override
    public void close() {
        namespaces.close();
        try {
            Files.deleteIfExists(here);
        } catch (IOException e) {
            System.err.println("SplitHostsLab: " + here + " could not be removed: " + e.getMessage());
        }
        kernel.close();
    }
}
