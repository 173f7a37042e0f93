package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.PortcullisClient;
import io.portcullis.api.VnicStatusView;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.traffic.ForbiddenProbe;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import io.portcullis.persistence.Checkpoints;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node is killed and started again, as its operator would: by its process. */
class KilledNodeTest {
    @Test
    void shouldEnforceAgainWithRulesAndConnections(@TempDir Path directory) throws Exception {
        try (MemoryLab lab = MemoryLab.create();
                HostProcess node = HostProcess.start(
                        lab.uplink(HostProcess.HOST), directory, "portcullis.checkpoint.interval=50ms")) {
            ScenarioTenant tenant;
            VnicStatusView before;
            try (PortcullisClient client = node.awaitReady()) {
                tenant = ScenarioTenant.create(lab, client, HostProcess.HOST, HostProcess.HOST);
                before = web(client);
            }
            var consumer = tenant.consumer().sockets();
            var web = tenant.web().sockets();
            try (IdleConnection idle = IdleConnection.open(consumer, web, tenant.web(true, 443));
                    TcpListener _ = web.listen(tenant.forbidden())) {
                idle.serverSpeaksFirst();
                Checkpoints checkpoints = new Checkpoints(node.checkpoints());
                MultiNodeScenario.until(
                        "the connection is in a checkpoint",
                        HostProcess.LIMIT,
                        () -> checkpoints
                                .read(ScenarioTenant.WEB_VNIC)
                                .filter(checkpoint -> checkpoint.table().entries() > 0)
                                .isPresent());
                ForbiddenProbe probe = ForbiddenProbe.start(consumer, tenant.forbidden());

                node.killAndStart();
                try (PortcullisClient client = node.awaitReady()) {
                    MultiNodeScenario.until(
                            "web-1 is enforced",
                            HostProcess.LIMIT,
                            () -> web(client).mode().equals("ENFORCING"));
                    VnicStatusView after = web(client);

                    idle.serverSpeaksFirst();
                    assertThat(after.connections()).isPositive();
                    assertThat(after.rulesHash()).isEqualTo(before.rulesHash()).isNotEmpty();
                    assertThat(after.policyRevision()).isGreaterThanOrEqualTo(before.policyRevision());
                    assertThat(after.epoch()).isEqualTo(before.epoch());
                    assertThat(client.vm(ScenarioTenant.NAME, ScenarioTenant.WEB)
                                    .placement()
                                    .phase())
                            .isEqualTo("PLACED");
                }
                ForbiddenProbe.Result attempts = probe.stop();
                assertThat(attempts.attempts()).isPositive();
                assertThat(attempts.admitted()).isZero();
            }
        }
    }

    private static VnicStatusView web(PortcullisClient client) {
        return client.vnic(ScenarioTenant.NAME, ScenarioTenant.WEB, "eth0").status();
    }
}
