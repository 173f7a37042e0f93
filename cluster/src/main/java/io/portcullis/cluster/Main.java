package io.portcullis.cluster;

import io.portcullis.cluster.NodeConfig.InvalidNodeConfigException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code portcullis node}: one host of the cluster, until SIGTERM. */
@Command(
        name = "portcullis node",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs one host of the cluster in the foreground until SIGTERM, which checkpoints and stops without"
                + " evacuating; with portcullis.cluster.at-stop=leave it evacuates and leaves the cluster first, and a"
                + " second SIGTERM stops it at once.",
            ""
        },
        footer = {
            "",
            "Exit status: 0 stopped or left, 2 wrong usage or configuration, 3 cannot start here (the reason is said).",
            "",
            "  portcullis node --host host-1 --data-dir /var/lib/portcullis --uplink tap:/up0",
            "  portcullis node --host host-2 --seeds 10.0.0.1:7301 --config /etc/portcullis/node.conf",
        })
public final class Main implements Callable<Integer> {
    static final int CANNOT_START = 3;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings (HOCON); the README says where all are listed.")
    private @Nullable Path config;

    @Option(names = "--host", paramLabel = "NAME", description = "Name of this host.")
    private @Nullable String host;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "Journal, checkpoints, admin token.")
    private @Nullable String dataDirectory;

    @Option(names = "--cluster-port", paramLabel = "PORT", description = "For other nodes.")
    private @Nullable String clusterPort;

    @Option(names = "--admin-port", paramLabel = "PORT", description = "For the HTTP API.")
    private @Nullable String adminPort;

    @Option(names = "--tunnel-port", paramLabel = "PORT", description = "For other hosts' data paths.")
    private @Nullable String tunnelPort;

    @Option(
            names = "--seeds",
            paramLabel = "HOST:PORT,…",
            description = "Nodes to join through; the first one forms the cluster.")
    private @Nullable String seeds;

    @Option(names = "--backend", paramLabel = "KIND", description = "kernel or memory.")
    private @Nullable String backend;

    @Option(
            names = "--uplink",
            paramLabel = "SPEC",
            description = "tap:NETNS/DEVICE, tap:/DEVICE or memory:HOST:PORT/NAME.")
    private @Nullable String uplink;

    @Option(
            names = "--end-with",
            paramLabel = "PID",
            hidden = true,
            description =
                    "End when the process with this id ends: for hosts that another program runs, such as the demo.")
    private long endWith;

    @Option(
            names = "-D",
            paramLabel = "KEY=VALUE",
            description = "Any other setting, for example -D portcullis.limits.max-vnics=10.")
    private Map<String, String> settings = new LinkedHashMap<>();

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        NodeConfig node;
        try {
            node = NodeConfig.load(config, overrides());
        } catch (InvalidNodeConfigException e) {
            System.err.println("portcullis node: " + e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        if (endWith != 0) {
            endWithProcess(endWith);
        }
        // Before the first logger: every line says which host speaks.
        System.setProperty("portcullis.log.host", node.host().value());
        try {
            return PortcullisNode.run(node);
        } catch (NodeStartException e) {
            System.err.println("portcullis node: " + e.getMessage());
            return CANNOT_START;
        }
    }

    private static void endWithProcess(long id) {
        Thread.ofPlatform().daemon().name("end-with-" + id).start(() -> {
            ProcessHandle.of(id).ifPresent(process -> process.onExit().join());
            System.exit(0);
        });
    }

    private Map<String, String> overrides() {
        Map<String, String> overrides = new LinkedHashMap<>(settings);
        put(overrides, "portcullis.host", host);
        put(overrides, "portcullis.data-dir", dataDirectory);
        put(overrides, "portcullis.cluster.port", clusterPort);
        put(overrides, "portcullis.admin.port", adminPort);
        put(overrides, "portcullis.data-path.tunnel.port", tunnelPort);
        put(overrides, "portcullis.cluster.seeds-list", seeds);
        put(overrides, "portcullis.data-path.backend", backend);
        put(overrides, "portcullis.data-path.uplink", uplink);
        return overrides;
    }

    private static void put(Map<String, String> overrides, String key, @Nullable String value) {
        if (value != null) {
            overrides.put(key, value);
        }
    }
}
