package io.portcullis.loadtest.lab;

import io.portcullis.loadtest.vm.KernelSockets;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Network namespaces as VMs, each with a persistent multi-queue TAP as its eth0, and a bridge as the fabric. The bridge forwards
 * tagged frames by MAC address alone, so MAC addresses must be unique across tenants here.
 * Needs root on Linux. Everything is named after this process; what a dead process left is removed at the start.
 */
public final class KernelLab implements Lab {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Pattern OWNED = Pattern.compile("pc([0-9]+)-.+");
    /** Frames that wait in a VM's queue while it is cut over. */
    private static final int VM_QUEUE_FRAMES = 10_000;

    private static final int UPLINK_QUEUE_FRAMES = 10_000;
    private static final String BRIDGE = "br0";

    private final String prefix = "pc" + ProcessHandle.current().pid() + "-";
    private final String fabric = prefix + "fabric";
    private final List<String> namespaces = new ArrayList<>();
    private final Set<String> uplinks = new HashSet<>();

    private KernelLab() {}

    /** Whether this process may make one: Linux, root, {@code ip}, and {@code /dev/net/tun}. */
    public static boolean isPossible() {
        return "root".equals(System.getProperty("user.name"))
                && Files.exists(Path.of("/dev/net/tun"))
                && Stream.of("/sbin/ip", "/usr/sbin/ip", "/bin/ip").anyMatch(path -> Files.isExecutable(Path.of(path)));
    }

    public static KernelLab create() throws IOException {
        removeWhatDeadProcessesLeft();
        KernelLab lab = new KernelLab();
        try {
            lab.addNamespace(lab.fabric);
            lab.inNamespace(
                    lab.fabric, "link add " + BRIDGE + " type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
            lab.inNamespace(lab.fabric, "link set " + BRIDGE + " up");
        } catch (IOException e) {
            lab.close();
            throw e;
        }
        return lab;
    }

    @Override
    public String backend() {
        return "kernel";
    }

    @Override
    public String description() {
        return "real kernel TCP/IP: network namespaces " + prefix + "*, TAP devices, a Linux bridge";
    }

    @Override
    public String uplink(String host) throws IOException {
        String device = uplinkDevice(host);
        if (uplinks.add(host)) {
            inNamespace(fabric, "tuntap add dev " + device + " mode tap vnet_hdr");
            inNamespace(
                    fabric,
                    "link set " + device + " master " + BRIDGE + " txqueuelen " + UPLINK_QUEUE_FRAMES
                            + " addrgenmode none up");
        }
        return "tap:" + fabric + "/" + device;
    }

    @Override
    public LabVm addVm(String name, MacAddress mac, List<InetAddress> addresses) throws IOException {
        String namespace = prefix + name;
        addNamespace(namespace);
        inNamespace(namespace, "link set lo up");
        inNamespace(namespace, "tuntap add dev eth0 mode tap multi_queue vnet_hdr");
        inNamespace(namespace, "link set eth0 address " + mac + " txqueuelen " + VM_QUEUE_FRAMES + " addrgenmode none");
        for (InetAddress address : addresses) {
            boolean isIpv4 = address instanceof Inet4Address;
            inNamespace(
                    namespace, "addr add " + address.getHostAddress() + (isIpv4 ? "/24" : "/64 nodad") + " dev eth0");
        }
        inNamespace(namespace, "link set eth0 up");
        return new LabVm(
                name,
                mac,
                addresses,
                "tap:" + namespace + "/eth0",
                new KernelSockets(namespace),
                "ip netns exec " + namespace);
    }

    @Override
    public UplinkWatch watch(String host, MacAddress mac) throws IOException {
        return KernelUplinkWatch.start(uplink(host), mac);
    }

    @Override
    public void close() {
        for (String namespace : namespaces.reversed()) {
            try {
                run("ip", "netns", "del", namespace);
            } catch (IOException e) {
                System.err.println("portcullis: " + e.getMessage());
            }
        }
        namespaces.clear();
    }

    private static String uplinkDevice(String host) {
        return "up-" + host;
    }

    private void addNamespace(String namespace) throws IOException {
        run("ip", "netns", "add", namespace);
        namespaces.add(namespace);
    }

    private void inNamespace(String namespace, String command) throws IOException {
        List<String> words = new ArrayList<>(List.of("ip", "-n", namespace));
        words.addAll(Arrays.asList(command.split(" ", -1)));
        run(words.toArray(String[]::new));
    }

    private static void removeWhatDeadProcessesLeft() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        try (Stream<Path> entries = Files.list(NAMESPACES)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                Matcher matcher = OWNED.matcher(name);
                if (matcher.matches()
                        && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()) {
                    run("ip", "netns", "del", name);
                }
            }
        }
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("'" + String.join(" ", command) + "' failed: " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during '" + String.join(" ", command) + "'", e);
        }
    }
}
