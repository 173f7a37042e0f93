package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.HitsView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.MoveView;
import io.portcullis.api.Moves;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.cluster.HostUnderTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.pekko.remote.testconductor.RoleName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A VM goes round three hosts while its connections are in use. The hosts speak TLS, their data paths too. */
class MigrationBetweenNodesTest {
    @Test
    void shouldKeepEveryConnectionWhileAVmGoesRoundThreeHosts(@TempDir Path directory) throws Exception {
        HostsConfig.issueCertificates(directory, 3);
        MultiNodeRunner.run(Scenario.class, 3, directory);
    }

    static final class Scenario extends ClusterScenario {
        /** Content type of a record (RFC 8446, section 5.1). */
        private static final int TLS_ALERT = 21;

        /** One call of a hypervisor. */
        private static final Duration WAIT = Duration.ofSeconds(5);

        /** Who enforces after the hypervisor's moves, the first of which is the last of these before. */
        private final List<String> afterwards = new ArrayList<>();

        Scenario() {
            super(HostsConfig.secured(3));
        }

        @Override
        void play() throws Exception {
            if (isRole(config.host(1))) {
                startLab();
            }
            barrier("lab");
            HostUnderTest host = startHost();
            barrier("started");
            if (isRole(config.host(1))) {
                assertThat(firstByteToPlainPeer(host.tunnel()))
                        .as("the tunnel's answer to plain text: an alert of TLS")
                        .isEqualTo(TLS_ALERT);
                migrateUnderTraffic();
            }
            barrier("migrated");
            stopWatch();
            barrier("watched");
            if (isRole(config.host(1))) {
                assertThat(assertOneEnforcer())
                        .startsWith(
                                "host-2 with epoch 1",
                                "host-3 with epoch 2",
                                "host-1 with epoch 3",
                                "host-2 with epoch 4",
                                "host-1 with epoch 5",
                                "host-3 with epoch 6",
                                "host-1 with epoch 7")
                        .endsWith(afterwards.toArray(String[]::new));
            }
            close();
        }

        private static int firstByteToPlainPeer(InetSocketAddress tunnel) throws IOException {
            try (Socket plain = new Socket(tunnel.getAddress(), tunnel.getPort())) {
                plain.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
                plain.getOutputStream().write("no handshake at all".getBytes(StandardCharsets.US_ASCII));
                return plain.getInputStream().read();
            }
        }

        private void migrateUnderTraffic() throws Exception {
            ScenarioTenant tenant = ScenarioTenant.create(lab(), client(config.host(1)), "host-2", "host-1");
            Instant start = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            ScenarioTraffic traffic = ScenarioTraffic.start(tenant);
            assertPlaced(ScenarioTenant.WEB, config.host(2), 1, config.hosts());
            long epoch = 1;
            long hits = 0;
            for (int number : List.of(3, 1, 2, 1, 3)) {
                RoleName to = config.host(number);
                // Any node takes the order.
                RoleName asked = config.host(1 + (int) (epoch % 3));
                MigrationView begun = client(asked).migrate(ScenarioTenant.id(ScenarioTenant.WEB), to.name());
                MigrationView move = client(config.host(1)).awaitMigration(begun.id(), LIMIT);
                epoch++;
                ReceiptView receipt = assertLossless(move);
                assertThat(receipt.epochAfter()).isEqualTo(epoch);
                assertThat(receipt.rounds()).as("before the cut").isPositive();
                assertPlaced(ScenarioTenant.WEB, to, epoch, config.hosts());
                traffic.awaitProgress();
                long now = hits(client(asked)).hits();
                assertThat(now).as("hits wherever the VM is").isPositive().isGreaterThanOrEqualTo(hits);
                hits = now;
            }
            moveByHypervisor(traffic);
            traffic.stopIntact();
            HitsView.Rule everywhere = hits(client(config.host(1)));
            for (RoleName role : config.hosts()) {
                assertThat(hits(client(role)).hits())
                        .as("as %s sums it up", role.name())
                        .isEqualTo(everywhere.hits());
            }
            assertThat(Instant.parse(Objects.requireNonNull(everywhere.lastHit())))
                    .isBetween(start, Instant.now());
        }

        /** There, not there after all, and there and back; asked of one node after the other. */
        private void moveByHypervisor(ScenarioTraffic traffic) throws Exception {
            RoleName one = config.host(1);
            say(MoveView.READY, moves -> moves.prepare(ScenarioTenant.NAME, ScenarioTenant.WEB, one.name(), WAIT));
            traffic.awaitProgress();
            assertThat(client(one)
                            .vm(ScenarioTenant.NAME, ScenarioTenant.WEB)
                            .placement()
                            .phase())
                    .as("the source enforces until the VM is stopped")
                    .isEqualTo("AWAITING_STOP");
            say(MoveView.HANDED_OVER, moves -> moves.stopped(ScenarioTenant.NAME, ScenarioTenant.WEB, WAIT));
            MoveView moved = say(
                    MoveView.SETTLED,
                    moves -> moves.resumed(ScenarioTenant.NAME, ScenarioTenant.WEB, one.name(), WAIT));
            MigrationView move = client(one)
                    .awaitMigration(Objects.requireNonNull(moved.migration()).id(), LIMIT);
            assertThat(move.mover()).isEqualTo(MigrationView.HYPERVISOR);
            long epoch = assertLossless(move).epochAfter();
            assertPlaced(ScenarioTenant.WEB, one, epoch, config.hosts());
            traffic.awaitProgress();

            RoleName two = config.host(2);
            say(MoveView.READY, moves -> moves.prepare(ScenarioTenant.NAME, ScenarioTenant.WEB, two.name(), WAIT));
            say(MoveView.SETTLED, moves -> moves.aborted(ScenarioTenant.NAME, ScenarioTenant.WEB, WAIT));
            assertPlaced(ScenarioTenant.WEB, one, epoch, config.hosts());
            traffic.awaitProgress();

            say(MoveView.READY, moves -> moves.prepare(ScenarioTenant.NAME, ScenarioTenant.WEB, two.name(), WAIT));
            say(MoveView.HANDED_OVER, moves -> moves.stopped(ScenarioTenant.NAME, ScenarioTenant.WEB, WAIT));
            traffic.awaitProgress();
            MoveView back =
                    say(MoveView.SETTLED, moves -> moves.aborted(ScenarioTenant.NAME, ScenarioTenant.WEB, WAIT));
            MigrationView reversal = client(one)
                    .awaitMigration(Objects.requireNonNull(back.migration()).id(), LIMIT);
            ReceiptView receipt = assertLossless(reversal);
            assertPlaced(ScenarioTenant.WEB, one, receipt.epochAfter(), config.hosts());
            traffic.awaitProgress();
            afterwards.add("host-1 with epoch " + epoch);
            afterwards.add("host-2 with epoch " + receipt.epochBefore());
            afterwards.add("host-1 with epoch " + receipt.epochAfter());
        }

        /** Says it until the answer is final, to another node each time. */
        private MoveView say(String wanted, Function<Moves, MoveView> call) {
            AtomicInteger times = new AtomicInteger();
            MoveView[] last = new MoveView[1];
            until("a hypervisor is told " + wanted, LIMIT, () -> {
                last[0] = call.apply(
                        client(config.host(1 + times.getAndIncrement() % 3)).moves());
                return last[0].status().equals(wanted);
            });
            return last[0];
        }

        /** Of the rule that allows everything here. */
        private static HitsView.Rule hits(PortcullisClient asked) {
            // a host that is slow to answer is left out, and the answer says so
            HitsView view = until(
                    "every host says what it counted",
                    LIMIT,
                    () -> asked.hits(ScenarioTenant.NAME, null, 10),
                    HitsView::complete);
            assertThat(view.countedSince()).isNull();
            assertThat(view.rules()).extracting(HitsView.Rule::rule).containsExactly("web", "default");
            assertThat(view.rules().getLast().hits())
                    .as("forbidden connections")
                    .isPositive();
            return view.rules().getFirst();
        }
    }
}
