package io.portcullis.ports.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Network namespaces with TAP devices and a bridge, made with {@code ip} (iproute2), for labs on one machine: a namespace is a VM or
 * the fabric between hosts. Needs root on Linux. Commands block; one thread.
 */
public final class NamespaceLab implements AutoCloseable {
    private static final String BRIDGE = "br0";
    private static final long COMMAND_LIMIT_SECONDS = 20;

    private final String prefix;
    private final List<String> namespaces = new ArrayList<>();

    /**
     * @param prefix begins the name of every namespace
     */
    public NamespaceLab(String prefix) {
        this.prefix = prefix;
    }

    /** Makes a namespace and returns its name. */
    public String addNamespace(String role) throws IOException {
        String name = prefix + role;
        run("ip netns add " + name);
        namespaces.add(name);
        in(name, "link set lo up");
        return name;
    }

    /** Makes a namespace with a bridge that neither learns multicast nor runs spanning tree; returns its name. */
    public String addFabric(String role) throws IOException {
        String name = addNamespace(role);
        in(name, "link add " + BRIDGE + " type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
        in(name, "link set " + BRIDGE + " addrgenmode none up");
        return name;
    }

    /** Makes a TAP with one queue on the bridge of a fabric. */
    public void addUplink(String fabric, String device, int queueFrames) throws IOException {
        in(fabric, "tuntap add dev " + device + " mode tap vnet_hdr");
        in(
                fabric,
                "link set dev " + device + " master " + BRIDGE + " txqueuelen " + queueFrames + " addrgenmode none up");
    }

    /** Makes the persistent multi-queue TAP that is a VM's eth0; it is not up yet. */
    public void addNic(String namespace, String mac, int queueFrames) throws IOException {
        in(namespace, "tuntap add dev eth0 mode tap multi_queue vnet_hdr");
        in(namespace, "link set dev eth0 address " + mac + " txqueuelen " + queueFrames + " addrgenmode none");
    }

    /** Runs {@code ip -n NAMESPACE COMMAND}. */
    public void in(String namespace, String command) throws IOException {
        run("ip -n " + namespace + " " + command);
    }

    /**
     * Runs a command, whose words are separated by one blank each, and returns what it printed.
     *
     * @throws IOException if it fails; the message has what it printed
     */
    public static String run(String command) throws IOException {
        Process process = new ProcessBuilder(command.split(" ", -1))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(COMMAND_LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("'" + command + "' failed: " + output.strip());
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during '" + command + "'", e);
        }
    }

    /** Removes all namespaces, and with them what is in them; what cannot be removed is said and left. */
    @Override
    public void close() {
        for (String namespace : namespaces.reversed()) {
            try {
                run("ip netns del " + namespace);
            } catch (IOException e) {
                System.err.println("portcullis: " + e.getMessage());
            }
        }
        namespaces.clear();
    }
}
