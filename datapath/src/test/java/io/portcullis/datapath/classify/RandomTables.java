package io.portcullis.datapath.classify;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Rule tables with everything that a rule can say, and packets that meet it; everything follows from the seed. */
final class RandomTables {
    private static final int[] PROTOCOLS = {6, 6, 6, 17, 17, 132, 1, 58, 47};
    private static final int[] PORTS = {0, 22, 53, 80, 443, 1_023, 1_024, 8_080, 65_535};

    final SplittableRandom random;
    private final List<List<IpRange>> groups = new ArrayList<>();
    private final int spread;

    /** @param spread how many values an address byte takes: few make rules that overlap much */
    RandomTables(long seed, int spread) {
        random = new SplittableRandom(seed);
        this.spread = spread;
        for (int i = 0; i < 12; i++) {
            List<IpRange> group = new ArrayList<>();
            for (int n = random.nextInt(1 << random.nextInt(7)); n > 0; n--) {
                group.add(range(random.nextInt(3) > 0));
            }
            groups.add(group);
        }
    }

    RuleTable table(int count) {
        List<TableRule> rules = new ArrayList<>();
        int stage = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            if (random.nextInt(Math.max(1, count / 3)) == 0) {
                stage = Math.min(stage + 1, Stage.values().length - 1);
            }
            rules.add(rule(i, Stage.values()[stage]));
        }
        return new RuleTable("table", rules, Action.DROP, false);
    }

    private TableRule rule(int i, Stage stage) {
        int services = random.nextInt(5) == 0 ? random.nextInt(1, 12) : 1;
        List<ServiceMatch> matches = new ArrayList<>();
        for (int s = 0; s < services; s++) {
            matches.add(service());
        }
        return TableRule.of(i + 1, "rule/" + i, random.nextInt(5) == 0 ? Action.PASS : Action.ALLOW)
                .direction(RuleDirection.values()[random.nextInt(3)])
                .family(random.nextInt(4) == 0 ? IpFamily.values()[random.nextInt(3)] : IpFamily.ANY)
                .from(addresses())
                .to(addresses())
                .services(matches)
                .servicesNegated(random.nextInt(12) == 0)
                .stage(stage)
                .build();
    }

    private AddressMatch addresses() {
        List<IpRange> few = new ArrayList<>();
        for (int n = random.nextInt(4); n > 0; n--) {
            few.add(range(random.nextInt(4) == 0));
        }
        return switch (random.nextInt(8)) {
            case 0, 1 -> AddressMatch.ANY;
            case 2, 3 -> AddressMatch.in(groups.get(random.nextInt(groups.size())));
            case 4 -> AddressMatch.notIn(groups.get(random.nextInt(groups.size())));
            case 5 -> AddressMatch.notIn(few);
            default -> AddressMatch.in(few);
        };
    }

    private IpRange range(boolean isSingle) {
        boolean isIpv4 = random.nextInt(3) > 0;
        int bits = isSingle ? 0 : random.nextInt(isIpv4 ? 33 : 129);
        long[] address = isIpv4 ? new long[] {0, ipv4()} : ipv6();
        if (random.nextInt(3) > 0) {
            long low = bits >= 64 ? -1 : (1L << bits) - 1;
            long high = bits <= 64 ? 0 : bits == 128 ? -1 : (1L << bits - 64) - 1;
            return new IpRange(
                    isIpv4 ? IpFamily.IPV4 : IpFamily.IPV6,
                    address[0] & ~high,
                    address[1] & ~low,
                    address[0] | high,
                    address[1] | low);
        }
        if (isIpv4) {
            return new IpRange(
                    IpFamily.IPV4, 0, address[1], 0, Math.min(0xffff_ffffL, address[1] + random.nextInt(5_000)));
        }
        return new IpRange(IpFamily.IPV6, address[0], address[1], address[0] | 0xffff, -1L);
    }

    private long ipv4() {
        return 10L << 24 | part() << 16 | part() << 8 | part();
    }

    private long[] ipv6() {
        return new long[] {0xfd00_0000_0000_0000L | part() << 20 | part(), part() << 60 | part() << 30 | part()};
    }

    private long part() {
        return random.nextInt(spread);
    }

    private ServiceMatch service() {
        int protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
        if (random.nextInt(4) == 0) {
            return random.nextBoolean() ? ServiceMatch.ANY : ServiceMatch.protocol(protocol);
        }
        if (protocol == PacketView.PROTOCOL_ICMP || protocol == PacketView.PROTOCOL_ICMPV6) {
            return ServiceMatch.icmp(protocol, random.nextInt(-1, 3), random.nextInt(-1, 2));
        }
        int first = PORTS[random.nextInt(PORTS.length)];
        int last = Math.max(first, PORTS[random.nextInt(PORTS.length)]);
        boolean bySource = random.nextInt(5) == 0;
        ServiceMatch ports = new ServiceMatch(
                protocol,
                bySource ? first : 0,
                bySource ? last : 65_535,
                first,
                random.nextBoolean() ? first : last,
                -1,
                -1);
        return protocol == PacketView.PROTOCOL_TCP && random.nextInt(4) == 0 ? ports.withTcpFlags(0x12, 0x02) : ports;
    }

    /** Fills the packet; most often with addresses of a rule. */
    void packet(RuleTable table, PacketView packet) {
        boolean isIpv4 = random.nextInt(3) > 0;
        packet.family = isIpv4 ? IpFamily.IPV4 : IpFamily.IPV6;
        TableRule rule = table.rules().isEmpty()
                ? null
                : table.rules().get(random.nextInt(table.rules().size()));
        long[] source = address(rule == null ? AddressMatch.ANY : rule.sources(), isIpv4);
        long[] destination = address(rule == null ? AddressMatch.ANY : rule.destinations(), isIpv4);
        packet.sourceHigh = source[0];
        packet.sourceLow = source[1];
        packet.destinationHigh = destination[0];
        packet.destinationLow = destination[1];
        packet.protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
        packet.sourcePort = PORTS[random.nextInt(PORTS.length)];
        packet.destinationPort = PORTS[random.nextInt(PORTS.length)];
        packet.icmpType = random.nextInt(3);
        packet.icmpCode = random.nextInt(2);
        packet.tcpFlags = random.nextInt(64);
        packet.isLaterFragment = random.nextInt(40) == 0;
        packet.isFragment = packet.isLaterFragment;
    }

    private long[] address(AddressMatch match, boolean isIpv4) {
        if (!match.ranges().isEmpty() && random.nextInt(4) > 0) {
            IpRange range = match.ranges().get(random.nextInt(match.ranges().size()));
            if ((range.family() == IpFamily.IPV4) == isIpv4) {
                return random.nextBoolean()
                        ? new long[] {range.firstHigh(), range.firstLow()}
                        : new long[] {range.lastHigh(), range.lastLow()};
            }
        }
        return isIpv4 ? new long[] {0, ipv4()} : ipv6();
    }
}
