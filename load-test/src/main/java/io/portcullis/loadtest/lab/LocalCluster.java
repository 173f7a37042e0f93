package io.portcullis.loadtest.lab;

import io.portcullis.api.PortcullisClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Hosts on this machine, each a process. One thread; {@link #close} stops them and removes their files. */
public final class LocalCluster implements AutoCloseable {
    public static final Duration START_LIMIT = Duration.ofMinutes(3);

    /** Distance between the ports of two hosts. */
    private static final int PORT_STEP = 10;

    private final Lab lab;
    private final int basePort;
    private final NodeJvm jvm;
    private final List<String> settings;
    private final Path folder;
    private final Map<String, NodeProcess> nodes = new LinkedHashMap<>();

    /**
     * A cluster of no hosts yet.
     *
     * @param basePort the first host's first port; each takes three in a row of ten
     * @param jvm of each host
     */
    public LocalCluster(Lab lab, int basePort, NodeJvm jvm) throws IOException {
        this(lab, basePort, jvm, List.of());
    }

    /**
     * As above.
     *
     * @param settings of each host, {@code path=value}, in which <code>{host}</code> stands for its name
     */
    public LocalCluster(Lab lab, int basePort, NodeJvm jvm, List<String> settings) throws IOException {
        this.settings = List.copyOf(settings);
        this.lab = lab;
        this.basePort = basePort;
        this.jvm = jvm;
        this.folder = Files.createTempDirectory("portcullis-");
    }

    /** Starts hosts and waits until all are ready and every node has heard of them. The first one started forms the cluster. */
    public void start(String... hosts) throws IOException, InterruptedException {
        for (String host : hosts) {
            NodeProcess node = nodes.get(host);
            if (node == null) {
                int firstPort = basePort + PORT_STEP * nodes.size();
                checkFree(firstPort);
                node = NodeProcess.of(host, firstPort, seeds(), lab, folder, jvm, settings);
                nodes.put(host, node);
            }
            node.start();
            if (nodes.size() == 1) {
                node.awaitReady(START_LIMIT);
            }
        }
        for (String host : hosts) {
            node(host).awaitReady(START_LIMIT);
        }
        for (NodeProcess node : nodes.values()) {
            if (node.isAlive()) {
                node.awaitSeesUp(List.of(hosts), START_LIMIT);
            }
        }
    }

    public NodeProcess node(String host) {
        NodeProcess node = nodes.get(host);
        if (node == null) {
            throw new IllegalArgumentException("no host " + host);
        }
        return node;
    }

    /** A client of the first host's API. */
    public PortcullisClient client() throws IOException {
        return nodes.values().iterator().next().client();
    }

    public Path folder() {
        return folder;
    }

    /** Copies what the hosts have logged so far into a folder, which is made if it is not there: one file for each. */
    public void copyLogs(Path to) throws IOException {
        Files.createDirectories(to);
        for (NodeProcess node : nodes.values()) {
            Path log = node.log();
            if (Files.exists(log)) {
                Files.copy(log, to.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Override
    public void close() {
        nodes.values().forEach(NodeProcess::requestStop);
        nodes.values().forEach(NodeProcess::awaitStop);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.err.println("portcullis: " + folder + " could not be removed: " + e.getMessage());
        }
    }

    private String seeds() {
        return "127.0.0.1:" + basePort + ",127.0.0.1:" + (basePort + PORT_STEP);
    }

    private static void checkFree(int firstPort) throws IOException {
        for (int port = firstPort; port < firstPort + 3; port++) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (IOException e) {
                throw new IOException("port " + port + " is in use; choose others with --port-base", e);
            }
        }
    }
}
