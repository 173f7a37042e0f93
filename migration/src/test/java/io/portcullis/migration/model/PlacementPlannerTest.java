package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.PlacementPolicy.AntiAffinity;
import io.portcullis.migration.model.PlacementPolicy.Preference;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementPlannerTest {
    private static final int ROUNDS = 300;

    @Test
    void shouldSpreadByWhatVmsWeighAndNotByTheirNumber() {
        PlacementPlanner planner = planner(
                PlacementPolicy.Preference.SPREAD,
                AntiAffinity.OFF,
                room("host-1", vm("acme/busy", 1, 1_000_000)),
                room("host-2", vm("acme/idle-1", 1, 0), vm("acme/idle-2", 1, 0)));

        assertThat(choose(planner, vm("acme/new", 1, 100_000))).contains(host(2));
    }

    @Test
    void shouldPackIntoTheHostThatCarriesMostAndHasRoom() {
        PlacementPlanner planner = planner(
                PlacementPolicy.Preference.PACK,
                AntiAffinity.OFF,
                new HostRoom(host(1), 2, true, List.of(vm("acme/a", 1, 9), vm("acme/b", 1, 9))),
                room("host-2", vm("acme/c", 1, 5)),
                room("host-3"));

        assertThat(choose(planner, vm("acme/new", 1, 1))).contains(host(2));
    }

    @Test
    void shouldKeepVmsOfOneTenantApartAndNotThoseOfTwo() {
        VmLoad db = new VmLoad(VmId.parse("acme/db-1"), 1, 0, 0, Set.of("db"));
        VmLoad other = new VmLoad(VmId.parse("acme/db-2"), 1, 0, 0, Set.of("db", "rack"));
        VmLoad foreign = new VmLoad(VmId.parse("umbrella/db-2"), 1, 0, 0, Set.of("db"));
        for (AntiAffinity mode : AntiAffinity.values()) {
            PlacementPlanner planner = planner(Preference.PACK, mode, room("host-1", db), full("host-2"));
            assertThat(choose(planner, foreign)).contains(host(1));
            assertThat(choose(planner, other))
                    .isEqualTo(mode == AntiAffinity.HARD ? Optional.empty() : Optional.of(host(1)));
        }
        PlacementPlanner hard = planner(Preference.PACK, AntiAffinity.HARD, room("host-1", db));
        assertThat(hard.whyNone(other, host -> true)).contains("anti-affinity");
        assertThat(planner(Preference.PACK, AntiAffinity.HARD, full("host-2")).whyNone(other, host -> true))
                .contains("room");
    }

    @Test
    void shouldNeverBreakARuleAndNeverLeaveAVmHomelessForWhichThereIsRoom() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            String what = "seed " + seed + ", round " + round;
            List<HostRoom> rooms = randomRooms(random);
            PlacementPolicy policy = new PlacementPolicy(
                    Preference.values()[random.nextInt(2)], AntiAffinity.values()[random.nextInt(3)]);
            PlacementPlanner planner = new PlacementPlanner(rooms, policy);
            Map<HostId, List<VmLoad>> carried = new HashMap<>();
            rooms.forEach(room -> carried.put(room.host(), new ArrayList<>(room.vms())));
            for (int i = 0; i < 10; i++) {
                VmLoad vm = randomVm(random, "new-" + i);
                HostId forbidden = host(1 + random.nextInt(4));
                Optional<HostId> chosen = planner.choose(vm, host -> !host.equals(forbidden));
                List<HostRoom> fits = rooms.stream()
                        .filter(room -> room.takesVms() && !room.host().equals(forbidden))
                        .filter(room -> in(carried, room.host()).stream()
                                                .mapToInt(VmLoad::vnics)
                                                .sum()
                                        + vm.vnics()
                                <= room.maxVnics())
                        .toList();
                Set<HostId> apart = fits.stream()
                        .map(HostRoom::host)
                        .filter(host -> in(carried, host).stream().noneMatch(other -> mustBeApart(vm, other)))
                        .collect(Collectors.toSet());
                Set<HostId> best = policy.antiAffinity() == AntiAffinity.HARD
                        ? apart
                        : policy.antiAffinity() == AntiAffinity.SOFT && !apart.isEmpty()
                                ? apart
                                : fits.stream().map(HostRoom::host).collect(Collectors.toSet());
                assertThat(chosen.isPresent()).as(what).isEqualTo(!best.isEmpty());
                chosen.ifPresent(host -> {
                    assertThat(best).as(what).contains(host);
                    in(carried, host).add(vm);
                    planner.place(vm, host);
                });
            }
        }
    }

    @Test
    void shouldEvenOutWithEveryMoveOfAPlan() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            String what = "seed " + seed + ", round " + round;
            List<HostRoom> rooms = randomRooms(random);
            AntiAffinity mode = AntiAffinity.values()[random.nextInt(3)];
            int limit = 1 + random.nextInt(20);
            RebalancePlan plan = RebalancePlan.of(rooms, host -> !host.equals(host(4)), mode, limit, 0.1);

            assertThat(plan.moves()).as(what).hasSizeLessThanOrEqualTo(limit);
            Map<VmId, VmLoad> loads = new HashMap<>();
            Map<HostId, Set<VmId>> carried = new HashMap<>();
            rooms.forEach(room -> {
                carried.put(room.host(), new HashSet<>());
                room.vms().forEach(vm -> {
                    loads.put(vm.vm(), vm);
                    in(carried, room.host()).add(vm.vm());
                });
            });
            Set<VmId> moved = new HashSet<>();
            double unevenness = unevenness(rooms, carried, loads);
            for (RebalancePlan.Step step : plan.moves()) {
                VmLoad vm = in(loads, step.vm());
                HostRoom to = rooms.stream()
                        .filter(room -> room.host().equals(step.to()))
                        .findFirst()
                        .orElseThrow();
                assertThat(moved.add(step.vm())).as(what).isTrue();
                assertThat(in(carried, step.from()).remove(step.vm())).as(what).isTrue();
                assertThat(to.takesVms()).as(what).isTrue();
                assertThat(step.to()).as(what).isNotEqualTo(host(4));
                if (mode == AntiAffinity.HARD) {
                    assertThat(in(carried, step.to()).stream().noneMatch(other -> mustBeApart(vm, in(loads, other))))
                            .as(what)
                            .isTrue();
                }
                in(carried, step.to()).add(step.vm());
                assertThat(in(carried, step.to()).stream()
                                .mapToInt(id -> in(loads, id).vnics())
                                .sum())
                        .as(what)
                        .isLessThanOrEqualTo(to.maxVnics());
                double after = unevenness(rooms, carried, loads);
                assertThat(after).as(what).isLessThan(unevenness);
                unevenness = after;
            }
        }
    }

    private static double unevenness(List<HostRoom> rooms, Map<HostId, Set<VmId>> carried, Map<VmId, VmLoad> loads) {
        List<HostRoom> taking = rooms.stream().filter(HostRoom::takesVms).toList();
        Totals totals = Totals.of(taking.stream().map(PlannedHost::new).toList());
        return taking.stream()
                .mapToDouble(room -> in(carried, room.host()).stream()
                        .mapToDouble(vm -> PlannedHost.shareOf(in(loads, vm), totals))
                        .sum())
                .map(share -> share * share)
                .sum();
    }

    private static <K, V> V in(Map<K, V> map, K key) {
        return Objects.requireNonNull(map.get(key));
    }

    private static boolean mustBeApart(VmLoad one, VmLoad other) {
        return one.vm().tenant().equals(other.vm().tenant())
                && !one.vm().equals(other.vm())
                && one.apart().stream().anyMatch(other.apart()::contains);
    }

    private static List<HostRoom> randomRooms(Random random) {
        return IntStream.rangeClosed(1, 4)
                .mapToObj(host -> {
                    List<VmLoad> vms = IntStream.range(0, random.nextInt(8))
                            .mapToObj(i -> randomVm(random, "vm-" + host + "-" + i))
                            .toList();
                    int vnics = vms.stream().mapToInt(VmLoad::vnics).sum();
                    return new HostRoom(host(host), vnics + random.nextInt(6), random.nextInt(5) > 0, vms);
                })
                .toList();
    }

    private static VmLoad randomVm(Random random, String name) {
        String tenant = random.nextBoolean() ? "acme" : "umbrella";
        Set<String> apart = random.nextInt(3) == 0 ? Set.of(random.nextBoolean() ? "db" : "web") : Set.of();
        return new VmLoad(
                VmId.parse(tenant + "/" + name),
                1 + random.nextInt(3),
                random.nextInt(1_000),
                random.nextInt(3) == 0 ? 0 : random.nextInt(10_000),
                apart);
    }

    private static Optional<HostId> choose(PlacementPlanner planner, VmLoad vm) {
        return planner.choose(vm, host -> true);
    }

    private static PlacementPlanner planner(Preference preference, AntiAffinity antiAffinity, HostRoom... rooms) {
        return new PlacementPlanner(List.of(rooms), new PlacementPolicy(preference, antiAffinity));
    }

    private static HostRoom room(String host, VmLoad... vms) {
        return new HostRoom(new HostId(host), 100, true, List.of(vms));
    }

    private static HostRoom full(String host) {
        return new HostRoom(new HostId(host), 0, true, List.of());
    }

    private static VmLoad vm(String id, int vnics, long connections) {
        return new VmLoad(VmId.parse(id), vnics, connections, 0, Set.of());
    }

    private static HostId host(int number) {
        return new HostId("host-" + number);
    }
}
