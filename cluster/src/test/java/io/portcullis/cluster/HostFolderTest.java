package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFolderTest {
    @TempDir
    private Path dataDirectory;

    @Test
    void shouldRefuseASecondProcessOfTheSameHost() throws NodeStartException {
        try (HostFolder first = HostFolder.open(config("host-1"))) {
            assertThatThrownBy(() -> HostFolder.open(config("host-1")))
                    .isInstanceOf(NodeStartException.class)
                    .hasMessageContaining("host host-1 runs already");
            try (HostFolder other = HostFolder.open(config("host-2"))) {
                assertThat(other.checkpoints()).isNotEqualTo(first.checkpoints());
            }
        }
        HostFolder.open(config("host-1")).close();
    }

    @Test
    void shouldSayWhichFolderCannotBeMade() throws Exception {
        Files.writeString(dataDirectory.resolve("hosts"), "a file");

        assertThatThrownBy(() -> HostFolder.open(config("host-1")))
                .isInstanceOf(NodeStartException.class)
                .hasMessageContaining("hosts/host-1");
    }

    private NodeConfig config(String host) {
        return NodeConfig.load(null, Map.of("portcullis.host", host, "portcullis.data-dir", dataDirectory.toString()));
    }
}
