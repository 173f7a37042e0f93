package io.portcullis.policy.compile;

import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import java.util.ArrayList;
import java.util.List;

/** The addresses that groups stand for in rules: made when a rule first asks, then changed by who joins and leaves. One thread. */
final class GroupRanges {
    /** So many members may come and go one by one before the ranges of a group are made anew. */
    private static final int MAX_MOVED_ONE_BY_ONE = 16;

    private final Inventory inventory;

    GroupRanges(Inventory inventory) {
        this.inventory = inventory;
    }

    /** The addresses that the group stands for in a rule, merged. */
    List<IpRange> of(GroupNode group) {
        List<IpRange> known = group.ranges;
        if (known == null) {
            List<IpRange> ranges = new ArrayList<>(group.literals);
            group.members.workloads.forEach(
                    number -> ranges.addAll(inventory.workload(number).workload.range()));
            known = IpRanges.merge(ranges);
            group.ranges = known;
            group.hasFreshRanges = group.changed;
        }
        return known;
    }

    /** Brings the ranges of a changed group up to date, if somebody has asked for them before this update; says whether they are others. */
    boolean refresh(GroupNode group) {
        List<IpRange> before = group.ranges;
        if (before == null || group.hasFreshRanges) {
            return false;
        }
        if (group.hasOtherLiterals || group.moved.size() > MAX_MOVED_ONE_BY_ONE) {
            group.ranges = null;
            return !of(group).equals(before);
        }
        List<IpRange> ranges = before;
        for (WorkloadNode workload : group.moved) {
            for (IpRange address : workload.workload.range()) {
                boolean holds = IpRanges.intersects(group.literals, List.of(address)) || hasMemberWith(group, workload);
                ranges = holds ? IpRanges.union(ranges, address) : IpRanges.subtract(ranges, address);
            }
        }
        group.ranges = ranges;
        return !ranges.equals(before);
    }

    /** Whether a member has the workload's address. */
    private static boolean hasMemberWith(GroupNode group, WorkloadNode workload) {
        IntSet sharers = workload.sharers;
        for (int place = 0; sharers != null && place < sharers.size(); place++) {
            if (group.members.workloads.contains(sharers.get(place))) {
                return true;
            }
        }
        return false;
    }
}
