package io.portcullis.policy.analyze;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import io.portcullis.policy.table.ServiceMatch;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One frame of every kind that rules of {@link RandomPolicies} tell apart: each address, header and MAC address stands for all like it.
 * Says by looking at each which of them a rule matches; shares nothing with the analyzer.
 */
final class EveryFrame {
    private static final List<String> ADDRESSES = List.of(
            "9.9.9.9",
            "10.0.0.0",
            "10.0.0.1",
            "10.0.0.2",
            "10.0.0.3",
            "10.0.0.4",
            "10.0.0.5",
            "11.1.1.1",
            "224.0.0.9",
            "255.255.255.255",
            "2001:db8::",
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8::3",
            "2001:db8::4",
            "2001:db9::1",
            "ff02::9");
    private static final long NOBODYS_MAC = 0x0600_0000_0000L;
    private static final long[] SOURCE_MACS = {0x0200_0000_0001L, 0x0200_0000_0002L, 0x0200_0000_0003L, NOBODYS_MAC};
    private static final long[] DESTINATION_MACS = {
        0x0200_0000_0001L, 0x0200_0000_0002L, 0x0200_0000_0003L, NOBODYS_MAC, 0x0100_5e00_0001L, 0xffff_ffff_ffffL
    };

    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    /** A transport header. */
    record Header(int protocol, int sourcePort, int port, int type, int code, int flags, boolean isLaterFragment) {}

    /** @param source null without IP */
    record Frame(
            int etherType,
            long sourceMac,
            long destinationMac,
            @Nullable IpRange source,
            @Nullable IpRange destination,
            Header header) {
        boolean isIp() {
            return source != null;
        }

        /**
         * Whether it comes to the rules that judge connections.
         *
         * @param hasStateless whether some of them judge packets instead
         */
        boolean comesToRules(boolean isLoose, boolean hasStateless) {
            return isIp()
                    && !header.isLaterFragment()
                    && (header.protocol() != 6 || isSyn() || hasStateless || (isLoose && isInMidStream()));
        }

        /** Whether a rule that keeps state decides about it; of ICMP all is taken for a question. */
        boolean isFirst(boolean picksUp) {
            return header.protocol() != 6 || isSyn() || (picksUp && isInMidStream());
        }

        private boolean isSyn() {
            return (header.flags() & 0x17) == 0x02;
        }

        private boolean isInMidStream() {
            return (header.flags() & 0x17) == 0x10;
        }
    }

    private static final IpRange NO_ADDRESS = IpRange.ipv4(0, -1);

    private final TenantModel model;
    private final GroupMembership membership;
    final List<Frame> frames = new ArrayList<>();

    /** @param withMacs whether MAC addresses matter */
    EveryFrame(TenantModel model, boolean withMacs) {
        this.model = model;
        membership = GroupMembership.of(model);
        List<long[]> macs = new ArrayList<>();
        for (long source : SOURCE_MACS) {
            for (long destination : DESTINATION_MACS) {
                if (withMacs || (source == NOBODYS_MAC && destination == NOBODYS_MAC)) {
                    macs.add(new long[] {source, destination});
                }
            }
        }
        List<IpRange> addresses =
                ADDRESSES.stream().map(TestTenant::ip).map(IpRanges::single).toList();
        for (long[] mac : macs) {
            for (IpRange source : addresses) {
                for (IpRange destination : addresses) {
                    if (source.family() == destination.family()) {
                        int type = source.family() == IpFamily.IPV4 ? IPV4 : IPV6;
                        headers(source.family(), withMacs)
                                .forEach(header ->
                                        frames.add(new Frame(type, mac[0], mac[1], source, destination, header)));
                    }
                }
            }
            for (int type : new int[] {0, 0x0806, 0x88cc, 0x9999}) {
                frames.add(new Frame(type, mac[0], mac[1], null, null, new Header(-2, 0, 0, 0, 0, 0, false)));
            }
        }
    }

    private static List<Header> headers(IpFamily family, boolean withFragments) {
        List<Header> headers = new ArrayList<>();
        for (int port : new int[] {21, 22, 80, 443, 60_000}) {
            for (int sourcePort : new int[] {500, 40_000}) {
                for (int flags : new int[] {0x02, 0x10, 0x12}) {
                    headers.add(new Header(6, sourcePort, port, 0, 0, flags, false));
                }
            }
        }
        headers.add(new Header(17, 500, 443, 0, 0, 0, false));
        headers.add(new Header(17, 500, 80, 0, 0, 0, false));
        headers.add(new Header(47, 0, 0, 0, 0, 0, false));
        headers.add(new Header(99, 0, 0, 0, 0, 0, false));
        int own = family == IpFamily.IPV4 ? 1 : 58;
        headers.add(new Header(own, 0, 0, own == 1 ? 8 : 128, 0, 0, false));
        headers.add(new Header(own, 0, 0, 3, 1, 0, false));
        headers.add(new Header(59 - own, 0, 0, 0, 0, 0, false));
        if (withFragments) {
            for (int protocol : new int[] {6, 17, 47, own}) {
                headers.add(new Header(protocol, 0, 0, 0, 0, 0, true));
            }
        }
        return headers;
    }

    /** The frames that the rule matches, whatever vNIC and direction. */
    BitSet matching(Rule rule) {
        Map<IpRange, Boolean> sources = new HashMap<>();
        Map<IpRange, Boolean> destinations = new HashMap<>();
        Map<Header, Boolean> services = new HashMap<>();
        BitSet matching = new BitSet();
        for (int i = 0; i < frames.size(); i++) {
            Frame frame = frames.get(i);
            IpRange source = frame.source();
            IpRange destination = frame.destination();
            boolean isOfFamily = rule.family() == IpFamily.ANY || (source != null && source.family() == rule.family());
            matching.set(
                    i,
                    isOfFamily
                            && rule.ethernet().matches(frame.etherType(), frame.sourceMac(), frame.destinationMac())
                            && sources.computeIfAbsent(key(source), key -> matches(rule.sources(), source))
                            && destinations.computeIfAbsent(
                                    key(destination), key -> matches(rule.destinations(), destination))
                            && services.computeIfAbsent(frame.header(), key -> matchesServices(rule, frame)));
        }
        return matching;
    }

    private static IpRange key(@Nullable IpRange address) {
        return address == null ? NO_ADDRESS : address;
    }

    private boolean matches(Peers peers, @Nullable IpRange address) {
        if (peers.any() || address == null) {
            return peers.any();
        }
        List<IpRange> named = new ArrayList<>();
        peers.groups().forEach(group -> named.addAll(membership.ranges(group)));
        peers.addresses().stream().map(AddressLiteral::range).forEach(named::add);
        boolean isNamed = named.stream()
                .anyMatch(range ->
                        range.family() == address.family() && range.contains(address.firstHigh(), address.firstLow()));
        return isNamed != peers.negated();
    }

    private boolean matchesServices(Rule rule, Frame frame) {
        if (rule.services().any()) {
            return true;
        }
        boolean isNamed = rule.services().names().stream()
                .flatMap(name -> model.service(name).orElseThrow().matches().stream())
                .anyMatch(match -> matches(match, frame));
        return rule.services().negated() ? !isNamed && frame.isIp() : isNamed;
    }

    private static boolean matches(ServiceMatch service, Frame frame) {
        Header header = frame.header();
        if (service.protocol() != header.protocol() || !frame.isIp()) {
            return false;
        }
        if (header.isLaterFragment()) {
            return service.equals(ServiceMatch.protocol(service.protocol()));
        }
        return switch (header.protocol()) {
            case 6, 17 ->
                header.sourcePort() >= service.sourcePortFirst()
                        && header.sourcePort() <= service.sourcePortLast()
                        && header.port() >= service.destinationPortFirst()
                        && header.port() <= service.destinationPortLast()
                        && (header.protocol() != 6
                                || (header.flags() & service.tcpFlagsMask()) == service.tcpFlagsValue());
            case 1, 58 ->
                (service.icmpType() < 0 || service.icmpType() == header.type())
                        && (service.icmpCode() < 0 || service.icmpCode() == header.code());
            default -> true;
        };
    }
}
