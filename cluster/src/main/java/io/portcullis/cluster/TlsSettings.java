package io.portcullis.cluster;

import com.typesafe.config.Config;
import io.portcullis.cluster.NodeConfig.Endpoint;
import io.portcullis.cluster.NodeConfig.InvalidNodeConfigException;
import io.portcullis.pki.TlsFiles;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How nodes know each other: by certificates, or, on one machine, not at all. Whoever reaches a port that speaks in the clear can become part of
 * the cluster, so such a port is on loopback only, unless the operator says that the network between the hosts is closed.
 *
 * @param files null for a node without certificates
 * @param api whether the HTTP API is served with the certificate, too
 */
record TlsSettings(@Nullable TlsFiles files, boolean plaintextAllowed, boolean api) {
    private static final String ROOT = "portcullis.tls";
    private static final String ALLOW_PLAINTEXT = ROOT + ".allow-plaintext";
    private static final String API = "portcullis.admin.tls";
    private static final String API_ALLOW_PLAINTEXT = "portcullis.admin.allow-plaintext";
    private static final String ARTERY_BIND = "pekko.remote.artery.bind.hostname";
    private static final String JAVA_SERIALIZATION = "pekko.actor.allow-java-serialization";

    static TlsSettings of(Config config, Endpoint cluster, Endpoint tunnel, Endpoint admin) {
        if (config.getBoolean(JAVA_SERIALIZATION)) {
            throw new InvalidNodeConfigException(
                    JAVA_SERIALIZATION + " is on: a peer could run code of its choice; leave it off");
        }
        TlsSettings settings =
                new TlsSettings(files(config), config.getBoolean(ALLOW_PLAINTEXT), config.getBoolean(API));
        if (settings.files == null && !settings.plaintextAllowed) {
            checkLoopback("portcullis.cluster.address", cluster.address());
            checkLoopback("portcullis.data-path.tunnel.address", tunnel.address());
            String bind = config.getString(ARTERY_BIND);
            if (!bind.isEmpty()) {
                checkLoopback(ARTERY_BIND, bind);
            }
        }
        settings.checkApi(config, admin);
        return settings;
    }

    private void checkApi(Config config, Endpoint admin) {
        if (api && files == null) {
            throw new InvalidNodeConfigException(
                    API + " is on, but there is no certificate; set " + ROOT + ".ca, .cert and .key (portcullis ca)");
        }
        if (!api && !config.getBoolean(API_ALLOW_PLAINTEXT) && !isLoopback(admin.address())) {
            throw new InvalidNodeConfigException(
                    "portcullis.admin.host: " + admin.address() + " is not on loopback, and"
                            + " tokens would travel in the clear; set " + API + " = on, or " + API_ALLOW_PLAINTEXT
                            + " = true if something in front of it encrypts");
        }
    }

    private static @Nullable TlsFiles files(Config config) {
        List<String> keys = List.of("ca", "cert", "key");
        List<String> paths =
                keys.stream().map(key -> config.getString(ROOT + "." + key)).toList();
        if (paths.stream().allMatch(String::isEmpty)) {
            return null;
        }
        for (int i = 0; i < paths.size(); i++) {
            if (paths.get(i).isEmpty()) {
                throw new InvalidNodeConfigException(ROOT + "." + keys.get(i) + " is empty, others of " + ROOT
                        + " are not; all three files are needed (portcullis ca issue)");
            }
        }
        return new TlsFiles(Path.of(paths.get(0)), Path.of(paths.get(1)), Path.of(paths.get(2)));
    }

    private static void checkLoopback(String path, String address) {
        if (!isLoopback(address)) {
            throw new InvalidNodeConfigException(path + ": " + address + " is not on loopback, and whoever reaches it"
                    + " could become part of the cluster; set " + ROOT + ".ca, .cert and .key (portcullis ca), or "
                    + ALLOW_PLAINTEXT + " = true if nobody else is on that network");
        }
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }
}
