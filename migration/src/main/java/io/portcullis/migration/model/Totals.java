package io.portcullis.migration.model;

import java.util.Collection;

/** What all hosts of a plan carry together; what a host carries is a share of it. */
record Totals(long vms, long vnics, long connections, long packetsPerSecond) {
    static Totals of(Collection<PlannedHost> hosts) {
        return new Totals(
                hosts.stream().mapToLong(PlannedHost::vms).sum(),
                hosts.stream().mapToLong(PlannedHost::vnics).sum(),
                hosts.stream().mapToLong(PlannedHost::connections).sum(),
                hosts.stream().mapToLong(PlannedHost::packetsPerSecond).sum());
    }

    /** Mean of the four shares, from 0 to 1; what the cluster has nothing of counts as it is. */
    double share(long ofVms, long ofVnics, long ofConnections, long ofPackets) {
        return (part(ofVms, vms)
                        + part(ofVnics, vnics)
                        + part(ofConnections, connections)
                        + part(ofPackets, packetsPerSecond))
                / 4;
    }

    private static double part(long some, long all) {
        return (double) some / Math.max(1, all);
    }
}
