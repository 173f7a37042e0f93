package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.portcullis.api.HostView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.persistence.testkit.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes get SIGTERM, as from an operator, systemd or Ctrl-C. One of the two is of the next minor version of the protocol, as in the middle of an upgrade: it
 * joins, has VMs, hands them over and shares the journal.
 */
class StopSignalTest {
    private static final String STAYS = "host-1";
    private static final String LEAVES = "host-2";

    @Test
    void shouldResumeInPlaceUnlessItIsToLeave(@TempDir Path directory) throws Exception {
        int port = FreePorts.next();
        String seeds = "portcullis.cluster.seeds-list=127.0.0.1:" + port;
        Path next = Files.writeString(
                directory.resolve("next-minor.conf"), """
                    portcullis.protocol-version = "%s"
                    pekko.serialization.jackson.jackson-modules += "%s"
                    """.formatted(nextMinor(), NextMinorModule.class.getName()));
        try (MemoryLab lab = MemoryLab.create();
                HostProcess first = HostProcess.start(STAYS, port, lab.uplink(STAYS), directory, seeds);
                PortcullisClient client = first.awaitReady();
                HostProcess second = HostProcess.start(
                        LEAVES, FreePorts.next(), lab.uplink(LEAVES), directory, seeds, "--config=" + next)) {
            second.awaitReady().close();
            ScenarioTenant.create(lab, client, LEAVES, STAYS);

            first.terminate();
            second.terminate();
            first.awaitEnd();
            second.awaitEnd();
            first.startAgain();
            first.awaitReady().close();
            second.startAgain("portcullis.cluster.at-stop=leave");
            second.awaitReady().close();
            assertThat(web(client)).isEqualTo(new PlacementView(LEAVES, 1, "PLACED", null));
            assertThat(client.migrations(null, 10))
                    .as("nobody evacuated to anybody")
                    .isEmpty();

            second.terminate();
            assertThat(second.awaitEnd()).as("it has left").isZero();
            MultiNodeScenario.until(
                    "host-2 has left",
                    HostProcess.LIMIT,
                    () -> client.hosts().stream().map(HostView::name).noneMatch(LEAVES::equals));
            assertThat(web(client)).isEqualTo(new PlacementView(STAYS, 2, "PLACED", null));
            assertThat(client.migrations(null, 10))
                    .singleElement()
                    .satisfies(move -> assertThat(move.requestedBy()).contains("signal to host-2"))
                    .satisfies(move -> assertThat(move.state()).isEqualTo("COMMITTED"));
        }
    }

    private static String nextMinor() {
        String[] version = ConfigFactory.parseResources("application.conf")
                .getString("portcullis.protocol-version")
                .split("\\.");
        return version[0] + "." + (Integer.parseInt(version[1]) + 1);
    }

    private static PlacementView web(PortcullisClient client) {
        return client.vm(ScenarioTenant.NAME, ScenarioTenant.WEB).placement();
    }
}
