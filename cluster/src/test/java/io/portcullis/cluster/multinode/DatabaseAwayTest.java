package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.api.ApiException;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.VmView;
import io.portcullis.api.VnicStatusView;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.traffic.ForbiddenProbe;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.persistence.testkit.PostgresServer;
import io.portcullis.persistence.testkit.TestCertificates;
import io.portcullis.persistence.testkit.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes as an operator runs them, with PostgreSQL behind TLS, which breaks off and comes back. */
class DatabaseAwayTest {
    private static final String HOST_1 = HostProcess.HOST;
    private static final String HOST_2 = "host-2";

    @BeforeAll
    static void onlyWithPostgresql() {
        assumeTrue(PostgresServer.isInstalled(), "PostgreSQL is not installed");
    }

    @Test
    void shouldEnforceAndRefuseChangesWhileTheDatabaseIsAwayAndGoOnByItself(@TempDir Path directory) throws Exception {
        TestCertificates certificates = TestCertificates.create(directory.resolve("certificates"), "localhost");
        try (PostgresServer server = PostgresServer.start(certificates);
                MemoryLab lab = MemoryLab.create()) {
            String seed = "127.0.0.1:" + FreePorts.next();
            String[] settings = settings(TestDatabase.withTls(server, certificates), seed);
            int port = Integer.parseInt(seed.split(":", -1)[1]);
            try (HostProcess first =
                            HostProcess.start(HOST_1, port, lab.uplink(HOST_1), directory.resolve(HOST_1), settings);
                    HostProcess second = HostProcess.start(
                            HOST_2, FreePorts.next(), lab.uplink(HOST_2), directory.resolve(HOST_2), settings);
                    PortcullisClient one = first.awaitReady();
                    PortcullisClient two = second.awaitReady()) {
                MultiNodeScenario.until(
                        "both are up", HostProcess.LIMIT, () -> one.hosts().size() == 2);
                play(server, lab, one, two);
            }
        }
    }

    private static void play(PostgresServer server, MemoryLab lab, PortcullisClient one, PortcullisClient two)
            throws Exception {
        ScenarioTenant tenant = ScenarioTenant.create(lab, one, HOST_1, HOST_2);
        var consumer = tenant.consumer().sockets();
        var web = tenant.web().sockets();
        try (IdleConnection idle = IdleConnection.open(consumer, web, tenant.web(true, 443));
                TcpListener _ = web.listen(tenant.forbidden())) {
            ForbiddenProbe probe = ForbiddenProbe.start(consumer, tenant.forbidden());
            assertThat(two.vms(ScenarioTenant.NAME)).hasSize(2);
            long before = one.tenant(ScenarioTenant.NAME).revision();
            // it may or may not come to its end before the database breaks off
            String move =
                    one.migrate(ScenarioTenant.id(ScenarioTenant.WEB), HOST_2).id();
            server.stopAtOnce();

            idle.serverSpeaksFirst();
            assertRefused(() -> tag(one, "state:new"));
            assertRefused(() -> two.migrate(ScenarioTenant.id(ScenarioTenant.CONSUMER), HOST_1));
            assertShown(one);
            assertShown(two);
            idle.serverSpeaksFirst();

            server.start();
            MultiNodeScenario.until("changes are taken again", HostProcess.LIMIT, () -> isTagged(one));
            assertThat(one.tenant(ScenarioTenant.NAME).revision()).isGreaterThan(before);
            MigrationView moved = one.awaitMigration(move, HostProcess.LIMIT);
            assertThat(moved.ended()).isNotNull();
            String next = moved.state().equals("COMMITTED") ? HOST_1 : HOST_2;
            MigrationView back = two.awaitMigration(
                    two.migrate(ScenarioTenant.id(ScenarioTenant.WEB), next).id(), HostProcess.LIMIT);
            assertThat(back.state()).isEqualTo("COMMITTED");

            idle.serverSpeaksFirst();
            ForbiddenProbe.Result attempts = probe.stop();
            assertThat(attempts.attempts()).isPositive();
            assertThat(attempts.admitted()).isZero();
        }
    }

    /** What runs is shown: lists of VMs come from the hosts then, and say as of when. */
    private static void assertShown(PortcullisClient client) {
        assertThat(client.hosts()).allSatisfy(host -> assertThat(host.status()).isEqualTo(PlacementView.UP));
        // one of them may just be handed over
        MultiNodeScenario.until(
                "all are shown by the word of their hosts",
                HostProcess.LIMIT,
                () -> client.vms(ScenarioTenant.NAME).stream()
                        .allMatch(vm -> vm.placement().phase().equals("PLACED")
                                && vm.placement().asOf() != null));
        VmView described = client.vm(ScenarioTenant.NAME, ScenarioTenant.CONSUMER);
        assertThat(described.placement().host()).isEqualTo(HOST_2);
        assertThat(described.vnics())
                .allSatisfy(vnic -> assertThat(vnic.status())
                        .isNotNull()
                        .extracting(VnicStatusView::mode)
                        .isEqualTo("ENFORCING"));
    }

    private static void tag(PortcullisClient client, String tag) {
        client.tag(ScenarioTenant.NAME, ScenarioTenant.CONSUMER, List.of(tag), List.of());
    }

    private static boolean isTagged(PortcullisClient client) {
        try {
            tag(client, "state:later");
            return true;
        } catch (ApiException refused) {
            assertThat(refused.status()).isEqualTo(503);
            return false;
        }
    }

    private static void assertRefused(ThrowingCallable change) {
        ApiException refused = catchThrowableOfType(ApiException.class, change);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.problem().code()).isEqualTo("store-unavailable");
        assertThat(refused.problem().detail()).contains("database");
    }

    private static String[] settings(TestDatabase database, String seed) {
        List<String> settings = new java.util.ArrayList<>(List.of("portcullis.cluster.seeds-list=" + seed));
        database.overrides()
                .entrySet()
                .forEach(entry ->
                        settings.add(entry.getKey() + "=" + entry.getValue().unwrapped()));
        return settings.toArray(String[]::new);
    }
}
