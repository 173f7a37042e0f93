package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.PortException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** Network namespaces with names of their own, removed at the end. */
final class KernelLab implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final String prefix = "pct" + ProcessHandle.current().pid() + "x" + NEXT.incrementAndGet();
    private final List<String> namespaces = new ArrayList<>();

    /** Skips the test where real ports are not possible, and says why. */
    static KernelLab openOrSkip() {
        boolean possible = System.getProperty("os.name").equals("Linux")
                && "root".equals(System.getProperty("user.name"))
                && Files.exists(Path.of("/dev/net/tun"));
        if (!possible) {
            System.out.println("skipped: kernel ports need Linux, root and /dev/net/tun");
        }
        Assumptions.assumeTrue(possible, "kernel ports need Linux, root and /dev/net/tun");
        return new KernelLab();
    }

    String namespace(String role) {
        String name = prefix + role;
        run("ip netns add " + name);
        namespaces.add(name);
        ip(name, "link set lo up");
        run("ip netns exec " + name
                + " sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        return name;
    }

    void ip(String namespace, String command) {
        run("ip -n " + namespace + " " + command);
    }

    /** Runs a command and returns what it printed. */
    static String run(String command) {
        try {
            Process process = new ProcessBuilder(command.split(" "))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(command + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new IllegalStateException(command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(command, e);
        }
    }

    /** A VM: a namespace whose eth0 is a persistent multi-queue TAP. */
    String vm(String role, String address, String mac) throws PortException {
        String name = namespace(role);
        ip(name, "tuntap add dev eth0 mode tap multi_queue vnet_hdr");
        ip(name, "link set dev eth0 address " + mac + " txqueuelen 5000 up");
        ip(name, "addr add " + address + "/24 dev eth0");
        return name;
    }

    /** A fabric: a namespace with a bridge and one uplink TAP per name. */
    String fabric(String... uplinks) {
        String name = namespace("f");
        ip(name, "link add br0 type bridge stp_state 0 mcast_snooping 0");
        ip(name, "link set br0 up");
        for (String uplink : uplinks) {
            ip(name, "tuntap add dev " + uplink + " mode tap vnet_hdr");
            ip(name, "link set dev " + uplink + " txqueuelen 5000 master br0 up");
        }
        return name;
    }

    @Override
    public void close() {
        for (String namespace : namespaces) {
            run("ip netns del " + namespace);
        }
    }
}
