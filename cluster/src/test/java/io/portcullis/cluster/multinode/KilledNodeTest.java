package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.api.HitsView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.VnicStatusView;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.traffic.ForbiddenProbe;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.Database;
import io.portcullis.persistence.JdbcRuleHitStore;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.compile.RuleIds;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node is killed and started again, as its operator would: by its process. */
class KilledNodeTest {
    @Test
    void shouldEnforceAgainWithRulesAndConnections(@TempDir Path directory) throws Exception {
        try (MemoryLab lab = MemoryLab.create();
                HostProcess node = HostProcess.start(
                        lab.uplink(HostProcess.HOST), directory, "portcullis.rule-hits.interval=50ms")) {
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
                SavedTable whole = awaitSaved(node, table -> table.entries() >= 1);
                // with the default interval: what was opened more than a second ago is in the next round
                try (IdleConnection later = IdleConnection.open(consumer, web, tenant.web(false, 443))) {
                    awaitSaved(
                            node,
                            table -> table.entries() > whole.entries()
                                    && table.parts().size() > whole.parts().size());
                    HitsView.Rule counted;
                    try (PortcullisClient client = node.awaitReady()) {
                        counted = hits(client).rules().getFirst();
                    }
                    awaitWritten(directory, counted.hits());
                    assertThat(counted.hits()).isPositive();
                    ForbiddenProbe probe = ForbiddenProbe.start(consumer, tenant.forbidden());

                    node.killAndStart();
                    try (PortcullisClient client = node.awaitReady()) {
                        MultiNodeScenario.until(
                                "web-1 is enforced",
                                HostProcess.LIMIT,
                                () -> web(client).mode().equals("ENFORCING"));
                        VnicStatusView after = web(client);

                        idle.serverSpeaksFirst();
                        later.serverSpeaksFirst();
                        assertThat(client.host(HostProcess.HOST).counters())
                                .as("it says how long it took")
                                .containsKeys("checkpoint.restored-connections", "checkpoint.millis-to-enforcing");
                        HitsView hits = hits(client);
                        assertThat(hits.rules().getFirst().hits()).isGreaterThanOrEqualTo(counted.hits());
                        assertThat(hits.countedSince()).as("nothing was missed").isNull();
                        assertThat(hits.complete()).isTrue();
                        assertThat(after.connections()).isPositive();
                        assertThat(after.rulesHash())
                                .isEqualTo(before.rulesHash())
                                .isNotEmpty();
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
    }

    /** A restart would find such a table of web-1, and the whole of it. */
    private static SavedTable awaitSaved(HostProcess node, Predicate<SavedTable> condition) {
        Checkpoints checkpoints = new Checkpoints(node.checkpoints());
        AtomicReference<SavedTable> found = new AtomicReference<>(SavedTable.EMPTY);
        MultiNodeScenario.until("the connection is in a checkpoint", HostProcess.LIMIT, () -> {
            checkpoints.read(ScenarioTenant.WEB_VNIC).map(Checkpoint::table).ifPresent(found::set);
            return condition.test(found.get());
        });
        return found.get();
    }

    /** What rules counted is in the node's database. */
    private static void awaitWritten(Path directory, long hits) {
        Config settings = ConfigFactory.load(ConfigFactory.parseString("portcullis.data-dir = \"" + directory + "\""))
                .getConfig("portcullis.database");
        long rule = RuleIds.of(ScenarioTenant.WEB_VNIC.tenant(), "shop", "web");
        try (Database database = Database.open(settings, Runnable::run)) {
            RuleHitStore store = new JdbcRuleHitStore(database);
            MultiNodeScenario.until(
                    "hits are written",
                    HostProcess.LIMIT,
                    () -> store.listByTenant(ScenarioTenant.WEB_VNIC.tenant()).toCompletableFuture().join().stream()
                            .flatMap(row -> row.hits().rules().stream())
                            .anyMatch(hit -> hit.ruleId() == rule && hit.hits() >= hits));
        }
    }

    private static HitsView hits(PortcullisClient client) {
        return client.hits(ScenarioTenant.NAME, "shop", 10);
    }

    private static VnicStatusView web(PortcullisClient client) {
        return client.vnic(ScenarioTenant.NAME, ScenarioTenant.WEB, "eth0").status();
    }
}
