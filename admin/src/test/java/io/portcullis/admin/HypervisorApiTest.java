package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.MigrationView;
import io.portcullis.api.MoveView;
import io.portcullis.api.PhaseView;
import io.portcullis.api.PlacementView;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a hypervisor is told of a VM that it moves, in and out of turn. */
class HypervisorApiTest extends ApiTestCase {
    private static final VmId WEB = new VmId(new TenantId("acme"), "web-1");
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(10);

    @BeforeEach
    void attach() {
        client.apply("acme", TENANT);
        client.attach("acme", "web-1", "host-1");
    }

    @Test
    void shouldAnswerWhenTheVmMayBeStoppedAndWhenTheDestinationEnforces() {
        services.onWait = id -> enter(id, "AWAITING_STOP");
        MoveView prepared = client.moves().prepare("acme", "web-1", "host-2", LONG);

        assertThat(prepared.status()).isEqualTo(MoveView.READY);
        assertThat(prepared.host()).isEqualTo("host-1");
        assertThat(prepared.migration().mover()).isEqualTo(MigrationView.HYPERVISOR);
        assertThat(prepared.warning()).isNull();
        assertThat(client.moves().prepare("acme", "web-1", "host-2", LONG).status())
                .as("said twice")
                .isEqualTo(MoveView.READY);

        services.onStop = () -> enter("m-1", "CUTTING_OVER");
        services.onWait = id -> enter(id, "COMMITTED");
        MoveView stopped = client.moves().stopped("acme", "web-1", LONG);

        assertThat(stopped.status()).isEqualTo(MoveView.HANDED_OVER);
        assertThat(stopped.host()).isEqualTo("host-2");
        assertThat(services.stops).containsExactly("m-1");
        end("m-1", "COMMITTED", "host-2");
        assertThat(client.moves().stopped("acme", "web-1", LONG).status())
                .as("said twice")
                .isEqualTo(MoveView.HANDED_OVER);
        assertThat(client.moves().resumed("acme", "web-1", "host-2", LONG).status())
                .isEqualTo(MoveView.SETTLED);
        assertThat(services.migrations).hasSize(1);
    }

    @Test
    void shouldNotKeepTheHypervisorWaiting() throws Exception {
        MoveView late = client.moves().prepare("acme", "web-1", "host-2", SHORT);

        assertThat(late.status()).isEqualTo(MoveView.PENDING);
        assertThat(late.warning()).contains("RESERVING", "the source enforces");
        assertThat(send("GET", "/metrics", token(), null).body())
                .contains(
                        "portcullis_hypervisor_calls_total{call=\"prepare\",status=\"PENDING\",warning=\"true\"} 1.0");
        MoveView stopped = client.moves().stopped("acme", "web-1", SHORT);
        assertThat(stopped.status()).isEqualTo(MoveView.PENDING);
        assertThat(stopped.warning()).contains("nothing passes at the destination");
    }

    @Test
    void shouldRefuseWhatIsOutOfTurnWithAHint() {
        assertThat(refused(() -> client.moves().stopped("acme", "web-1", SHORT))
                        .problem()
                        .hint())
                .contains("'prepare' comes first");
        assertThat(refused(() -> client.moves().aborted("acme", "web-1", SHORT)).status())
                .isEqualTo(409);
        assertThat(refused(() -> client.moves().prepare("acme", "web-1", "host-1", SHORT))
                        .problem()
                        .code())
                .isEqualTo("same-host");
        assertThat(refused(() -> client.moves().prepare("acme", "nobody", "host-2", SHORT))
                        .status())
                .isEqualTo(404);
        assertThat(refused(() -> client.moves().prepare("acme", "web-1", "HOST", SHORT))
                        .status())
                .isEqualTo(400);

        client.moves().prepare("acme", "web-1", "host-2", Duration.ZERO);
        assertThat(refused(() -> client.moves().prepare("acme", "web-1", "host-3", SHORT))
                        .problem()
                        .code())
                .isEqualTo("moving");
        end("m-1", "ROLLED_BACK", "host-1");
        assertThat(refused(() -> client.moves().stopped("acme", "web-1", SHORT))
                        .problem()
                        .detail())
                .contains("m-1 has ended: ROLLED_BACK");
    }

    @Test
    void shouldSayThatAMigrationWasGivenUpMeanwhile() {
        services.onWait = id -> end(id, "ROLLED_BACK", "host-1");

        assertThat(refused(() -> client.moves().prepare("acme", "web-1", "host-2", LONG))
                        .problem()
                        .detail())
                .contains("m-1 was given up: ROLLED_BACK");
    }

    @Test
    void shouldTakeALateStopFromAVmThatRunsThereAlready() {
        services.onWait = id -> enter(id, "AWAITING_STOP");
        client.moves().prepare("acme", "web-1", "host-2", LONG);
        services.onStop = () -> enter("m-1", "CUTTING_OVER");
        services.onWait = id -> enter(id, "COMMITTED");

        MoveView resumed = client.moves().resumed("acme", "web-1", "host-2", LONG);

        assertThat(resumed.status()).isEqualTo(MoveView.SETTLED);
        assertThat(services.stops).containsExactly("m-1");
    }

    @Test
    void shouldMoveTheFirewallsToAVmThatRunsWhereNobodySaidItWould() {
        services.onWait = id -> end(id, "COMMITTED", "host-2");

        MoveView resumed = client.moves().resumed("acme", "web-1", "host-2", LONG);

        assertThat(resumed.status()).isEqualTo(MoveView.SETTLED);
        assertThat(resumed.host()).isEqualTo("host-2");
        assertThat(resumed.warning()).contains("while host-1 has its firewalls");
        assertThat(services.migrations.get("m-1").mover()).isEqualTo(MigrationView.PRODUCT);
    }

    @Test
    void shouldTakeOverAVmThatRunsElsewhereWhenItsHostIsLost() {
        services.placements.put(WEB, new PlacementView("host-1", 1, "PLACED", null, PlacementView.DOWN, null));
        services.takesOver = true;

        MoveView resumed = client.moves().resumed("acme", "web-1", "host-2", LONG);

        assertThat(resumed.status()).isEqualTo(MoveView.SETTLED);
        assertThat(resumed.host()).isEqualTo("host-2");
        assertThat(resumed.warning()).contains("without its connections", "the tenant tracks strictly");
    }

    @Test
    void shouldCancelBeforeTheHandOverAndReverseAfterIt() {
        services.onWait = id -> enter(id, "AWAITING_STOP");
        client.moves().prepare("acme", "web-1", "host-2", LONG);
        services.onCancel = id -> end(id, "CANCELLED", "host-1");

        MoveView aborted = client.moves().aborted("acme", "web-1", LONG);

        assertThat(aborted.status()).isEqualTo(MoveView.SETTLED);
        assertThat(aborted.host()).isEqualTo("host-1");
        assertThat(services.migrations).hasSize(1);
        assertThat(client.moves().aborted("acme", "web-1", LONG).status())
                .as("said twice")
                .isEqualTo(MoveView.SETTLED);
        assertThat(services.migrations).hasSize(1);

        client.moves().prepare("acme", "web-1", "host-2", LONG);
        enter("m-2", "CUTTING_OVER");
        services.onWait = id -> end(id, "COMMITTED", id.equals("m-2") ? "host-2" : "host-1");
        MoveView reversed = client.moves().aborted("acme", "web-1", LONG);

        assertThat(reversed.status()).isEqualTo(MoveView.SETTLED);
        assertThat(reversed.host()).isEqualTo("host-1");
        assertThat(services.migrations.get("m-3").to()).isEqualTo("host-1");
        assertThat(client.moves().aborted("acme", "web-1", LONG).host())
                .as("said twice")
                .isEqualTo("host-1");
        assertThat(services.migrations).hasSize(3);
    }

    private void enter(String id, String phase) {
        MigrationView view = services.migrations.get(id);
        put(view, "RUNNING", phase, null);
        services.placements.put(
                WEB, new PlacementView(phase.equals("COMMITTED") ? view.to() : view.from(), 1, phase, id));
    }

    private void end(String id, String state, String host) {
        put(services.migrations.get(id), state, "PLACED", "2026-01-01T00:00:09Z");
        services.placements.put(WEB, new PlacementView(host, 2, "PLACED", null));
    }

    private void put(MigrationView view, String state, String phase, @org.jspecify.annotations.Nullable String ended) {
        List<PhaseView> phases = new ArrayList<>(view.phases());
        if (!phases.getLast().phase().equals(phase)) {
            phases.add(new PhaseView(phase, "2026-01-01T00:00:01Z"));
        }
        services.migrations.put(
                view.id(),
                new MigrationView(
                        view.id(),
                        view.vm(),
                        view.from(),
                        view.to(),
                        state,
                        phase,
                        view.requestedBy(),
                        view.started(),
                        ended,
                        ended == null ? null : "a reason",
                        null,
                        view.mover(),
                        phases));
    }
}
