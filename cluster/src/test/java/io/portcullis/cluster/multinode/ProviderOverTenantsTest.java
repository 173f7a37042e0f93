package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.EvaluationView.VerdictView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.RealizationView;
import io.portcullis.api.RevisionView;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.TokenRequest;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The provider's policies come before a tenant's on every host, and the tenant cannot get past them. */
class ProviderOverTenantsTest {
    @Test
    void shouldEnforceTheProvidersPoliciesAboveATenantsOnEveryHost(@TempDir Path directory) throws Exception {
        MultiNodeRunner.run(Scenario.class, 2, directory);
    }

    static final class Scenario extends ClusterScenario {
        private static final Duration CONNECT = Duration.ofMillis(500);
        private static final Duration QUIET = Duration.ofMillis(300);
        /** More than a message between nodes takes. */
        private static final int RULES = 3_000;

        private static final String DENY_WEB = """
            kind: Group
            metadata: {name: zebra-web}
            spec:
              members: {tag: "app:web"}
            ---
            kind: Policy
            metadata: {name: zebra-guard}
            spec:
              category: APPLICATION
              rules:
                - {name: zebra-cut, destinations: [zebra-web], services: [http], action: DROP, liveFlows: RECHECK}
            """;
        private static final String ALLOW_FORBIDDEN = """
            kind: Service
            metadata: {name: management}
            spec:
              entries: [{protocol: tcp, ports: [8081]}]
            ---
            kind: Policy
            metadata: {name: operations}
            spec:
              category: EMERGENCY
              rules:
                - {name: management, services: [management], action: ALLOW}
            """;
        private static final String DROP_ALL = """
            kind: Policy
            metadata: {name: closed}
            spec:
              category: EMERGENCY
              rules:
                - {name: all, services: [any], action: DROP}
            """;
        private static final String EXCLUSION = """
            kind: Exclusion
            metadata: {name: everything}
            spec: {vms: [web-1, client-1]}
            """;

        Scenario() {
            super(new HostsConfig(2, """
                pekko.remote.artery.advanced { maximum-frame-size = 256 KiB, maximum-large-frame-size = 256 KiB }
                pekko.serialization.jackson.jackson-cbor.compression.algorithm = off
                """));
        }

        @Override
        void play() throws Exception {
            if (isRole(config.host(1))) {
                startLab();
            }
            barrier("lab");
            startHost();
            barrier("started");
            if (isRole(config.host(1))) {
                ScenarioTenant tenant = ScenarioTenant.create(lab(), client(config.host(1)), "host-2", "host-1");
                cutAFlowThatTheTenantAllows(tenant);
                hideWhatTheyAre();
                letNoExclusionPass(tenant);
                allowWhatTheTenantForbids(tenant);
                giveLargePoliciesToEveryTenant();
            }
            barrier("played");
            close();
        }

        /** What the provider says through one node is so at once for VMs of both. */
        private void apply(String documents) throws Exception {
            long revision = client(config.host(2)).apply("provider", documents).revision();
            client(config.host(1)).awaitRealized("provider", revision, LIMIT);
        }

        private void cutAFlowThatTheTenantAllows(ScenarioTenant tenant) throws Exception {
            var web = tenant.web().sockets();
            var consumer = tenant.consumer().sockets();
            TcpStream stream = TcpStream.start(consumer, web, tenant.web(false, 80), 200);
            try (IdleConnection other = IdleConnection.open(consumer, web, tenant.web(false, 443))) {
                until("the stream goes on", LIMIT, () -> stream.receivedBytes() > 10_000);

                apply(DENY_WEB);

                // what was on its way inside the VM may still come, from the network comes nothing
                long realized = stream.receivedBytes();
                TimeUnit.NANOSECONDS.sleep(QUIET.toNanos());
                assertThat(stream.receivedBytes()).isEqualTo(realized);
                stream.abandon();
                other.serverSpeaksFirst();
            }
            assertThatThrownBy(() -> consumer.connect(tenant.web(false, 80), CONNECT))
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(client(config.host(1)).hits("provider", null, 10).rules())
                    .singleElement()
                    .satisfies(rule -> {
                        assertThat(rule.policy()).isEqualTo("zebra-guard");
                        assertThat(rule.hits()).isPositive();
                    });
            RealizationView view = client(config.host(1)).realization("provider");
            assertThat(view.realized()).isTrue();
            assertThat(view.tenants().items()).singleElement().satisfies(acme -> {
                assertThat(acme.tenant()).isEqualTo(ScenarioTenant.NAME);
                assertThat(acme.adopted()).isEqualTo(view.revision());
            });
        }

        private void hideWhatTheyAre() {
            PortcullisClient operator = client(config.host(1));
            String secret =
                    String.valueOf(operator.createToken(new TokenRequest("acme", "admin", ScenarioTenant.NAME, null))
                            .secret());
            EvaluateRequest http = EvaluateRequest.ofPort(ScenarioTenant.CONSUMER, ScenarioTenant.WEB, "tcp", 80);
            assertThat(verdict(operator, http).rule().policy()).isEqualTo("provider/zebra-guard");
            try (PortcullisClient acme = PortcullisClient.connect(operator.base(), secret)) {
                VerdictView verdict = verdict(acme, http);
                assertThat(verdict.verdict()).isEqualTo("DROP");
                assertThat(verdict.cause()).isEqualTo("PROVIDER");
                assertThat(verdict.toString()).doesNotContain("zebra");
                assertThat(acme.trace(ScenarioTenant.NAME, http).toString())
                        .contains("PROVIDER")
                        .doesNotContain("zebra");
                var rules = acme.rules(ScenarioTenant.NAME, ScenarioTenant.WEB, "eth0");
                assertThat(rules.providerRules()).isTrue();
                assertThat(rules.toString()).doesNotContain("zebra");
                RevisionView newest = acme.revisions(ScenarioTenant.NAME)
                        .history(null, 1)
                        .items()
                        .getFirst();
                assertThat(newest.by()).isEqualTo("provider");
                assertThat(newest.summary()).startsWith("adopted provider revision ");
                assertThatThrownBy(() -> acme.tenant("provider")).hasMessageContaining("there is no tenant");
            }
        }

        private static VerdictView verdict(PortcullisClient client, EvaluateRequest request) {
            return client.evaluate(ScenarioTenant.NAME, request)
                    .paths()
                    .getFirst()
                    .source();
        }

        private void letNoExclusionPass(ScenarioTenant tenant) throws Exception {
            PortcullisClient operator = client(config.host(1));
            long revision = operator.apply(ScenarioTenant.NAME, EXCLUSION).revision();
            operator.awaitRealized(ScenarioTenant.NAME, revision, LIMIT);
            assertThatThrownBy(() -> connect(tenant, 80)).isInstanceOf(SocketTimeoutException.class);

            long undone = operator.delete(ScenarioTenant.NAME, "exclusions", "everything")
                    .revision();
            operator.awaitRealized(ScenarioTenant.NAME, undone, LIMIT);
        }

        private void allowWhatTheTenantForbids(ScenarioTenant tenant) throws Exception {
            PortcullisClient operator = client(config.host(1));
            long revision = operator.apply(ScenarioTenant.NAME, DROP_ALL).revision();
            operator.awaitRealized(ScenarioTenant.NAME, revision, LIMIT);
            assertThatThrownBy(() -> connect(tenant, 443)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> connect(tenant, 8081)).isInstanceOf(IOException.class);

            apply(ALLOW_FORBIDDEN);

            connect(tenant, 8081);
            assertThatThrownBy(() -> connect(tenant, 443)).isInstanceOf(IOException.class);
        }

        private static void connect(ScenarioTenant tenant, int port) throws IOException {
            var address = tenant.web(false, port);
            TcpListener listener = tenant.web().sockets().listen(address);
            try {
                tenant.consumer().sockets().connect(address, CONNECT).close();
            } finally {
                listener.close();
            }
        }

        /** They are many times what a message between nodes takes, and a tenant that is made now begins with them. */
        private void giveLargePoliciesToEveryTenant() throws Exception {
            PortcullisClient operator = client(config.host(1));
            apply("kind: Policy\nmetadata: {name: large}\nspec:\n  category: APPLICATION\n  rules:\n"
                    + IntStream.range(0, RULES)
                            .mapToObj(rule -> "    - {name: r" + rule + ", sources: [172.16." + rule / 256 + "."
                                    + rule % 256 + "], services: [https], direction: IN, action: DROP}\n")
                            .collect(Collectors.joining()));
            operator.putTenant("globex", new TenantSpec("DROP", "strict"));

            assertThat(operator.rules(ScenarioTenant.NAME, ScenarioTenant.WEB, "eth0")
                            .rules())
                    .hasSizeGreaterThan(RULES);
            assertThat(operator.revisions("globex").history(null, 10).items())
                    .extracting(RevisionView::summary)
                    .containsExactly(
                            "adopted provider revision "
                                    + operator.tenant("provider").revision(),
                            "tenant created");
            assertThat(operator.realization("provider").tenants().count()).isEqualTo(2);
        }
    }
}
