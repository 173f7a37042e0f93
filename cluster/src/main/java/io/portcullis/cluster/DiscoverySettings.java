package io.portcullis.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.cluster.NodeConfig.Endpoint;
import io.portcullis.cluster.NodeConfig.InvalidNodeConfigException;
import java.util.List;
import java.util.Map;

/**
 * How nodes find each other where no seeds are named: each asks what the method knows, then the nodes that it found. None of them forms a cluster before
 * so many of them agree that there is none.
 *
 * @param method of Pekko Discovery; {@code none} for seeds
 * @param contact where a node answers others that look for it
 * @param nodes that must be found before a cluster is formed
 */
record DiscoverySettings(String method, String service, Endpoint contact, int nodes) {
    private static final String ROOT = "portcullis.discovery";
    private static final String METHOD = ROOT + ".method";
    private static final String NONE = "none";
    private static final String BOOTSTRAP = "pekko.management.cluster.bootstrap";

    static DiscoverySettings of(Config config, boolean hasSeeds) {
        DiscoverySettings settings = new DiscoverySettings(
                config.getString(METHOD),
                config.getString(ROOT + ".service"),
                Endpoint.of(config, "portcullis.cluster.address", ROOT + ".port"),
                config.getInt(ROOT + ".nodes"));
        if (settings.enabled()) {
            settings.check(config, hasSeeds);
        }
        return settings;
    }

    boolean enabled() {
        return !method.equals(NONE);
    }

    private void check(Config config, boolean hasSeeds) {
        if (hasSeeds) {
            throw new InvalidNodeConfigException(
                    METHOD + " is " + method + ", and there are portcullis.cluster.seeds; use one of them");
        }
        if (!config.hasPath("pekko.discovery." + method + ".class")) {
            throw new InvalidNodeConfigException(METHOD + ": '" + method + "' is unknown; use none, config, pekko-dns,"
                    + " kubernetes-api or aggregate");
        }
        if (service.isEmpty()) {
            throw new InvalidNodeConfigException(ROOT + ".service is empty; name what is to be looked up");
        }
        if (nodes < 1) {
            throw new InvalidNodeConfigException(ROOT + ".nodes is " + nodes + "; it must be at least 1");
        }
    }

    /** What Pekko makes of it; goes before all else. */
    Config system() {
        if (!enabled()) {
            return ConfigFactory.empty();
        }
        return ConfigFactory.parseMap(
                Map.of(
                        "pekko.cluster.seed-nodes",
                        List.of(),
                        "pekko.discovery.method",
                        method,
                        "pekko.management.http.hostname",
                        contact.address(),
                        "pekko.management.http.port",
                        contact.port(),
                        // Nothing but what nodes that look for each other need.
                        "pekko.management.http.routes.health-checks",
                        "",
                        BOOTSTRAP + ".contact-point-discovery.discovery-method",
                        method,
                        BOOTSTRAP + ".contact-point-discovery.service-name",
                        service,
                        BOOTSTRAP + ".contact-point-discovery.required-contact-point-nr",
                        nodes,
                        BOOTSTRAP + ".contact-point.fallback-port",
                        contact.port()),
                ROOT);
    }
}
