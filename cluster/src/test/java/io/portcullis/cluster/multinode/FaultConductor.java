package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.HostView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.MoveWishes;
import io.portcullis.api.OperationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.loadtest.traffic.UdpExchange;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.testkit.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.Address;
import org.apache.pekko.remote.testconductor.RoleName;
import org.jspecify.annotations.Nullable;

/** Plays a fault on migrations that are held in every phase, and checks what came of each of them. One thread. */
final class FaultConductor {
    /** A bound for a machine that is very busy. */
    static final Duration LIMIT = Duration.ofSeconds(90);

    private final FaultMatrixScenario scenario;
    private final RoleName first;
    private final Map<RoleName, HostJvm> jvms = new LinkedHashMap<>();
    private final FaultFleet fleet;
    private final Cast cast;

    /** Starts all hosts and the VMs; the oldest node is the coordinator. */
    FaultConductor(FaultMatrixScenario scenario) throws Exception {
        this.scenario = scenario;
        this.first = scenario.config.host(1);
        long began = System.nanoTime();
        HostJvm oldest = start(2, null);
        oldest.awaitStarted();
        scenario.watch(
                scenario.joinAndStart(
                        oldest.address(),
                        UnaryOperator.identity(),
                        UnaryOperator.identity(),
                        (_, placement) -> placement),
                FaultFleet.vnics(),
                scenario.newNotes());
        fleet = FaultFleet.declare(scenario.lab(), client());
        // The placements stay where they are first: with the oldest node, as no other one is there that may have them.
        RoleName coordinator = coordinator();
        assertThat(coordinator).isEqualTo(oldest.role());
        for (int number = 3; number <= FaultMatrixScenario.HOSTS; number++) {
            start(number, oldest);
        }
        for (int number = 3; number <= FaultMatrixScenario.HOSTS; number++) {
            jvm(scenario.config.host(number)).awaitStarted();
        }
        MultiNodeScenario.until("all are up", LIMIT, () -> scenario.membersUp() == FaultMatrixScenario.HOSTS);
        print("started", began);
        cast = new Cast(scenario.config.host(3), scenario.config.host(4), coordinator);
        fleet.attach(client(), cast.source().name(), first.name());
        print("attached", began);
    }

    private HostJvm start(int number, @Nullable HostJvm seed) throws Exception {
        RoleName role = scenario.config.host(number);
        int port = FreePorts.next();
        HostJvm own = HostJvm.start(role, number - 1, port, seed == null ? HostJvm.address(port) : seed.address());
        jvms.put(role, own);
        return own;
    }

    void play(Fault fault) throws Exception {
        System.out.println("FAULTS " + fault + " with " + cast);
        fleet.speak();
        awaitCheckpoints(cast.source(), List.of(HoldPoint.values()));
        Map<HoldPoint, UdpExchange> exchanges = fleet.exchange();
        long began = System.nanoTime();
        Map<HoldPoint, String> migrations = hold();
        print("held", began);
        new FaultStrike(scenario, this, cast, migrations).play(fault);
        Map<HoldPoint, MigrationView> ended = awaitEnds(migrations);
        print("ended", began);
        new FaultOutcomes(scenario, cast, ended).assertTrue(fault, client(), hosts());
        fleet.speak();
        FaultOutcomes.assertTraffic(fault, FaultFleet.stop(exchanges));
        print("true", began);
        gather(coordinator());
        fleet.speak();
        fleet.close();
        assertOneEnforcer();
        print("moved again", began);
    }

    /** Many moves as one operation, whose node is killed while every move is held at the source. */
    void playKilledOperations() throws Exception {
        // The oldest node has the operations, too.
        RoleName operations = cast.coordinator();
        Map<HoldPoint, UdpExchange> exchanges = fleet.exchange();
        for (HoldPoint point : HoldPoint.values()) {
            jvm(cast.source()).ask("hold " + HoldPoint.PRECOPYING + " " + FaultFleet.vm(point));
        }
        MoveWishes all = new MoveWishes(null, HoldPoint.values().length, null, null, null);
        String drain = Objects.requireNonNull(
                client().operations().drain(cast.source().name(), all).operation());
        for (HoldPoint point : HoldPoint.values()) {
            MultiNodeScenario.until(
                    "the move of " + FaultFleet.name(point) + " is held",
                    LIMIT,
                    () -> jvm(cast.source())
                            .hasReached(
                                    HoldPoint.PRECOPYING, FaultFleet.vm(point).toString()));
        }
        jvm(operations).kill();
        remove(operations);
        openGates();
        OperationView ended = MultiNodeScenario.until(
                "the drain is over", LIMIT, () -> client().operations().get(drain), OperationView::settled);
        assertThat(ended.state()).as("%s", ended).isEqualTo("DONE");
        assertThat(ended.total()).isEqualTo(HoldPoint.values().length);
        assertThat(ended.moved()).isEqualTo(ended.total());
        assertThat(client().host(cast.source().name()).vms()).isEmpty();
        for (HoldPoint point : HoldPoint.values()) {
            PlacementView placement = placement(point);
            FaultOutcomes.awaitEnforced(client(), point, Objects.requireNonNull(placement.host()), placement.epoch());
        }
        fleet.speak();
        FaultOutcomes.assertTraffic(Fault.KILL_COORDINATOR, FaultFleet.stop(exchanges));
        fleet.close();
        assertOneEnforcer();
    }

    /** Ends the processes; the testkit waits for that. */
    void close() throws InterruptedException {
        for (HostJvm jvm : jvms.values()) {
            jvm.kill();
        }
    }

    private static void print(String what, long beganNanos) {
        System.out.println("FAULTS " + what + ": " + (System.nanoTime() - beganNanos) / 1_000_000 + " ms");
    }

    /** Who has which part in a round. */
    record Cast(RoleName source, RoleName destination, RoleName coordinator) {
        RoleName holder(HoldPoint point) {
            return switch (point.holder()) {
                case SOURCE -> source;
                case DESTINATION -> destination;
                case COORDINATOR -> coordinator;
            };
        }
    }

    // ---- before

    /** The host on which the placements of the fleet run; they are in one shard. */
    private RoleName coordinator() throws Exception {
        List<String> fleetsVms = new ArrayList<>();
        for (HoldPoint point : HoldPoint.values()) {
            // Whoever asks for a placement wakes it.
            placement(point);
            fleetsVms.add(FaultFleet.vm(point).toString());
        }
        List<RoleName> found = new ArrayList<>();
        for (HostJvm jvm : jvms.values()) {
            if (Arrays.asList(jvm.ask("placements").split(" ", -1)).containsAll(fleetsVms)) {
                found.add(jvm.role());
            }
        }
        assertThat(found).as("where the fleet's placements run").hasSize(1);
        return found.getFirst();
    }

    /** Moves all VMs to this host, which are ordinary migrations: whatever happened before, the cluster is usable. */
    private void gather(RoleName host) throws Exception {
        Map<HoldPoint, String> moves = new EnumMap<>(HoldPoint.class);
        for (HoldPoint point : HoldPoint.values()) {
            if (!host.name().equals(placement(point).host())) {
                moves.put(
                        point,
                        client().migrate(FaultFleet.vm(point).toString(), host.name())
                                .id());
            }
        }
        for (MigrationView move : awaitEnds(moves).values()) {
            ClusterScenario.assertLossless(move);
        }
        for (HoldPoint point : HoldPoint.values()) {
            FaultOutcomes.awaitEnforced(
                    client(), point, host.name(), placement(point).epoch());
        }
    }

    private PlacementView placement(HoldPoint point) {
        return client().vm(FaultFleet.TENANT, FaultFleet.name(point)).placement();
    }

    /** What the host would restore after a kill has the connections, under the epoch in force. */
    void awaitCheckpoints(RoleName host, List<HoldPoint> points) {
        Checkpoints checkpoints = new Checkpoints(MultiNodeScenario.directory().resolve(host.name()));
        for (HoldPoint point : points) {
            long epoch = client().vnic(FaultFleet.TENANT, FaultFleet.name(point), "eth0")
                    .status()
                    .epoch();
            MultiNodeScenario.until(
                    "checkpoint of " + FaultFleet.name(point) + " at " + host.name(),
                    LIMIT,
                    () -> checkpoints
                            .read(FaultFleet.vnic(point))
                            .filter(checkpoint -> isWhole(checkpoint, epoch))
                            .isPresent());
        }
    }

    private static boolean isWhole(Checkpoint checkpoint, long epoch) {
        return checkpoint.epoch() == epoch && checkpoint.table().entries() > 0;
    }

    /** Begins a migration of each VM and returns when each is where it is to be held. */
    private Map<HoldPoint, String> hold() throws Exception {
        Map<HoldPoint, String> migrations = new EnumMap<>(HoldPoint.class);
        for (HoldPoint point : HoldPoint.values()) {
            hold(point, migrations);
        }
        List.of(HoldPoint.values()).forEach(this::awaitHeld);
        awaitCheckpoints(cast.destination(), List.of(HoldPoint.COMMITTED));
        for (HoldPoint point : HoldPoint.values()) {
            MultiNodeScenario.until(
                    "the phase of the migration held at " + point,
                    LIMIT,
                    () -> client().migration(migrations.get(point)).phase(),
                    point.phase()::equals);
        }
        return migrations;
    }

    private void hold(HoldPoint point, Map<HoldPoint, String> migrations) throws Exception {
        String vm = FaultFleet.vm(point).toString();
        jvm(cast.holder(point)).ask("hold " + point + " " + vm);
        // Any node takes the order.
        RoleName asked = scenario.config.host(1 + point.ordinal() % FaultMatrixScenario.HOSTS);
        migrations.put(
                point,
                scenario.client(asked).migrate(vm, cast.destination().name()).id());
    }

    private void awaitHeld(HoldPoint point) {
        MultiNodeScenario.until(
                "the migration is held at " + point,
                LIMIT,
                () -> jvm(cast.holder(point))
                        .hasReached(point, FaultFleet.vm(point).toString()));
    }

    // ---- for the fault

    HostJvm jvm(RoleName role) {
        return Objects.requireNonNull(jvms.get(role));
    }

    /** All gates of all processes that live. */
    void openGates() throws Exception {
        for (HostJvm jvm : jvms.values()) {
            if (jvm.isAlive()) {
                jvm.ask("open");
            }
        }
    }

    /** Has all others take the host, whose process was killed, for unreachable and down; returns when it is no member any more. */
    void remove(RoleName role) throws Exception {
        Address address = jvm(role).address();
        for (HostJvm jvm : jvms.values()) {
            if (jvm.isAlive()) {
                jvm.ask("gone " + address);
            }
        }
        ToldFailureDetector.gone(scenario.system(), address);
        scenario.cluster().down(address);
        MultiNodeScenario.until(role.name() + " is no member any more", LIMIT, () -> !scenario.isMember(address));
    }

    /** The old connections of all VMs live. */
    void speak() throws IOException {
        fleet.speak();
    }

    /** Returns when the host was seen enforcing the VM that is or was held there. */
    void awaitNoted(HoldPoint point, RoleName host) {
        MultiNodeScenario.until(
                host.name() + " enforces the VM held at " + point,
                LIMIT,
                () -> notes().stream()
                        .anyMatch(span -> span.vnic().equals(FaultFleet.vnic(point))
                                && span.host().value().equals(host.name())));
    }

    /** Starts a host again whose process has ended; returns when it serves. */
    void startAgain(RoleName role) throws Exception {
        HostJvm seed =
                jvms.values().stream().filter(HostJvm::isAlive).findFirst().orElseThrow();
        jvm(role).startAgain(seed.address());
        jvm(role).awaitStarted();
        scenario.forgetClient(role);
        MultiNodeScenario.until("all are up", LIMIT, () -> scenario.membersUp() == FaultMatrixScenario.HOSTS);
    }

    Map<HoldPoint, MigrationView> awaitEnds(Map<HoldPoint, String> migrations) throws Exception {
        Map<HoldPoint, MigrationView> ended = new EnumMap<>(HoldPoint.class);
        for (Map.Entry<HoldPoint, String> migration : migrations.entrySet()) {
            try {
                ended.put(migration.getKey(), client().awaitMigration(migration.getValue(), LIMIT));
            } catch (java.util.concurrent.TimeoutException never) {
                throw new AssertionError(
                        "the migration held at " + migration.getKey() + " ends: "
                                + client().migration(migration.getValue()),
                        never);
            }
        }
        return ended;
    }

    PortcullisClient client() {
        return scenario.client(first);
    }

    private List<String> hosts() {
        return client().hosts().stream().map(HostView::name).toList();
    }

    /** Since the beginning, of every VM. */
    private static void assertOneEnforcer() {
        List<EnforcementWatch.Span> all = notes();
        FaultFleet.vnics().forEach(vnic -> ClusterScenario.assertOneEnforcer(vnic, all));
    }

    /** What all starts of all hosts noted. */
    private static List<EnforcementWatch.Span> notes() {
        List<Path> notes = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(MultiNodeScenario.directory(), "*.enforcing")) {
            files.forEach(notes::add);
            return EnforcementWatch.readAll(notes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
