package io.portcullis.cluster.multinode;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/** How often the nodes of a test look after what changed in their cluster. */
final class Pace {
    private Pace() {}

    static Config config() {
        return ConfigFactory.parseResources("cluster-pace.conf");
    }

    /** As settings of a node, each {@code key=value}. */
    static String[] settings() {
        return config().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue().unwrapped())
                .toArray(String[]::new);
    }
}
