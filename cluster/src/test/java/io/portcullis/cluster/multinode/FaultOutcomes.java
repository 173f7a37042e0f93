package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.VmView;
import io.portcullis.loadtest.traffic.TrafficResult;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.pekko.remote.testconductor.RoleName;

/** What must be true of migrations after a fault, however each of them ended. */
final class FaultOutcomes {
    private final FaultMatrixScenario scenario;
    private final FaultConductor.Cast cast;
    private final Map<HoldPoint, MigrationView> ended;

    FaultOutcomes(FaultMatrixScenario scenario, FaultConductor.Cast cast, Map<HoldPoint, MigrationView> ended) {
        this.scenario = scenario;
        this.cast = cast;
        this.ended = ended;
    }

    /** The receipt says what is: every node, and every host about what it enforces, tells the same. */
    void assertTrue(Fault fault, PortcullisClient client, List<String> hosts) {
        assertThat(hosts).hasSize(FaultMatrixScenario.HOSTS);
        Map<RoleName, Set<String>> homes = new HashMap<>();
        scenario.config.hosts().forEach(role -> homes.put(role, new HashSet<>()));
        ended.forEach((point, migration) -> {
            ReceiptView receipt = Objects.requireNonNull(migration.receipt());
            System.out.println("FAULTS " + fault + " " + point + ": " + migration.state() + " " + receipt.problems());
            assertReceipt(point, migration, receipt);
            RoleName home = migration.state().equals("COMMITTED") ? cast.destination() : cast.source();
            Objects.requireNonNull(homes.get(home)).add(FaultFleet.vm(point).toString());
            // Whichever node is asked.
            scenario.config
                    .hosts()
                    .forEach(role -> awaitEnforced(scenario.client(role), point, home.name(), receipt.epochAfter()));
        });
        homes.forEach((role, expected) -> MultiNodeScenario.until(
                role.name() + " has " + expected + " of the fleet, and no more",
                FaultConductor.LIMIT,
                () -> fleetOn(client, role),
                expected::equals));
    }

    private static Set<String> fleetOn(PortcullisClient client, RoleName role) {
        Set<String> vms = new HashSet<>(client.host(role.name()).vms());
        vms.remove(FaultFleet.TENANT + "/" + FaultFleet.CONSUMER);
        return vms;
    }

    private static void assertReceipt(HoldPoint point, MigrationView migration, ReceiptView receipt) {
        long epochs = receipt.epochAfter() - receipt.epochBefore();
        switch (migration.state()) {
            case "COMMITTED" -> {
                assertThat(epochs).isEqualTo(1);
                if (receipt.lossless()) {
                    ClusterScenario.assertNothingLost(migration);
                } else {
                    assertThat(receipt.problems())
                            .as("of the migration held at %s", point)
                            .isNotEmpty();
                }
            }
            case "ROLLED_BACK" -> {
                assertThat(epochs).isZero();
                assertThat(migration.reason()).isNotEmpty();
            }
            case "RECLAIMED" -> {
                assertThat(epochs).isEqualTo(2);
                assertThat(migration.reason()).isNotEmpty();
            }
            default -> throw new AssertionError("the migration held at " + point + " ended as " + migration);
        }
    }

    /** Returns when the VM is placed there under this epoch, and enforced. */
    static void awaitEnforced(PortcullisClient client, HoldPoint point, String host, long epoch) {
        MultiNodeScenario.until(
                "the VM held at " + point + " is enforced at " + host + " under epoch " + epoch,
                FaultConductor.LIMIT,
                () -> client.vm(FaultFleet.TENANT, FaultFleet.name(point)),
                view -> isEnforced(view, host, epoch));
    }

    private static boolean isEnforced(VmView view, String host, long epoch) {
        var status = view.vnics().getFirst().status();
        return view.placement().equals(new PlacementView(host, epoch, "PLACED", null))
                && status != null
                && status.mode().equals("ENFORCING")
                && status.host().equals(host)
                && status.epoch() == epoch;
    }

    /** Nothing came twice, so nothing passed where the VM did not run; and nothing was lost if somebody enforced all the time, where that counts. */
    static void assertTraffic(Fault fault, Map<HoldPoint, TrafficResult> results) {
        results.forEach((point, result) -> {
            assertThat(result.sent()).isPositive();
            assertThat(result.duplicated())
                    .as("%s at %s: %s", fault, point, result)
                    .isZero();
            if (!fault.losesFrames() && Boolean.getBoolean(FaultMatrixScenario.COUNTS_LOST_KEY)) {
                assertThat(result.isIntact())
                        .as("%s at %s: %s", fault, point, result)
                        .isTrue();
            }
        });
    }
}
