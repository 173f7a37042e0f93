package io.portcullis.migration.model;

import io.portcullis.migration.model.PlacementPolicy.AntiAffinity;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Moves that even out what hosts carry, in the order in which they should be made, and what every host would carry then.
 *
 * <p>Each move takes a VM from one of the hosts that carry most to one of those that carry least, the one that makes the sum of the squares of all shares
 * smallest; so every move helps, and a plan ends. No VM moves twice. Hosts that take no VMs have no part in it.
 */
public record RebalancePlan(List<Step> moves, List<HostBalance> hosts) {
    /** Hosts that are looked at on each side for the next move. */
    private static final int BREADTH = 4;

    /** A smaller gain is not worth a move; of the sum of squares, which is at most 1. */
    private static final double LEAST_GAIN = 1e-6;

    public RebalancePlan {
        moves = List.copyOf(moves);
        hosts = List.copyOf(hosts);
    }

    /** A VM that is to move. */
    public record Step(VmId vm, HostId from, HostId to, long connections, long packetsPerSecond) {}

    /** What a host carries. */
    public record Carried(int vms, long vnics, long connections, long packetsPerSecond) {
        static Carried of(PlannedHost host) {
            return new Carried(host.vms(), host.vnics(), host.connections(), host.packetsPerSecond());
        }
    }

    public record HostBalance(HostId host, Carried before, Carried after) {}

    private record Candidate(VmLoad vm, PlannedHost from, PlannedHost to, double gain) {}

    /**
     * Makes a plan.
     *
     * @param targets hosts that may get VMs
     * @param maxMoves after so many the plan ends
     * @param tolerance the plan ends when no two hosts' shares differ by more than this part of the mean share
     */
    public static RebalancePlan of(
            Collection<HostRoom> rooms,
            Predicate<HostId> targets,
            AntiAffinity antiAffinity,
            int maxMoves,
            double tolerance) {
        List<PlannedHost> hosts = rooms.stream()
                .filter(HostRoom::takesVms)
                .sorted(Comparator.comparing(room -> room.host().value()))
                .map(PlannedHost::new)
                .toList();
        Totals totals = Totals.of(hosts);
        List<Carried> before = hosts.stream().map(Carried::of).toList();
        List<Step> moves = new ArrayList<>();
        Set<VmId> moved = new HashSet<>();
        while (moves.size() < maxMoves && !isEven(hosts, totals, tolerance)) {
            Candidate best = best(hosts, totals, targets, antiAffinity, moved);
            if (best == null) {
                break;
            }
            VmLoad vm = best.vm();
            best.from().remove(vm.vm());
            best.to().add(vm);
            moved.add(vm.vm());
            moves.add(new Step(vm.vm(), best.from().id(), best.to().id(), vm.connections(), vm.packetsPerSecond()));
        }
        List<HostBalance> balances = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            balances.add(new HostBalance(hosts.get(i).id(), before.get(i), Carried.of(hosts.get(i))));
        }
        return new RebalancePlan(moves, balances);
    }

    private static boolean isEven(List<PlannedHost> hosts, Totals totals, double tolerance) {
        double most =
                hosts.stream().mapToDouble(host -> host.share(totals)).max().orElse(0);
        double least =
                hosts.stream().mapToDouble(host -> host.share(totals)).min().orElse(0);
        return most - least <= tolerance / Math.max(1, hosts.size());
    }

    private static @Nullable Candidate best(
            List<PlannedHost> hosts,
            Totals totals,
            Predicate<HostId> targets,
            AntiAffinity antiAffinity,
            Set<VmId> moved) {
        List<PlannedHost> byShare = hosts.stream()
                .sorted(Comparator.comparingDouble(host -> host.share(totals)))
                .toList();
        Candidate best = null;
        for (PlannedHost from : byShare.reversed().stream().limit(BREADTH).toList()) {
            for (PlannedHost to : byShare.stream()
                    .filter(host -> targets.test(host.id()))
                    .limit(BREADTH)
                    .toList()) {
                for (VmLoad vm : from == to ? List.<VmLoad>of() : from.loads()) {
                    double gain = moved.contains(vm.vm()) || !isAllowed(vm, from, to, antiAffinity)
                            ? 0
                            : gain(vm, from, to, totals);
                    if (gain > (best == null ? LEAST_GAIN : best.gain())) {
                        best = new Candidate(vm, from, to, gain);
                    }
                }
            }
        }
        return best;
    }

    /** A plan separates no better than it finds things, but never worse. */
    private static boolean isAllowed(VmLoad vm, PlannedHost from, PlannedHost to, AntiAffinity antiAffinity) {
        if (!to.hasRoom(vm)) {
            return false;
        }
        return switch (antiAffinity) {
            case OFF -> true;
            case SOFT -> to.conflicts(vm) <= from.conflicts(vm);
            case HARD -> to.conflicts(vm) == 0;
        };
    }

    /** By how much the sum of squares falls. */
    private static double gain(VmLoad vm, PlannedHost from, PlannedHost to, Totals totals) {
        double share = PlannedHost.shareOf(vm, totals);
        double source = from.share(totals);
        double target = to.share(totals);
        return 2 * share * (source - target - share);
    }
}
