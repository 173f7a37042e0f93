package io.portcullis.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValueFactory;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.persistence.DatabaseSettings;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.HostDirectory;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
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
 * @param seeds addresses ({@code host:port}) to join through; empty only with a discovery
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
        TlsSettings tls,
        DataPathSettings.Checksums checksums,
        List<String> seeds,
        DiscoverySettings discovery,
        int maxVnics,
        ConnectionLimits connectionLimits,
        Duration checkpointInterval,
        long checkpointBytesPerSecond,
        Duration ruleHitsInterval,
        Config system) {

    private static final String BACKEND = "portcullis.data-path.backend";
    private static final String UPLINK = "portcullis.data-path.uplink";
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(10);
    private static final long LOWEST_CHECKPOINT_RATE = 64 * 1_024;

    /** Kind of ports. */
    enum Backend {
        /** TAP devices of this machine's kernel. */
        KERNEL,
        /** Ports of a fabric process over loopback sockets. */
        MEMORY
    }

    /** Address that a node listens on. */
    record Endpoint(String address, int port) {
        private static final int MAX_PORT = 65_535;

        static Endpoint of(Config config, String addressPath, String portPath) {
            int port = config.getInt(portPath);
            if (port < 0 || port > MAX_PORT) {
                throw new InvalidNodeConfigException(
                        portPath + ": " + port + " is no port; use 1 to " + MAX_PORT + ", or 0 for any that is free");
            }
            return new Endpoint(config.getString(addressPath), port);
        }

        @Override
        public String toString() {
            return address + ":" + port;
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
            Config defaults = ConfigFactory.parseResources("application.conf")
                    .withFallback(ConfigFactory.defaultReferenceUnresolved());
            KnownSettings known = new KnownSettings(defaults.resolve());
            known.checkRoots(commandLine);
            known.checkRoots(operator);
            Config whole = commandLine
                    .withFallback(ConfigFactory.defaultOverrides())
                    .withFallback(operator)
                    .withFallback(defaults)
                    .resolve();
            known.check(whole);
            return of(withAbsoluteDataDirectory(commandLine
                    .withFallback(ConfigFactory.defaultOverrides())
                    .withFallback(operator)
                    .withFallback(defaults)));
        } catch (ConfigException e) {
            throw new InvalidNodeConfigException("configuration: " + e.getMessage());
        }
    }

    /** The database takes no path that depends on where a process happens to be started. */
    private static Config withAbsoluteDataDirectory(Config unresolved) {
        String path = unresolved.resolve().getString("portcullis.data-dir");
        Path absolute;
        try {
            absolute = Path.of(path).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new InvalidNodeConfigException("portcullis.data-dir: '" + path + "' is no path: " + e.getReason());
        }
        if (absolute.toString().indexOf(';') >= 0) {
            throw new InvalidNodeConfigException(
                    "portcullis.data-dir: '" + path + "' has a semicolon, which the database cannot open; use another");
        }
        return unresolved
                .withValue("portcullis.data-dir", ConfigValueFactory.fromAnyRef(absolute.toString()))
                .resolve();
    }

    private static Config withJournal(Config config) {
        try {
            return DatabaseSettings.withJournal(config);
        } catch (IllegalArgumentException e) {
            throw new InvalidNodeConfigException(String.valueOf(e.getMessage()));
        }
    }

    /** From a resolved configuration. */
    static NodeConfig of(Config given) {
        Config config = withJournal(given);
        HostId host = hostId(config.getString("portcullis.host"));
        Endpoint cluster = Endpoint.of(config, "portcullis.cluster.address", "portcullis.cluster.port");
        List<String> seeds = new ArrayList<>(config.getStringList("portcullis.cluster.seeds"));
        for (String seed : config.getString("portcullis.cluster.seeds-list").split(",", -1)) {
            if (!seed.isBlank()) {
                seeds.add(seed.strip());
            }
        }
        checkSeeds(seeds);
        DiscoverySettings discovery = DiscoverySettings.of(config, !seeds.isEmpty());
        if (seeds.isEmpty() && !discovery.enabled()) {
            seeds.add(cluster.address() + ":" + cluster.port());
        }
        Endpoint tunnel =
                Endpoint.of(config, "portcullis.data-path.tunnel.address", "portcullis.data-path.tunnel.port");
        Endpoint admin = Endpoint.of(config, "portcullis.admin.host", "portcullis.admin.port");
        TlsSettings tls = TlsSettings.of(config, cluster, tunnel, admin);
        Config system = discovery
                .system()
                .withFallback(config)
                .withValue(
                        "pekko.cluster.roles",
                        ConfigValueFactory.fromIterable(List.of(
                                HostDirectory.HOST_ROLE,
                                HostDirectory.HOST_ID_ROLE_PREFIX + host,
                                HostDirectory.PROTOCOL_ROLE_PREFIX + config.getString(ProtocolVersionChecker.KEY))))
                .withValue(
                        "pekko.remote.artery.transport",
                        ConfigValueFactory.fromAnyRef(tls.files() == null ? "tcp" : "tls-tcp"));
        return new NodeConfig(
                host,
                Path.of(config.getString("portcullis.data-dir")),
                backend(config),
                config.getString(UPLINK),
                cluster,
                admin,
                tunnel,
                tls,
                new DataPathSettings.Checksums(trust(config, "vm-ports"), trust(config, "uplink")),
                List.copyOf(seeds),
                discovery,
                positive(config, "portcullis.limits.max-vnics"),
                connectionLimits(config),
                atLeast(config, "portcullis.checkpoint.interval", SHORTEST_INTERVAL),
                checkpointRate(config),
                atLeast(config, "portcullis.rule-hits.interval", SHORTEST_INTERVAL),
                system);
    }

    private static ConnectionLimits connectionLimits(Config config) {
        return new ConnectionLimits(
                positive(config, "portcullis.limits.max-connections-per-vnic"),
                positive(config, "portcullis.limits.max-half-open-per-vnic"),
                positive(config, "portcullis.limits.max-unanswered-per-vnic"),
                positive(config, "portcullis.limits.max-new-connections-per-second-per-vnic"));
    }

    int maxConnectionsPerVnic() {
        return connectionLimits.connections();
    }

    private static void checkSeeds(List<String> seeds) {
        for (String seed : seeds) {
            if (!seed.matches("[^:/@]+:[0-9]{1,5}")) {
                throw new InvalidNodeConfigException(
                        "portcullis.cluster.seeds: '" + seed + "' is no address; write host:port");
            }
        }
    }

    private static HostId hostId(String name) {
        try {
            return new HostId(name);
        } catch (IllegalArgumentException e) {
            throw new InvalidNodeConfigException("portcullis.host: " + e.getMessage());
        }
    }

    private static Backend backend(Config config) {
        String name = config.getString(BACKEND);
        Backend backend = switch (name.toLowerCase(Locale.ROOT)) {
            case "kernel" -> Backend.KERNEL;
            case "memory" -> Backend.MEMORY;
            default -> throw new InvalidNodeConfigException(BACKEND + ": '" + name + "' is neither kernel nor memory");
        };
        String uplink = config.getString(UPLINK);
        String prefix = backend == Backend.KERNEL ? "tap:" : "memory:";
        if (!uplink.startsWith(prefix)) {
            throw new InvalidNodeConfigException(UPLINK + ": '" + uplink + "' is no uplink of the "
                    + backend.name().toLowerCase(Locale.ROOT) + " backend; write "
                    + (backend == Backend.KERNEL ? "tap:NETNS/DEVICE or tap:/DEVICE" : "memory:HOST:PORT/NAME")
                    + ", or set " + BACKEND);
        }
        return backend;
    }

    private static ChecksumTrust trust(Config config, String ports) {
        String path = "portcullis.data-path.checksums." + ports;
        String value = config.getString(path);
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "verify" -> ChecksumTrust.DECLARED;
            case "trust" -> ChecksumTrust.ALL;
            default -> throw new InvalidNodeConfigException(path + ": '" + value + "' is neither verify nor trust");
        };
    }

    private static int positive(Config config, String path) {
        int value = config.getInt(path);
        if (value < 1) {
            throw new InvalidNodeConfigException(path + " is " + value + "; it must be at least 1");
        }
        return value;
    }

    private static long checkpointRate(Config config) {
        String path = "portcullis.checkpoint.max-bytes-per-second";
        long value = config.getBytes(path);
        if (value < LOWEST_CHECKPOINT_RATE) {
            throw new InvalidNodeConfigException(path + " is "
                    + config.getValue(path).unwrapped() + "; it must be at least " + LOWEST_CHECKPOINT_RATE / 1_024
                    + " KiB");
        }
        return value;
    }

    private static Duration atLeast(Config config, String path, Duration least) {
        Duration value = config.getDuration(path);
        if (value.compareTo(least) < 0) {
            throw new InvalidNodeConfigException(path + " is "
                    + config.getValue(path).unwrapped() + "; it must be at least " + least.toMillis() + "ms");
        }
        return value;
    }
}
