package io.portcullis.loadtest.lab;

import io.portcullis.datapath.port.PortException;
import io.portcullis.loadtest.vm.KernelSockets;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.kernel.NamespaceLab;
import io.portcullis.ports.kernel.PacketCapture;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Network namespaces as VMs, each with a persistent multi-queue TAP as its eth0, and a bridge as the fabric. The bridge forwards
 * tagged frames by MAC address alone, so MAC addresses must be unique across tenants here.
 * Needs root on Linux. Everything is named after this process; what a dead process left is removed at the start.
 */
public final class KernelLab implements FrameLab {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Pattern OWNED = Pattern.compile("pc([0-9]+)-.+");
    /** Frames that wait in a VM's queue while it is cut over. */
    private static final int VM_QUEUE_FRAMES = 10_000;

    private static final int UPLINK_QUEUE_FRAMES = 10_000;
    /** IFNAMSIZ, without the end. */
    private static final int MAX_DEVICE_NAME = 15;

    private static final int MAX_FRAME_BYTES = 2_048;

    private static final AtomicInteger LABS = new AtomicInteger();

    private final String prefix = prefix(LABS.getAndIncrement());
    private final NamespaceLab namespaces = new NamespaceLab(prefix);
    private final String fabric;
    private final Map<String, String> uplinks = new HashMap<>();
    private final List<KernelEnd> ends = new ArrayList<>();

    private KernelLab() throws IOException {
        try {
            fabric = namespaces.addFabric("fabric");
        } catch (IOException e) {
            namespaces.close();
            throw e;
        }
    }

    /** A process that has several at a time numbers those after the first. */
    private static String prefix(int number) {
        return "pc" + ProcessHandle.current().pid() + "-" + (number == 0 ? "" : number + "-");
    }

    /** Whether this process may make one: Linux, root, {@code ip}, and {@code /dev/net/tun}. */
    public static boolean isPossible() {
        return "root".equals(System.getProperty("user.name"))
                && Files.exists(Path.of("/dev/net/tun"))
                && Stream.of("/sbin/ip", "/usr/sbin/ip", "/bin/ip").anyMatch(path -> Files.isExecutable(Path.of(path)));
    }

    public static KernelLab create() throws IOException {
        removeWhatDeadProcessesLeft();
        return new KernelLab();
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
        String device = uplinks.get(host);
        if (device == null) {
            device = "up-" + host;
            if (device.length() > MAX_DEVICE_NAME) {
                device = "up-" + uplinks.size() + "-";
            }
            namespaces.addUplink(fabric, device, UPLINK_QUEUE_FRAMES);
            uplinks.put(host, device);
        }
        return "tap:" + fabric + "/" + device;
    }

    @Override
    public LabVm addVm(String name, MacAddress mac, List<InetAddress> addresses) throws IOException {
        String namespace = namespaces.addNamespace(name);
        namespaces.addNic(namespace, mac.toString(), VM_QUEUE_FRAMES);
        for (InetAddress address : addresses) {
            boolean isIpv4 = address instanceof Inet4Address;
            namespaces.in(
                    namespace, "addr add " + address.getHostAddress() + (isIpv4 ? "/24" : "/64 nodad") + " dev eth0");
        }
        namespaces.in(namespace, "link set eth0 up");
        return new LabVm(
                name,
                mac,
                addresses,
                "tap:" + namespace + "/eth0",
                new KernelSockets(namespace),
                "ip netns exec " + namespace);
    }

    @Override
    public WireEnd addEnd(String name, MacAddress mac) throws IOException {
        String namespace = namespaces.addNamespace(name);
        namespaces.addNic(namespace, mac.toString(), VM_QUEUE_FRAMES);
        namespaces.in(namespace, "link set eth0 up");
        KernelEnd end = KernelEnd.open("tap:" + namespace + "/eth0");
        ends.add(end);
        return end;
    }

    @Override
    public Observation observe(List<String> hosts, BiConsumer<String, byte[]> observer) throws IOException {
        Map<String, PacketCapture> captures = new HashMap<>();
        Observation all = () -> captures.forEach((host, capture) -> Captures.close("the uplink of " + host, capture));
        try {
            for (String host : hosts) {
                captures.put(host, PacketCapture.start(uplink(host), MAX_FRAME_BYTES, captured -> {
                    if (!captured.toHost()) {
                        observer.accept(host, captured.bytes());
                    }
                }));
            }
            return all;
        } catch (PortException e) {
            all.close();
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public UplinkWatch watch(String host, MacAddress mac) throws IOException {
        return KernelUplinkWatch.start(uplink(host), mac);
    }

    @Override
    public void close() {
        ends.forEach(KernelEnd::close);
        namespaces.close();
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
                    NamespaceLab.run("ip netns del " + name);
                }
            }
        }
    }
}
