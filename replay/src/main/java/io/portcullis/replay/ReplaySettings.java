package io.portcullis.replay;

import io.portcullis.datapath.track.TimeoutPreset;
import io.portcullis.policy.Action;
import io.portcullis.policy.table.RuleTable;
import java.util.List;

/**
 * How a capture is replayed.
 *
 * @param table rules in force, with the tracking that they ask for
 * @param isEnforced whether the table is a policy; if not, all packets count as allowed and only their states are said
 * @param ignoresTime whether no time passes between packets
 * @param hasFtpHelper whether FTP control connections open the way for their data connections
 * @param verifiesChecksums whether a packet with a wrong checksum is invalid
 */
record ReplaySettings(
        RuleTable table,
        boolean isEnforced,
        Inside inside,
        boolean ignoresTime,
        boolean verifiesChecksums,
        boolean hasFtpHelper,
        TimeoutPreset timeouts,
        int maxConnections) {
    static final int DEFAULT_MAX_CONNECTIONS = 1 << 20;

    /** No policy: tracking only. */
    static ReplaySettings tracking(boolean isLoose, boolean ignoresTime) {
        RuleTable all = new RuleTable("", List.of(), Action.ALLOW, isLoose);
        return new ReplaySettings(
                all, false, Inside.NOTHING, ignoresTime, true, false, TimeoutPreset.LINUX, DEFAULT_MAX_CONNECTIONS);
    }

    ReplaySettings withFtpHelper(boolean isOn) {
        return new ReplaySettings(
                table, isEnforced, inside, ignoresTime, verifiesChecksums, isOn, timeouts, maxConnections);
    }
}
