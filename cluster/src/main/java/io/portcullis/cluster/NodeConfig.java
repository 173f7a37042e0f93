package io.portcullis.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValueFactory;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.HostDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a node was told to be, read once at start-up and checked whole. Sources, highest first: command line, system
 * properties, the operator's file, environment, {@code application.conf}.
 *
 * @param seeds addresses ({@code host:port}) to join through; never empty
 * @param system the whole configuration, for the actor system
 */
record NodeConfig(
        HostId host,
        Path dataDirectory,
        Backend backend,
        String uplink,
        Endpoint cluster,
        Endpoint admin,
        Endpoint tunnel,
        List<String> seeds,
        int maxVnics,
        int maxConnectionsPerVnic,
        Duration checkpointInterval,
        Config system) {

    /** Kind of ports. */
    enum Backend {
        /** TAP devices of this machine's kernel. */
        KERNEL,
        /** Ports of a fabric process over loopback sockets. */
        MEMORY
    }

    /** Address that a node listens on. */
    record Endpoint(String address, int port) {
        static Endpoint of(Config config, String addressKey) {
            int port = config.getInt("port");
            if (port < 0 || port > 65_535) {
                throw new InvalidNodeConfigException(
                        config.origin().description() + ": port " + port + " is not between 0 and 65,535");
            }
            return new Endpoint(config.getString(addressKey), port);
        }
    }

    /** The configuration is wrong; the message says what, where and how to mend it. */
    static final class InvalidNodeConfigException extends RuntimeException {
        InvalidNodeConfigException(String message) {
            super(message);
        }
    }

    /**
     * @param file the operator's file, or null
     * @param overrides keys and values from the command line
     */
    static NodeConfig load(@Nullable Path file, Map<String, String> overrides) {
        try {
            Config operator = ConfigFactory.empty();
            if (file != null) {
                if (!Files.isReadable(file)) {
                    throw new InvalidNodeConfigException("configuration file " + file + " cannot be read");
                }
                operator = ConfigFactory.parseFile(
                        file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
            }
            Config commandLine = ConfigFactory.parseMap(overrides, "command line");
            return of(commandLine
                    .withFallback(ConfigFactory.defaultOverrides())
                    .withFallback(operator)
                    .withFallback(ConfigFactory.parseResources("application.conf"))
                    .withFallback(ConfigFactory.defaultReferenceUnresolved())
                    .resolve());
        } catch (ConfigException e) {
            throw new InvalidNodeConfigException("configuration: " + e.getMessage());
        }
    }

    /** From a resolved configuration. */
    static NodeConfig of(Config config) {
        Config own = config.getConfig("portcullis");
        HostId host = hostId(own.getString("host"));
        Endpoint cluster = Endpoint.of(own.getConfig("cluster"), "address");
        List<String> seeds = new ArrayList<>(own.getStringList("cluster.seeds"));
        for (String seed : own.getString("cluster.seeds-list").split(",", -1)) {
            if (!seed.isBlank()) {
                seeds.add(seed.strip());
            }
        }
        if (seeds.isEmpty()) {
            seeds.add(cluster.address() + ":" + cluster.port());
        }
        Config system = config.withValue(
                        "pekko.cluster.roles",
                        ConfigValueFactory.fromIterable(
                                List.of(HostDirectory.HOST_ROLE, HostDirectory.HOST_ID_ROLE_PREFIX + host)))
                .withValue("pekko.cluster.seed-nodes", ConfigValueFactory.fromIterable(seedNodes(seeds)));
        return new NodeConfig(
                host,
                Path.of(own.getString("data-dir")),
                backend(own.getString("data-path.backend")),
                own.getString("data-path.uplink"),
                cluster,
                Endpoint.of(own.getConfig("admin"), "host"),
                Endpoint.of(own.getConfig("data-path.tunnel"), "address"),
                List.copyOf(seeds),
                positive(own, "limits.max-vnics"),
                positive(own, "limits.max-connections-per-vnic"),
                own.getDuration("checkpoint.interval"),
                system);
    }

    private static List<String> seedNodes(List<String> seeds) {
        List<String> nodes = new ArrayList<>();
        for (String seed : seeds) {
            if (!seed.matches("[^:/@]+:[0-9]{1,5}")) {
                throw new InvalidNodeConfigException(
                        "portcullis.cluster.seeds: '" + seed + "' is no address; write host:port");
            }
            nodes.add("pekko://" + PortcullisNode.SYSTEM_NAME + "@" + seed);
        }
        return nodes;
    }

    private static HostId hostId(String name) {
        try {
            return new HostId(name);
        } catch (IllegalArgumentException e) {
            throw new InvalidNodeConfigException("portcullis.host: " + e.getMessage());
        }
    }

    private static Backend backend(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "kernel" -> Backend.KERNEL;
            case "memory" -> Backend.MEMORY;
            default ->
                throw new InvalidNodeConfigException(
                        "portcullis.data-path.backend: '" + name + "' is neither kernel nor memory");
        };
    }

    private static int positive(Config config, String path) {
        int value = config.getInt(path);
        if (value < 1) {
            throw new InvalidNodeConfigException("portcullis." + path + " is " + value + "; it must be at least 1");
        }
        return value;
    }
}
