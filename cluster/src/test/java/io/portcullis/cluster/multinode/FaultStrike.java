package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.api.ApiException;
import io.portcullis.api.MigrationView;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.remote.testconductor.RoleName;

/** One fault: it strikes while the migrations are held, then the gates are opened, and what was broken is mended. */
final class FaultStrike {
    private static final int CONFLICT = 409;
    private static final int UNAVAILABLE = 503;

    /** Points after the order to cut over, and before the destination is known to enforce. */
    private static final List<HoldPoint> HANDING_OVER =
            List.of(HoldPoint.CUTTING_OVER, HoldPoint.SEALED, HoldPoint.HANDED_OVER, HoldPoint.ACTIVATED);

    private final FaultMatrixScenario scenario;
    private final FaultConductor conductor;
    private final FaultConductor.Cast cast;
    private final Map<HoldPoint, String> migrations;

    FaultStrike(
            FaultMatrixScenario scenario,
            FaultConductor conductor,
            FaultConductor.Cast cast,
            Map<HoldPoint, String> migrations) {
        this.scenario = scenario;
        this.conductor = conductor;
        this.cast = cast;
        this.migrations = migrations;
    }

    /** Returns when all hosts are up, and reach each other. */
    void play(Fault fault) throws Exception {
        switch (fault) {
            case OLDEST_LEAVES -> leave(oldest());
            case KILL_SOURCE -> kill(cast.source());
            case KILL_DESTINATION -> kill(cast.destination());
            case KILL_COORDINATOR -> kill(cast.coordinator());
            case RESTART_SOURCE -> restart(cast.source());
            case RESTART_DESTINATION -> restart(cast.destination());
            case RESTART_COORDINATOR -> restart(cast.coordinator());
            case CUT_SOURCE_DESTINATION -> cut(cast.source(), cast.destination());
            case CUT_SOURCE_COORDINATOR -> cut(cast.source(), cast.coordinator());
            case CUT_DESTINATION_COORDINATOR -> cut(cast.destination(), cast.coordinator());
            case DATABASE_AWAY -> loseDatabase();
            case TWO_OPERATORS -> disagree();
        }
    }

    /** Nobody has to find out: the cluster is told that the host is gone. */
    private void kill(RoleName role) throws Exception {
        conductor.jvm(role).kill();
        conductor.remove(role);
        conductor.openGates();
        conductor.awaitEnds(migrations);
        conductor.startAgain(role);
    }

    private void restart(RoleName role) throws Exception {
        conductor.jvm(role).kill();
        conductor.openGates();
        conductor.startAgain(role);
    }

    private void leave(RoleName role) throws Exception {
        scenario.dismiss(role);
        conductor.client().leave(role.name());
        conductor.jvm(role).awaitEnd();
        conductor.openGates();
        conductor.awaitEnds(migrations);
        conductor.startAgain(role);
    }

    private RoleName oldest() {
        var members = scenario.cluster().state().getMembers().iterator();
        var oldest = members.next();
        while (members.hasNext()) {
            var next = members.next();
            oldest = next.isOlderThan(oldest) ? next : oldest;
        }
        var address = oldest.address();
        return scenario.config.hosts().stream()
                .filter(role -> !role.equals(scenario.myself())
                        && conductor.jvm(role).address().equals(address))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the oldest node is the conductor's: nobody may leave first"));
    }

    private void cut(RoleName one, RoleName other) throws Exception {
        scenario.cut(one, other);
        conductor.openGates();
        migrations.forEach((point, id) -> MultiNodeScenario.until(
                "the migration held at " + point + " has ended or is given up",
                FaultConductor.LIMIT,
                () -> isDecided(conductor.client().migration(id))));
        scenario.heal(one, other);
    }

    private static boolean isDecided(MigrationView migration) {
        return migration.isOver() || migration.phase().equals("ROLLING_BACK");
    }

    /** Between the order to cut over and the commit nobody needs the database; what nobody can journal is refused. */
    private void loseDatabase() throws Exception {
        scenario.databaseLine().cut();
        MultiNodeScenario.until("all see that the database is away", FaultConductor.LIMIT, this::nobodyTakesChanges);
        conductor.openGates();
        for (HoldPoint point : HANDING_OVER) {
            conductor.awaitNoted(point, cast.destination());
        }
        conductor.speak();
        scenario.databaseLine().mend();
        MultiNodeScenario.until("all take changes again", FaultConductor.LIMIT, this::allTakeChanges);
    }

    private boolean nobodyTakesChanges() {
        return scenario.config.hosts().stream().noneMatch(this::takesChanges);
    }

    private boolean allTakeChanges() {
        return scenario.config.hosts().stream().allMatch(this::takesChanges);
    }

    private boolean takesChanges(RoleName role) {
        try {
            scenario.client(role)
                    .tag(FaultFleet.TENANT, FaultFleet.CONSUMER, List.of("asked-at:" + role.name()), List.of());
            return true;
        } catch (ApiException refused) {
            assertThat(refused.status()).as("%s", refused.getMessage()).isEqualTo(UNAVAILABLE);
            return false;
        }
    }

    /** Whoever comes second is told so, whatever he wants, and by whichever node. */
    private void disagree() throws Exception {
        for (HoldPoint point : HoldPoint.values()) {
            String vm = FaultFleet.vm(point).toString();
            for (RoleName asked : scenario.config.hosts()) {
                assertRefused(
                        point,
                        () -> scenario.client(asked)
                                .migrate(vm, cast.coordinator().name()));
            }
            assertRefused(
                    point,
                    () -> conductor
                            .client()
                            .attach(
                                    FaultFleet.TENANT,
                                    FaultFleet.name(point),
                                    cast.coordinator().name()));
            assertRefused(point, () -> conductor.client().detach(FaultFleet.TENANT, FaultFleet.name(point)));
        }
        conductor.openGates();
    }

    private void assertRefused(HoldPoint point, org.assertj.core.api.ThrowableAssert.ThrowingCallable order) {
        ApiException refused =
                Objects.requireNonNull(catchThrowableOfType(ApiException.class, order), () -> "refused at " + point);
        assertThat(refused.status()).as("%s", refused.getMessage()).isEqualTo(CONFLICT);
        assertThat(refused.getMessage()).contains(Objects.requireNonNull(migrations.get(point)));
    }
}
