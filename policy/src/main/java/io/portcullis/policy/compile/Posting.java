package io.portcullis.policy.compile;

import java.util.ArrayList;
import java.util.List;

/** The workloads for which one simple condition holds, and the groups whose members are all among those of a few postings, this one too. */
final class Posting {
    IntSet workloads = new IntSet();
    /** Groups to look at when a workload enters or leaves; see {@link Condition#cover}. */
    final List<GroupNode> covered = new ArrayList<>(1);
    /** Conditions of groups that refer to it. */
    int uses;

    /** What it costs to walk its workloads now, and its groups for each workload later. */
    int cost() {
        return workloads.size() + covered.size();
    }
}
