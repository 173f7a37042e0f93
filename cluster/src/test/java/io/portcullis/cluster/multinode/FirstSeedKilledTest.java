package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.HostView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.persistence.testkit.FreePorts;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The node that forms clusters is killed and starts again, and none of the other seeds answers it: it must not form a second cluster over the same
 * database, as one of them is alive.
 */
class FirstSeedKilledTest {
    private static final String FIRST = "host-1";
    private static final String OTHER = "host-2";

    @Test
    void shouldComeBackToItsClusterAndFormNone(@TempDir Path directory) throws Exception {
        int firstPort = FreePorts.next();
        int otherPort = FreePorts.next();
        String seeds = seeds(firstPort, otherPort);
        try (MemoryLab lab = MemoryLab.create();
                HostProcess first = HostProcess.start(FIRST, firstPort, lab.uplink(FIRST), directory, seeds);
                PortcullisClient client = first.awaitReady();
                HostProcess other = HostProcess.start(OTHER, otherPort, lab.uplink(OTHER), directory, seeds);
                PortcullisClient otherClient = other.awaitReady()) {
            first.kill();
            first.startAgain(seeds(firstPort, FreePorts.next()));
            first.awaitReady().close();

            for (PortcullisClient each : new PortcullisClient[] {client, otherClient}) {
                MultiNodeScenario.until(
                        "both are seen by each",
                        HostProcess.LIMIT,
                        () -> each.hosts().stream()
                                .allMatch(host -> host.status().equals("UP")));
                assertThat(each.hosts()).extracting(HostView::name).containsExactly(FIRST, OTHER);
            }
        }
    }

    private static String seeds(int first, int second) {
        return "portcullis.cluster.seeds-list=127.0.0.1:%d,127.0.0.1:%d".formatted(first, second);
    }
}
