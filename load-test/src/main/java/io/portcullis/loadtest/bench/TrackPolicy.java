package io.portcullis.loadtest.bench;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
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
            list.add(TableRule.of(1_000L + i, "bench/" + i, Action.ALLOW)
                    .direction(isOutbound ? RuleDirection.OUT : RuleDirection.IN)
                    .family(isIpv6 ? IpFamily.IPV6 : IpFamily.IPV4)
                    .from(isOutbound ? AddressMatch.ANY : prefix)
                    .to(isOutbound ? prefix : AddressMatch.ANY)
                    .services(ServiceMatch.ports(
                            PacketView.PROTOCOL_TCP, TrackFrames.SERVER_PORT, TrackFrames.SERVER_PORT))
                    .build());
        }
        return new RuleTable("bench-" + rules + (isIpv6 ? "-6" : "-4"), list, Action.DROP, false);
    }

    /** The same, and behind them rules on a group of which nobody in the traffic is a member. */
    static RuleTable withGroup(RuleTable table, int groupRules, List<IpRange> members, String hash) {
        List<TableRule> list = new ArrayList<>(table.rules());
        for (int i = 0; i < groupRules; i++) {
            list.add(TableRule.of(1_000_000L + i, "bench/group-" + i, Action.ALLOW)
                    .from(AddressMatch.in(members))
                    .services(ServiceMatch.ports(PacketView.PROTOCOL_TCP, 1_024 + i, 1_024 + i))
                    .build());
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
