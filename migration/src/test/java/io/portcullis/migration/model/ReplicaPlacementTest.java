package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.PlacementInput.AttachRequested;
import io.portcullis.migration.model.PlacementInput.HostAttached;
import io.portcullis.migration.model.PlacementInput.HostRefusedAttach;
import io.portcullis.migration.model.PlacementInput.ReplicaIsAt;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a placement makes of replicas: which one is taken after the loss of a host, and which never is. */
class ReplicaPlacementTest {
    private static final HostId ONE = new HostId("host-1");
    private static final HostId TWO = new HostId("host-2");
    private static final HostId THREE = new HostId("host-3");
    private static final VnicId ETH0 = VnicId.parse("acme/web-1/eth0");
    private static final VmSpec PLAIN = new VmSpec(
            ETH0.vm(), List.of(new VnicSpec(ETH0, new MacAddress(2), List.of(), 1, "port", VnicProtection.STRICT)));
    private static final VmSpec SPEC = PLAIN.withReplica(true);
    private static final Refusal WHY = new Refusal(RefusalCode.CAPACITY, "full");

    @Test
    void shouldTakeTheReplicaOfTheEpochThatWasLost() {
        PlacementState state = replicated();
        assertThat(state.replica()).isEqualTo(new ReplicaPlace(TWO, 1));

        PlacementState taken = step(state, new AttachRequested(PLAIN, THREE, "ha", true));
        assertThat(taken.orders()).containsExactly(new PlacementOrder.Attach(THREE, 2, ONE, new ReplicaPlace(TWO, 1)));
        assertThat(taken.attachedSpec().replica()).as("the wish stays").isTrue();

        Restored restored = new Restored(TWO, 5, 100, null);
        PlacementState there = step(taken, new HostAttached(2, restored));
        assertThat(there.restored()).isEqualTo(restored);
        assertThat(there.replica()).as("it is old now").isNull();
        assertThat(step(there, new ReplicaIsAt(THREE, 2, TWO, null)).replica()).isEqualTo(new ReplicaPlace(TWO, 2));
    }

    @Test
    void shouldKeepTheReplicaForTheNextHostWhenOneRefuses() {
        PlacementState refused =
                step(step(replicated(), new AttachRequested(SPEC, THREE, "ha", true)), new HostRefusedAttach(2, WHY));
        assertThat(refused.phase()).isEqualTo(PlacementPhase.DETACHED);

        PlacementState next = step(refused, new AttachRequested(SPEC, TWO, "ha", false));
        assertThat(next.orders()).containsExactly(new PlacementOrder.Attach(TWO, 3, ONE, new ReplicaPlace(TWO, 1)));
        // whether a host that was silent has enforced, nobody knows
        PlacementState late = step(next, new PlacementInput.DeadlinePassed(PlacementPhase.ATTACHING));
        assertThat(step(late, new PlacementInput.HostDetached(3)).replica()).isNull();
    }

    @Test
    void shouldBelieveOnlyTheHostThatEnforcesUnderTheEpochInForce() {
        PlacementState state = replicated();
        for (ReplicaIsAt late : List.of(
                new ReplicaIsAt(TWO, 1, THREE, null),
                new ReplicaIsAt(ONE, 0, THREE, null),
                new ReplicaIsAt(ONE, 2, THREE, null),
                new ReplicaIsAt(ONE, 1, ONE, null),
                new ReplicaIsAt(ONE, 1, TWO, null))) {
            assertThat(PlacementMachine.decide(state, late, 0).events())
                    .as("%s", late)
                    .isEmpty();
        }
        PlacementState none = step(state, new ReplicaIsAt(ONE, 1, null, "no other host is up"));
        assertThat(none.replica()).isNull();
        assertThat(none.replicaProblem()).isEqualTo("no other host is up");
        assertThat(step(none, new AttachRequested(SPEC, THREE, "ha", true)).replica())
                .isNull();
    }

    @Test
    void shouldForgetTheReplicaWhenTheVmHasMovedOrIsDetached() {
        PlacementState moving = step(replicated(), new PlacementInput.MigrateRequested("m1", THREE, "ann"));
        PlacementState back = step(moving, new PlacementInput.HostsLost(Set.of(THREE)));
        assertThat(back.replicaInForce()).as("it never was cut").isEqualTo(new ReplicaPlace(TWO, 1));

        PlacementState cutting = moving;
        for (PlacementInput input : List.of(
                new PlacementInput.TargetIsReady("m1", 7),
                new PlacementInput.PreCopyOrdered("m1"),
                new PlacementInput.SourceHasPreCopied("m1", null, 0))) {
            cutting = step(cutting, input);
        }
        PlacementState moved =
                step(cutting, new PlacementInput.TargetHasActivated("m1", List.of(), List.of(), Side.TARGET));
        assertThat(moved.host()).isEqualTo(THREE);
        assertThat(moved.replica()).isNull();
        assertThat(step(moved, new ReplicaIsAt(THREE, 2, TWO, null)).replica()).isEqualTo(new ReplicaPlace(TWO, 2));

        PlacementState reclaimed = step(
                step(cutting, new PlacementInput.TargetGaveUp("m1", WHY)),
                new PlacementInput.SourceHasReclaimed("m1", WHY));
        assertThat(reclaimed.epoch()).isEqualTo(3);
        assertThat(reclaimed.replica())
                .as("the source enforces under another epoch")
                .isNull();

        PlacementState leaving = step(replicated(), new PlacementInput.DetachRequested("ann"));
        assertThat(step(leaving, new PlacementInput.HostDetached(1)).replica()).isNull();
    }

    private static PlacementState replicated() {
        PlacementState state = PlacementState.empty(SPEC.vm());
        for (PlacementInput input : List.of(
                new AttachRequested(SPEC, ONE, "ann", false),
                new HostAttached(1),
                new ReplicaIsAt(ONE, 1, TWO, null))) {
            state = step(state, input);
        }
        return state;
    }

    private static PlacementState step(PlacementState state, PlacementInput input) {
        Decision decision = PlacementMachine.decide(state, input, 0);
        assertThat(decision.refusal()).isNull();
        assertThat(decision.events()).as("%s", input).isNotEmpty();
        PlacementState next = state;
        for (PlacementEvent event : decision.events()) {
            next = next.apply(event);
        }
        return next;
    }
}
