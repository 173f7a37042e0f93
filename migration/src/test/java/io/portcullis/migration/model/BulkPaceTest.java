package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What hosts may send of an operation that has a limit. */
class BulkPaceTest {
    private static final HostId ONE = new HostId("host-1");
    private static final HostId TWO = new HostId("host-2");
    private static final HostId THREE = new HostId("host-3");
    private static final VmId A = VmId.parse("acme/a");
    private static final VmId B = VmId.parse("acme/b");
    private static final VmId C = VmId.parse("acme/c");

    @Test
    void shouldHaveNoLimitUnlessItIsGivenOne() {
        BulkState state = started(0);

        assertThat(pace(state, ONE)).isEqualTo(new Pace("op-1", 0));
        assertThat(pace(state.apply(new BulkEvent.LimitsChanged("op-1", 4, 900, "ann", 5)), ONE)
                        .bytesPerSecond())
                .isEqualTo(300);
    }

    @Test
    void shouldGiveEachHostFromWhichVmsAreToGoAnEqualPart() {
        BulkState state = started(900);
        assertThat(Stream.of(ONE, TWO, THREE).map(host -> pace(state, host).bytesPerSecond()))
                .containsExactly(300L, 300L, 300L);

        BulkState less = state.apply(new BulkEvent.MoveBegun("op-1", A, THREE, "m1", 5))
                .apply(new BulkEvent.MoveDone("op-1", A, 6));
        assertThat(pace(less, TWO).bytesPerSecond()).isEqualTo(450);

        BulkState last = less.apply(new BulkEvent.MoveFailed("op-1", B, "why", true, 7));
        assertThat(pace(last, THREE).bytesPerSecond()).isEqualTo(900);
    }

    @Test
    void shouldCountAHostWhoseVmsAreTriedAgain() {
        BulkState state = started(900).apply(new BulkEvent.MoveFailed("op-1", B, "why", false, 7));

        assertThat(pace(state, ONE).bytesPerSecond()).isEqualTo(300);
    }

    @Test
    void shouldKeepItsLimitThroughAllThatBecomesOfIt() {
        BulkState state = started(900);
        for (BulkEvent event : List.of(
                new BulkEvent.PhaseEntered("op-1", BulkOperation.Phase.PAUSED, "ann", 5),
                new BulkEvent.PhaseEntered("op-1", BulkOperation.Phase.RUNNING, "ann", 6),
                new BulkEvent.OperationRestarted("op-1", BulkOperation.Kind.REBALANCE, "ann"),
                new BulkEvent.MoveBegun("op-1", A, THREE, "m1", 7),
                new BulkEvent.LimitsChanged("op-1", 9, 1_200, "ann", 8))) {
            state = state.apply(event);
        }

        assertThat(state.find("op-1").orElseThrow().parallel()).isEqualTo(9);
        assertThat(pace(state, ONE).bytesPerSecond()).isEqualTo(400);
        assertThat(BulkMachine.whyNotLimit(state.find("op-1").orElseThrow())).isNull();
        BulkState over = state.apply(new BulkEvent.PhaseEntered("op-1", BulkOperation.Phase.CANCELLED, "ann", 9));
        assertThat(BulkMachine.whyNotLimit(over.find("op-1").orElseThrow())).isNotNull();
    }

    @Test
    void shouldNeverGiveSoLittleThatItMeansNoLimit() {
        assertThat(pace(started(2), ONE).bytesPerSecond()).isEqualTo(1);
    }

    private static Pace pace(BulkState state, HostId host) {
        return state.find("op-1").orElseThrow().pace(host);
    }

    /** A plan with a move from each of three hosts. */
    private static BulkState started(long bytesPerSecond) {
        return BulkState.EMPTY.apply(new BulkEvent.OperationStarted(new BulkOperation(
                "op-1",
                BulkOperation.Kind.REBALANCE,
                null,
                List.of(),
                4,
                BulkOperation.Priority.NORMAL,
                BulkOperation.Phase.RUNNING,
                "ann",
                null,
                3,
                0,
                List.of(move(A, ONE, TWO), move(B, TWO, THREE), move(C, THREE, ONE)),
                bytesPerSecond)));
    }

    private static BulkMove move(VmId vm, HostId from, HostId to) {
        return BulkMove.planned(new RebalancePlan.Step(vm, from, to, 1, 1));
    }
}
