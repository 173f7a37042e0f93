package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Walks through every state that any order of inputs can reach within some epochs, and checks what must hold in each. */
class PlacementMachineTest {
    private static final VmId VM = VmId.parse("acme/web-1");
    private static final VmSpec SPEC = new VmSpec(
            VM, List.of(new VnicSpec(new VnicId(VM, "eth0"), new MacAddress(2), List.of(), 10, "memory:web-1")));
    private static final HostId ONE = new HostId("host-1");
    private static final HostId TWO = new HostId("host-2");
    private static final long HIGHEST_EPOCH = 9;
    private static final Refusal WHY = new Refusal(RefusalCode.TIMEOUT, "why");
    private static final Refusal GIVEN_UP = new Refusal(RefusalCode.STALE_EPOCH, "that is over");

    private static final List<PlacementInput> INPUTS = inputs();

    private static List<PlacementInput> inputs() {
        List<PlacementInput> inputs = new ArrayList<>(List.of(
                new PlacementInput.AttachRequested(SPEC, ONE, "ann", false),
                new PlacementInput.AttachRequested(SPEC, ONE, "ann", true),
                new PlacementInput.AttachRequested(SPEC, TWO, "ann", true),
                new PlacementInput.DetachRequested("ann"),
                new PlacementInput.MigrateRequested("m1", ONE, "ann"),
                new PlacementInput.MigrateRequested("m1", TWO, "ann"),
                new PlacementInput.MigrateRequested("m1", TWO, "ann", Mover.HYPERVISOR),
                new PlacementInput.VmHasStopped("m1", true),
                new PlacementInput.VmHasStopped("m1", false),
                new PlacementInput.VmHasStopped("another", true),
                new PlacementInput.CancelRequested("m1", "ann"),
                new PlacementInput.TargetIsReady("m1", 7),
                new PlacementInput.TargetGaveUp("m1", WHY),
                new PlacementInput.PreCopyOrdered("m1"),
                new PlacementInput.SourceHasPreCopied("m1", null, 0),
                new PlacementInput.TargetHasActivated("m1", List.of(), List.of(), Side.TARGET),
                new PlacementInput.TargetHasActivated("m1", List.of(), List.of(), Side.SOURCE),
                new PlacementInput.SourceKept("m1", WHY),
                new PlacementInput.SourceFailed("m1", WHY),
                new PlacementInput.SourceHasReclaimed("m1", WHY),
                new PlacementInput.SourceHasReleased("m1"),
                new PlacementInput.TargetGaveUp("another", WHY),
                new PlacementInput.TargetHasActivated("another", List.of(), List.of(), Side.TARGET),
                new PlacementInput.HostsLost(Set.of()),
                new PlacementInput.HostsLost(Set.of(ONE)),
                new PlacementInput.HostsLost(Set.of(TWO)),
                new PlacementInput.HostsLost(Set.of(ONE, TWO))));
        for (long epoch = 1; epoch <= HIGHEST_EPOCH; epoch++) {
            inputs.add(new PlacementInput.HostAttached(epoch));
            inputs.add(new PlacementInput.HostRefusedAttach(epoch, WHY));
            inputs.add(new PlacementInput.HostRefusedAttach(epoch, GIVEN_UP));
            inputs.add(new PlacementInput.HostDetached(epoch));
        }
        for (PlacementPhase phase : PlacementPhase.values()) {
            inputs.add(new PlacementInput.DeadlinePassed(phase));
        }
        return inputs;
    }

    /** What {@link #explore} found, which all tests look at. */
    private static @Nullable Map<PlacementState, Set<PlacementState>> reachable;

    /** Every reachable state, with the states that follow it. Texts of a migration do not count. */
    private static Map<PlacementState, Set<PlacementState>> explore() {
        if (reachable == null) {
            reachable = Collections.unmodifiableMap(explored());
        }
        return reachable;
    }

    private static Map<PlacementState, Set<PlacementState>> explored() {
        Map<PlacementState, Set<PlacementState>> seen = new HashMap<>();
        Queue<PlacementState> open = new ArrayDeque<>(List.of(PlacementState.empty(VM)));
        while (!open.isEmpty()) {
            PlacementState state = open.remove();
            if (seen.containsKey(state)) {
                continue;
            }
            Set<PlacementState> next = new HashSet<>();
            seen.put(state, next);
            for (PlacementInput input : INPUTS) {
                PlacementState after = step(state, input);
                if (!after.equals(state) && after.nextEpoch() <= HIGHEST_EPOCH) {
                    next.add(after);
                    open.add(after);
                }
            }
        }
        return seen;
    }

    private static PlacementState step(PlacementState state, PlacementInput input) {
        Decision decision = PlacementMachine.decide(state, input, 0);
        assertThat(decision.refusal() == null || decision.events().isEmpty()).isTrue();
        PlacementState after = state;
        for (PlacementEvent event : decision.events()) {
            after = after.apply(event);
        }
        check(state, input, after);
        return withoutHistory(after);
    }

    private static PlacementState withoutHistory(PlacementState state) {
        Move move = state.move();
        Move plain = move == null
                ? null
                : new Move(
                        move.id(),
                        move.from(),
                        move.to(),
                        move.epochBefore(),
                        move.epoch(),
                        move.reclaimEpoch(),
                        move.requestedBy(),
                        move.policyRevision(),
                        move.targetAborted(),
                        move.reclaim(),
                        move.cancelled(),
                        null,
                        move.phases(),
                        List.of(),
                        move.mover(),
                        move.stopped(),
                        move.waitedSinceMillis(),
                        null);
        MigrationReceipt receipt = state.phase() == PlacementPhase.COMMITTED ? state.lastReceipt() : null;
        return new PlacementState(
                state.vm(),
                state.phase(),
                state.epoch(),
                state.grantedEpoch(),
                state.spec(),
                state.host(),
                plain,
                receipt == null
                        ? null
                        : new MigrationReceipt(
                                receipt.id(),
                                receipt.vm(),
                                receipt.from(),
                                receipt.to(),
                                receipt.epochBefore(),
                                receipt.epochAfter(),
                                receipt.requestedBy(),
                                receipt.outcome(),
                                receipt.phases(),
                                List.of(),
                                List.of(),
                                receipt.waitedSinceMillis()),
                state.takenFrom());
    }

    private static void check(PlacementState before, PlacementInput input, PlacementState after) {
        String what = before + "\n" + input + "\n" + after;
        assertThat(after.epoch()).as(what).isGreaterThanOrEqualTo(before.epoch());
        assertThat(after.grantedEpoch()).as(what).isGreaterThanOrEqualTo(before.grantedEpoch());
        if (before.host() != null && after.host() != null && !before.host().equals(after.host())) {
            assertThat(after.epoch()).as("a new host has a new epoch\n" + what).isGreaterThan(before.epoch());
            assertThat(input)
                    .as(what)
                    .matches(cause -> cause instanceof PlacementInput.TargetHasActivated
                            || cause instanceof PlacementInput.AttachRequested attach && attach.hostLost());
        }
        assertThat(after.orders().isEmpty()).as(what).isEqualTo(after.phase().settled());
        assertThat(after.move() != null).as(what).isEqualTo(after.phase().moving());
        assertThat(after.host() == null).as(what).isEqualTo(after.phase() == PlacementPhase.DETACHED);
        if (before.phase() == PlacementPhase.CUTTING_OVER && after.phase() == PlacementPhase.PLACED) {
            assertThat(after.epoch()).as("the source sealed, perhaps\n" + what).isGreaterThan(before.epoch());
        }
        boolean reclaims = after.orders().stream().anyMatch(PlacementOrder.ReclaimSource.class::isInstance);
        if (reclaims) {
            assertThat(after.currentMove().targetAborted()).as(what).isTrue();
        }
    }

    @Test
    void shouldKeepEveryInvariantInEveryReachableState() {
        Map<PlacementState, Set<PlacementState>> states = explore();

        assertThat(states.keySet()).extracting(PlacementState::phase).contains(PlacementPhase.values());
        assertThat(states).hasSizeGreaterThan(100);
    }

    @Test
    void shouldBelieveOnlyTheSourceThatATargetActivatedWhichWasGivenUp() {
        List<PlacementState> states = explore().keySet().stream()
                .filter(state -> state.phase() == PlacementPhase.ROLLING_BACK
                        && state.currentMove().targetAborted())
                .toList();

        assertThat(states).isNotEmpty().allSatisfy(state -> {
            assertThat(decided(state, Side.TARGET)).isEmpty();
            assertThat(decided(state, Side.SOURCE))
                    .singleElement()
                    .isInstanceOf(PlacementEvent.MigrationCommitted.class);
        });
    }

    private static List<PlacementEvent> decided(PlacementState state, Side by) {
        String id = state.currentMove().id();
        return PlacementMachine.decide(state, new PlacementInput.TargetHasActivated(id, List.of(), List.of(), by), 0)
                .events();
    }

    @Test
    void shouldAttachAnewWhatATargetLostThatHadActivated() {
        PlacementState committed = committed();
        PlacementState placed = committed.apply(new PlacementEvent.SourceReleased("m1", true, 0));

        for (PlacementState state : List.of(committed, placed)) {
            PlacementState after = state;
            for (PlacementEvent event : PlacementMachine.decide(state, new PlacementInput.TargetGaveUp("m1", WHY), 0)
                    .events()) {
                after = after.apply(event);
            }
            assertThat(after.orders())
                    .containsExactly(
                            new PlacementOrder.Attach(committed.currentMove().to(), committed.nextEpoch()));
        }
    }

    @Test
    void shouldTellWhoWaitsWithASealedVmThatItIsDetachedMeanwhile() {
        PlacementState state = committed();
        HostId source = state.currentMove().from();
        for (PlacementEvent event : List.of(
                new PlacementEvent.SourceReleased("m1", false, 0),
                new PlacementEvent.DetachStarted("ann", 0),
                new PlacementEvent.VmDetached(0))) {
            state = state.apply(event);
        }

        assertThat(state.orderForWaiting(source, "m1")).isInstanceOf(PlacementOrder.ReleaseSource.class);
        assertThat(state.orderForWaiting(source, ""))
                .as("one that found it in the directory, under the epoch that was detached")
                .isEqualTo(new PlacementOrder.Detach(source, state.epoch()));
        assertThat(PlacementState.empty(state.vm()).orderForWaiting(source, "")).isNull();
    }

    private static PlacementState committed() {
        return explore().keySet().stream()
                .filter(state -> state.phase() == PlacementPhase.COMMITTED)
                .findAny()
                .orElseThrow();
    }

    @Test
    void shouldBeAbleToSettleFromEveryReachableState() {
        Map<PlacementState, Set<PlacementState>> states = explore();
        Set<PlacementState> settling = new HashSet<>();
        states.keySet().stream().filter(state -> state.phase().settled()).forEach(settling::add);
        boolean grew = true;
        while (grew) {
            grew = false;
            for (Map.Entry<PlacementState, Set<PlacementState>> entry : states.entrySet()) {
                if (!settling.contains(entry.getKey())
                        && entry.getValue().stream().anyMatch(settling::contains)) {
                    grew |= settling.add(entry.getKey());
                }
            }
        }
        assertThat(states.keySet()).allMatch(settling::contains);
    }

    @Test
    void shouldRefuseToCancelFromTheCutOverOn() {
        PlacementInput cancel = new PlacementInput.CancelRequested("m1", "ann");
        explore().keySet().stream()
                .filter(state ->
                        state.phase() == PlacementPhase.CUTTING_OVER || state.phase() == PlacementPhase.COMMITTED)
                .forEach(state -> assertThat(
                                PlacementMachine.decide(state, cancel, 0).refusal())
                        .isNotNull()
                        .extracting(Refusal::code)
                        .isEqualTo(RefusalCode.TOO_LATE));
    }

    @Test
    void shouldJournalNothingBetweenTheCutOverAndTheActivation() {
        explore().keySet().stream()
                .filter(state -> state.phase() == PlacementPhase.CUTTING_OVER)
                .forEach(state -> INPUTS.forEach(input -> {
                    List<PlacementEvent> events =
                            PlacementMachine.decide(state, input, 0).events();
                    if (!events.isEmpty()) {
                        assertThat(events.getFirst())
                                .isInstanceOfAny(
                                        PlacementEvent.MigrationCommitted.class, PlacementEvent.RollbackStarted.class);
                    }
                }));
    }

    @Test
    void shouldCutAVmThatAHypervisorMovesOnlyWhenItHasStoppedIt() {
        explore()
                .forEach((before, followers) -> followers.forEach(after -> {
                    if (before.phase() != PlacementPhase.CUTTING_OVER
                            && after.phase() == PlacementPhase.CUTTING_OVER
                            && after.currentMove().mover() == Mover.HYPERVISOR) {
                        assertThat(before.currentMove().stopped() || before.phase() == PlacementPhase.AWAITING_STOP)
                                .as(before + "\n" + after)
                                .isTrue();
                    }
                    if (after.phase() == PlacementPhase.AWAITING_STOP) {
                        assertThat(after.currentMove().mover()).isEqualTo(Mover.HYPERVISOR);
                    }
                }));
    }
}
