package io.portcullis.loadtest.bench;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;

/** Rules for {@link TrackFrames}: each allows HTTPS with one prefix of 256 addresses, from it or to it; all else is dropped. */
final class TrackPolicy {
    private TrackPolicy() {}

    static RuleTable of(int rules, boolean isIpv6) {
        List<TableRule> list = new ArrayList<>(rules);
        for (int i = 0; i < rules; i++) {
            boolean isOutbound = (i & 1) == 1;
            AddressMatch prefix = AddressMatch.in(List.of(prefix(i, isIpv6)));
            list.add(new TableRule(
                    1_000L + i,
                    "bench/" + i,
                    Category.APPLICATION,
                    isOutbound ? RuleDirection.OUT : RuleDirection.IN,
                    isIpv6 ? IpFamily.IPV6 : IpFamily.IPV4,
                    isOutbound ? AddressMatch.ANY : prefix,
                    isOutbound ? prefix : AddressMatch.ANY,
                    List.of(ServiceMatch.ports(
                            PacketView.PROTOCOL_TCP, TrackFrames.SERVER_PORT, TrackFrames.SERVER_PORT)),
                    Action.ALLOW,
                    LiveFlowMode.RECHECK,
                    false));
        }
        return new RuleTable("bench-" + rules + (isIpv6 ? "-6" : "-4"), list, Action.DROP, false);
    }

    /** The same, and behind them rules on a group of which nobody in the traffic is a member. */
    static RuleTable withGroup(RuleTable table, int groupRules, List<IpRange> members, String hash) {
        List<TableRule> list = new ArrayList<>(table.rules());
        for (int i = 0; i < groupRules; i++) {
            list.add(new TableRule(
                    1_000_000L + i,
                    "bench/group-" + i,
                    Category.APPLICATION,
                    RuleDirection.BOTH,
                    IpFamily.ANY,
                    AddressMatch.in(members),
                    AddressMatch.ANY,
                    List.of(ServiceMatch.ports(PacketView.PROTOCOL_TCP, 1_024 + i, 1_024 + i)),
                    Action.ALLOW,
                    LiveFlowMode.RECHECK,
                    false));
        }
        return new RuleTable(hash, list, table.defaultAction(), false);
    }

    private static IpRange prefix(int rule, boolean isIpv6) {
        long first = TrackFrames.firstRemote(rule);
        long high = TrackFrames.remoteHigh(isIpv6);
        return isIpv6
                ? new IpRange(IpFamily.IPV6, high, first, high, first + 255)
                : new IpRange(IpFamily.IPV4, 0, first, 0, first + 255);
    }
}
