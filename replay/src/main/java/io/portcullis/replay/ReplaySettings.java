package io.portcullis.replay;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.RuleTable;
import java.util.List;

/**
 * How a capture is replayed.
 *
 * @param table rules in force, with the tracking that they ask for
 * @param isEnforced whether the table is a policy; if not, all packets count as allowed and only their states are said
 * @param ignoresTime whether no time passes between packets
 * @param verifiesChecksums whether a packet with a wrong checksum is invalid
 */
record ReplaySettings(
        RuleTable table,
        boolean isEnforced,
        Inside inside,
        boolean ignoresTime,
        boolean verifiesChecksums,
        int maxConnections) {
    static final int DEFAULT_MAX_CONNECTIONS = 1 << 20;

    /** No policy: tracking only. */
    static ReplaySettings tracking(boolean isLoose, boolean ignoresTime) {
        return new ReplaySettings(
                allowingAll(isLoose, TimeoutPreset.LINUX),
                false,
                Inside.NOTHING,
                ignoresTime,
                true,
                DEFAULT_MAX_CONNECTIONS);
    }

    static RuleTable allowingAll(boolean isLoose, TimeoutPreset timeouts) {
        return RuleTableCodec.seal(List.of(), Action.ALLOW, isLoose, timeouts, false);
    }

    /** Whether FTP control connections open the way for their data connections, whatever the policy says. */
    ReplaySettings withFtpHelper(boolean isOn) {
        RuleTable helped = RuleTableCodec.seal(
                table.rules(), table.defaultAction(), table.looseTracking(), table.timeouts(), isOn);
        return new ReplaySettings(helped, isEnforced, inside, ignoresTime, verifiesChecksums, maxConnections);
    }
}
