package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.portcullis.cluster.NodeConfig.InvalidNodeConfigException;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.runtime.DataPathSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeConfigTest {
    @TempDir
    Path folder;

    @Test
    void shouldTakeTheDefaultsAndMakeTheDataDirectoryAbsolute() {
        NodeConfig config = NodeConfig.load(null, Map.of("portcullis.data-dir", "some/where"));

        assertThat(config.host()).hasToString("host-1");
        assertThat(config.dataDirectory()).isEqualTo(Path.of("some/where").toAbsolutePath());
        assertThat(config.system().getString("portcullis.database.url"))
                .startsWith("jdbc:h2:file:" + config.dataDirectory());
        assertThat(config.system().getString("portcullis.admin.token-file"))
                .isEqualTo(config.dataDirectory() + "/admin.token");
        assertThat(config.seeds()).containsExactly("127.0.0.1:7301");
        assertThat(config.checksums()).isEqualTo(DataPathSettings.Checksums.VERIFIED);
    }

    @Test
    void shouldTrustTheChecksumsOfThePortsThatAreNamed() {
        NodeConfig config = NodeConfig.load(null, Map.of("portcullis.data-path.checksums.uplink", "trust"));

        assertThat(config.checksums().uplink()).isEqualTo(ChecksumTrust.ALL);
        assertThat(config.checksums().vmPorts()).isEqualTo(ChecksumTrust.DECLARED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        portcullis.limits.max-vnic        | 3          | did you mean portcullis.limits.max-vnics?
        portcullis.cluster.sedes-list     | a:1        | did you mean portcullis.cluster.seeds-list?
        portcullis.migration.paralel      | 3          | portcullis.migration.parallel
        portculis.host                    | a          | did you mean portcullis?
        portcullis.limits.max-vnics       | many       | portcullis.limits.max-vnics has type STRING
        portcullis.limits.max-vnics       | 0          | must be at least 1
        portcullis.checkpoint.interval    | 0s         | must be at least 10ms
        portcullis.checkpoint.max-bytes-per-second | 1 KiB | must be at least 64 KiB
        portcullis.rule-hits.interval     | 1ms        | must be at least 10ms
        portcullis.admin.port             | 70000      | portcullis.admin.port: 70000 is no port
        portcullis.host                   | Host_1     | portcullis.host: 'Host_1' is no name
        portcullis.cluster.seeds-list     | foo        | write host:port
        portcullis.cluster.address        | 10.0.0.1   | 10.0.0.1 is not on loopback, and whoever reaches it could become part of the cluster
        portcullis.data-path.tunnel.address | 10.0.0.1 | portcullis.data-path.tunnel.address: 10.0.0.1 is not on loopback
        pekko.remote.artery.bind.hostname | 0.0.0.0    | 0.0.0.0 is not on loopback
        portcullis.admin.host             | 10.0.0.1   | tokens would travel in the clear
        portcullis.admin.tls              | on         | portcullis.admin.tls is on, but there is no certificate
        portcullis.discovery.method       | dns        | 'dns' is unknown; use none, config, pekko-dns
        portcullis.tls.ca                 | ca.crt     | portcullis.tls.cert is empty
        pekko.actor.allow-java-serialization | on      | a peer could run code of its choice
        portcullis.data-path.checksums.uplink | maybe  | neither verify nor trust
        portcullis.data-path.backend      | fpga       | neither kernel nor memory
        portcullis.data-path.backend      | memory     | 'tap:/uplink' is no uplink of the memory backend
        """)
    void shouldSayWhatIsWrongAndHowToMendIt(String key, String value, String words) {
        assertThatExceptionOfType(InvalidNodeConfigException.class)
                .isThrownBy(() -> NodeConfig.load(null, Map.of(key, value)))
                .withMessageContaining(words);
    }

    @Test
    void shouldSpeakTlsOnlyWhereThereAreCertificates() {
        Map<String, String> secured = Map.of(
                "portcullis.tls.ca", "ca.crt",
                "portcullis.tls.cert", "node.crt",
                "portcullis.tls.key", "node.key",
                "portcullis.cluster.address", "10.0.0.1",
                "portcullis.data-path.tunnel.address", "10.0.0.1",
                // What an operator says of the transport does not open the port.
                "pekko.remote.artery.transport", "tcp");
        Map<String, String> open =
                Map.of("portcullis.tls.allow-plaintext", "true", "portcullis.cluster.address", "10.0.0.1");

        assertThat(NodeConfig.load(null, secured).system().getString("pekko.remote.artery.transport"))
                .isEqualTo("tls-tcp");
        assertThat(NodeConfig.load(null, open).system().getString("pekko.remote.artery.transport"))
                .isEqualTo("tcp");
        assertThat(NodeConfig.load(null, open).system().getBoolean("pekko.actor.allow-java-serialization"))
                .isFalse();
    }

    @Test
    void shouldNameFileAndLineOfAMistake() throws IOException {
        Path file = Files.writeString(folder.resolve("node.conf"), "portcullis {\n  limits { max-vncs = 3 }\n}\n");
        Path broken = Files.writeString(folder.resolve("broken.conf"), "portcullis { host = \n");

        assertThatExceptionOfType(InvalidNodeConfigException.class)
                .isThrownBy(() -> NodeConfig.load(file, Map.of()))
                .withMessageContaining("node.conf: 2: portcullis.limits.max-vncs is no setting");
        assertThatExceptionOfType(InvalidNodeConfigException.class)
                .isThrownBy(() -> NodeConfig.load(broken, Map.of()))
                .withMessageContaining("broken.conf: 2");
        assertThatExceptionOfType(InvalidNodeConfigException.class)
                .isThrownBy(() -> NodeConfig.load(folder.resolve("none.conf"), Map.of()))
                .withMessageContaining("cannot be read");
    }
}
