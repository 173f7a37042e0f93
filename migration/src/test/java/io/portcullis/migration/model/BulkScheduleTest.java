package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.BulkOperation.Phase;
import io.portcullis.migration.model.BulkOperation.Priority;
import io.portcullis.migration.model.BulkSchedule.Budget;
import io.portcullis.migration.model.BulkSchedule.HeldBack;
import io.portcullis.migration.model.BulkSchedule.Turn;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BulkScheduleTest {
    private static final HostId ONE = new HostId("host-1");
    private static final HostId TWO = new HostId("host-2");
    private static final HostId THREE = new HostId("host-3");
    private static final Budget AMPLE = new Budget(1_000, 1_000, Long.MAX_VALUE);

    @Test
    void shouldGiveTenantsTurnsHoweverManyVmsTheyHave() {
        List<VmId> vms = Stream.concat(vms("acme", 50).stream(), vms("umbrella", 3).stream())
                .toList();

        List<String> tenants = order(AMPLE, operation("op-1", ONE, 6, Priority.NORMAL, Phase.RUNNING, vms)).stream()
                .map(turn -> turn.move().vm().tenant().toString())
                .toList();

        assertThat(tenants).hasSize(6).filteredOn("umbrella"::equals).hasSize(3);
        assertThat(tenants.subList(0, 2)).containsExactlyInAnyOrder("acme", "umbrella");
    }

    @Test
    void shouldRememberWhoseTurnWasLongestAgo() {
        Map<TenantId, Long> lastTurns = new HashMap<>();
        BulkOperation operation = operation(
                "op-1",
                ONE,
                1,
                Priority.NORMAL,
                Phase.RUNNING,
                List.of(VmId.parse("acme/a"), VmId.parse("acme/b"), VmId.parse("umbrella/a")));
        List<String> begun = new ArrayList<>();
        for (int look = 0; look < 3; look++) {
            BulkSchedule schedule = new BulkSchedule(List.of(operation), Map.of(), lastTurns, AMPLE, _ -> 1);
            Turn turn = schedule.next().orElseThrow();
            schedule.begin(turn, TWO);
            VmId vm = turn.move().vm();
            begun.add(vm.toString());
            operation = operation.withMove(vm, move -> move.done(1));
        }
        assertThat(begun).containsExactly("acme/a", "umbrella/a", "acme/b");
    }

    @Test
    void shouldBeginWithTheHighestPriorityAndNothingThatIsPaused() {
        List<Turn> turns = order(
                AMPLE,
                operation("op-1", ONE, 2, Priority.LOW, Phase.RUNNING, vms("low", 2)),
                operation("op-2", TWO, 2, Priority.HIGH, Phase.RUNNING, vms("high", 4)),
                operation("op-3", ONE, 2, Priority.HIGH, Phase.PAUSED, vms("paused", 4)));

        assertThat(turns)
                .extracting(turn -> turn.move().vm().tenant().toString())
                .containsExactly("high", "high", "low", "low");
    }

    @Test
    void shouldNeverExceedABudgetNorStopBeforeOneIsUsedUp() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            String what = "seed " + seed + ", round " + round;
            Budget budget = new Budget(1 + random.nextInt(20), 1 + random.nextInt(10), Long.MAX_VALUE);
            List<BulkOperation> operations = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                operations.add(operation(
                        "op-" + i,
                        new HostId("source-" + i),
                        1 + random.nextInt(8),
                        Priority.values()[random.nextInt(3)],
                        Phase.RUNNING,
                        vms("tenant-" + random.nextInt(3) + "-" + i, random.nextInt(12))));
            }
            List<Turn> turns = order(budget, operations.toArray(BulkOperation[]::new));

            assertThat(turns).as(what).hasSizeLessThanOrEqualTo(budget.overall());
            assertThat(turns.stream().map(turn -> turn.move().vm()).distinct())
                    .as(what)
                    .hasSameSizeAs(turns);
            int possible = 0;
            for (BulkOperation operation : operations) {
                long begun = turns.stream()
                        .filter(turn -> turn.operation().id().equals(operation.id()))
                        .count();
                int most = Math.min(
                        Math.min(operation.parallel(), budget.perHost()),
                        operation.moves().size());
                assertThat(begun).as(what).isLessThanOrEqualTo(most);
                possible += most;
            }
            assertThat(turns).as(what).hasSize(Math.min(possible, budget.overall()));
        }
    }

    @Test
    void shouldCountWhatIsUnderWayAndAsked() {
        BulkOperation operation = operation("op-1", ONE, 3, Priority.NORMAL, Phase.RUNNING, vms("acme", 5))
                .withMove(VmId.parse("acme/vm-0"), move -> move.begun(TWO, "m1", 1));
        BulkSchedule schedule = new BulkSchedule(
                List.of(operation),
                Map.of(VmId.parse("acme/vm-1"), THREE),
                new HashMap<>(),
                new Budget(10, 3, Long.MAX_VALUE),
                _ -> 1);

        Turn turn = schedule.next().orElseThrow();
        assertThat(turn.move().vm()).hasToString("acme/vm-2");
        assertThat(schedule.mayTake(TWO, turn.move().vm())).isTrue();
        schedule.begin(turn, TWO);
        assertThat(schedule.next()).isEmpty();
        assertThat(schedule.heldBack()).isEqualTo(Map.of("op-1", Map.of(HeldBack.PARALLEL, 2)));
    }

    @Test
    void shouldLetOneBeginAloneThatTakesMoreMemoryThanIsToBeOnItsWay() {
        VmId large = VmId.parse("acme/vm-0");
        BulkOperation operation = operation("op-1", ONE, 9, Priority.NORMAL, Phase.RUNNING, vms("acme", 3));
        Budget budget = new Budget(9, 9, 100);
        BulkSchedule schedule = new BulkSchedule(
                List.of(operation), Map.of(), new HashMap<>(), budget, vm -> vm.equals(large) ? 1_000 : 50);
        Turn first = schedule.next().orElseThrow();
        assertThat(first.move().vm()).isEqualTo(large);

        schedule.begin(first, TWO);

        Turn second = schedule.next().orElseThrow();
        assertThat(schedule.mayTake(TWO, second.move().vm()))
                .as("not beside it")
                .isFalse();
        assertThat(schedule.mayTake(THREE, second.move().vm())).isTrue();
        schedule.begin(second, THREE);
        Turn third = schedule.next().orElseThrow();
        assertThat(schedule.mayTake(THREE, third.move().vm()))
                .as("both are 100")
                .isTrue();
        assertThat(schedule.mayTake(THREE, large)).isFalse();
        schedule.skip(third, HeldBack.MEMORY);
        assertThat(schedule.next()).isEmpty();
        assertThat(schedule.heldBack()).isEqualTo(Map.of("op-1", Map.of(HeldBack.MEMORY, 1)));
    }

    @Test
    void shouldNeverHaveMoreMemoryOnItsWayIntoAHostNorLeaveAVmThatMayBegin() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            String what = "seed " + seed + ", round " + round;
            Budget budget = new Budget(1 + random.nextInt(20), 1 + random.nextInt(10), 1 + random.nextInt(300));
            Map<VmId, Long> weights = new HashMap<>();
            List<RebalancePlan.Step> steps = new ArrayList<>();
            for (VmId vm : vms("acme", random.nextInt(25))) {
                weights.put(vm, (long) random.nextInt(200));
                steps.add(new RebalancePlan.Step(
                        vm,
                        new HostId("source-" + random.nextInt(3)),
                        new HostId("target-" + random.nextInt(3)),
                        1,
                        1));
            }
            BulkOperation plan = new BulkOperation(
                    "op-1",
                    BulkOperation.Kind.REBALANCE,
                    null,
                    List.of(),
                    1 + random.nextInt(12),
                    Priority.NORMAL,
                    Phase.RUNNING,
                    "ann",
                    null,
                    1,
                    0,
                    steps.stream().map(BulkMove::planned).toList(),
                    0);
            BulkSchedule schedule = new BulkSchedule(List.of(plan), Map.of(), new HashMap<>(), budget, weights::get);
            Map<HostId, List<Long>> into = new HashMap<>();
            int begun = 0;
            for (Optional<Turn> next = schedule.next(); next.isPresent(); next = schedule.next()) {
                BulkMove move = next.get().move();
                HostId to = Objects.requireNonNull(move.to());
                schedule.begin(next.get(), to);
                into.computeIfAbsent(to, _ -> new ArrayList<>()).add(weights.get(move.vm()));
                begun++;
            }
            into.values()
                    .forEach(all -> assertThat(
                                    all.stream().mapToLong(Long::longValue).sum())
                            .as(what)
                            .satisfiesAnyOf(
                                    sum -> assertThat(sum).isLessThanOrEqualTo(budget.bytesPerHost()),
                                    _ -> assertThat(all.stream().filter(each -> each > 0))
                                            .hasSize(1)));
            int held = schedule.heldBack().getOrDefault("op-1", Map.of()).values().stream()
                    .mapToInt(Integer::intValue)
                    .sum();
            assertThat(begun + held)
                    .as(what + ": each has begun or is said to wait")
                    .isEqualTo(steps.size());
        }
    }

    private static List<Turn> order(Budget budget, BulkOperation... operations) {
        BulkSchedule schedule = new BulkSchedule(List.of(operations), Map.of(), new HashMap<>(), budget, _ -> 1);
        List<Turn> turns = new ArrayList<>();
        for (Optional<Turn> next = schedule.next(); next.isPresent(); next = schedule.next()) {
            turns.add(next.get());
            // To hosts that are no bottleneck.
            schedule.begin(next.get(), new HostId("target-" + turns.size()));
        }
        return turns;
    }

    private static List<VmId> vms(String tenant, int count) {
        return Stream.iterate(0, i -> i + 1)
                .limit(count)
                .map(i -> VmId.parse(tenant + "/vm-" + i))
                .toList();
    }

    private static BulkOperation operation(
            String id, HostId host, int parallel, Priority priority, Phase phase, List<VmId> vms) {
        return new BulkOperation(
                        id,
                        BulkOperation.Kind.DRAIN,
                        host,
                        List.of(),
                        parallel,
                        priority,
                        phase,
                        "ann",
                        null,
                        1,
                        0,
                        List.of(),
                        0)
                .withFound(vms);
    }
}
