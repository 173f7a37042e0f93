package io.portcullis.policy.analyze;

import io.portcullis.policy.IpFamily;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.table.ServiceMatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The transport headers that the services of a rule match, as boxes of keys, source ports, TCP flags and kinds of fragment
 * ({@link Packets}). Follows {@code RuleMatcher} of the data path to the letter: ports count for TCP, UDP and SCTP, types for
 * ICMP, flags for TCP; a later fragment is matched by what takes its whole protocol. Immutable.
 */
final class Transport {
    private static final int SCTP = 132;

    private static final int KEYS = 0;
    private static final int MAX_ICMP_NUMBER = 255;

    static final Components.Algebra<Transport> ALGEBRA =
            new Components.Algebra<>(Transport::keys, false, Transport::covers, Transport::meets);

    private final List<Box> boxes;
    private final NumberSet keys;

    private Transport(List<Box> boxes) {
        this.boxes = List.copyOf(boxes);
        keys = NumberSet.union(boxes.stream().map(box -> box.side(KEYS)).toList());
    }

    static Transport of(Box box) {
        return new Transport(List.of(box));
    }

    /** All headers that there are to judge. */
    static final class Universe {
        private static final Universe OF_FRAMES = new Universe(Packets.ALL_FLAGS, Packets.WITH_LATER_FRAGMENTS);
        private static final Universe STRICT = new Universe(Packets.openingFlags(false), Packets.FIRST_OR_WHOLE);
        private static final Universe LOOSE = new Universe(Packets.openingFlags(true), Packets.FIRST_OR_WHOLE);
        private static final Universe STATELESS = new Universe(Packets.soundFlags(), Packets.FIRST_OR_WHOLE);

        private final NumberSet flags;
        private final NumberSet fragments;
        private final Box ipv4;
        private final Box ipv6;

        private Universe(NumberSet flags, NumberSet fragments) {
            this.flags = flags;
            this.fragments = fragments;
            ipv4 = without(ServiceLibrary.ICMPV6);
            ipv6 = without(ServiceLibrary.ICMP);
        }

        /** Frames one by one. */
        static Universe ofFrames() {
            return OF_FRAMES;
        }

        /**
         * First packets of connections; where one of the policies is stateless, all packets, whichever policy decides about them.
         *
         * @param isLoose whether the tenant picks connections up
         */
        static Universe ofPackets(List<SecurityPolicy> policies, boolean isLoose) {
            if (policies.stream().anyMatch(SecurityPolicy::stateless)) {
                return STATELESS;
            }
            return isLoose || policies.stream().anyMatch(policy -> policy.tcpPickup() == TcpPickup.LOOSE)
                    ? LOOSE
                    : STRICT;
        }

        Box box(NumberSet keys) {
            return Box.of(keys, Packets.ALL_PORTS, flags, fragments);
        }

        /** In packets of a family: ICMP in IPv6, and ICMPv6 in IPv4, count as of type and code 0. */
        Box of(IpFamily family) {
            return family == IpFamily.IPV4 ? ipv4 : ipv6;
        }

        private Box without(int foreign) {
            NumberSet nowhere = Packets.keysOf(foreign).minus(NumberSet.single(Packets.key(foreign, 0)));
            return box(Packets.IP_KEYS.minus(nowhere));
        }
    }

    /** What any of the services matches; null if that takes more than {@link AnalysisLimits#MAX_SERVICE_BOXES}. */
    static @Nullable Transport of(Iterable<ServiceMatch> services, boolean isNegated, Universe universe) {
        Set<Box> special = new HashSet<>();
        List<NumberSet> whole = new ArrayList<>();
        List<NumberSet> plain = new ArrayList<>();
        for (ServiceMatch service : services) {
            NumberSet keys = keys(service);
            NumberSet ports = sourcePorts(service);
            NumberSet flags = flags(service, universe);
            if (!ports.equals(Packets.ALL_PORTS) || !flags.equals(universe.flags)) {
                if (!flags.isEmpty()) {
                    special.add(Box.of(keys, ports, flags, Packets.FIRST_OR_WHOLE));
                }
            } else {
                (isWholeProtocol(service) ? whole : plain).add(keys);
            }
        }
        List<Box> boxes = new ArrayList<>(special);
        NumberSet wholeKeys = NumberSet.union(whole);
        if (!wholeKeys.isEmpty()) {
            boxes.add(universe.box(wholeKeys));
        }
        NumberSet plainKeys = NumberSet.union(plain).minus(wholeKeys);
        if (!plainKeys.isEmpty()) {
            boxes.add(Box.of(plainKeys, Packets.ALL_PORTS, universe.flags, Packets.FIRST_OR_WHOLE));
        }
        if (boxes.size() > AnalysisLimits.MAX_SERVICE_BOXES) {
            return null;
        }
        if (!isNegated) {
            return new Transport(boxes);
        }
        List<Box> others = Box.minus(List.of(universe.box(Packets.IP_KEYS)), boxes, AnalysisLimits.MAX_SERVICE_BOXES);
        return others == null ? null : new Transport(others);
    }

    private static NumberSet keys(ServiceMatch service) {
        int protocol = service.protocol();
        return switch (protocol) {
            case ServiceMatch.ANY_PROTOCOL -> Packets.IP_KEYS;
            case ServiceLibrary.TCP, ServiceLibrary.UDP, SCTP ->
                Packets.keys(protocol, service.destinationPortFirst(), service.destinationPortLast());
            case ServiceLibrary.ICMP, ServiceLibrary.ICMPV6 -> icmpKeys(service);
            default -> Packets.keysOf(protocol);
        };
    }

    /** Types above, codes below. */
    private static NumberSet icmpKeys(ServiceMatch service) {
        int firstType = service.icmpType() < 0 ? 0 : service.icmpType();
        int lastType = service.icmpType() < 0 ? MAX_ICMP_NUMBER : service.icmpType();
        int firstCode = service.icmpCode() < 0 ? 0 : service.icmpCode();
        int lastCode = service.icmpCode() < 0 ? MAX_ICMP_NUMBER : service.icmpCode();
        List<NumberSet> keys = new ArrayList<>();
        for (int type = firstType; type <= lastType; type++) {
            keys.add(Packets.keys(service.protocol(), type << 8 | firstCode, type << 8 | lastCode));
        }
        return NumberSet.union(keys);
    }

    private static NumberSet sourcePorts(ServiceMatch service) {
        return switch (service.protocol()) {
            case ServiceLibrary.TCP, ServiceLibrary.UDP, SCTP ->
                NumberSet.of(service.sourcePortFirst(), service.sourcePortLast());
            default -> Packets.ALL_PORTS;
        };
    }

    private static NumberSet flags(ServiceMatch service, Universe universe) {
        return service.protocol() == ServiceLibrary.TCP && service.tcpFlagsMask() != 0
                ? universe.flags.and(Packets.flags(service.tcpFlagsMask(), service.tcpFlagsValue()))
                : universe.flags;
    }

    private static boolean isWholeProtocol(ServiceMatch service) {
        return service.protocol() == ServiceMatch.ANY_PROTOCOL
                || (service.destinationPortFirst() == 0
                        && service.destinationPortLast() == ServiceMatch.MAX_PORT
                        && service.sourcePortFirst() == 0
                        && service.sourcePortLast() == ServiceMatch.MAX_PORT
                        && service.icmpType() == -1
                        && service.icmpCode() == -1
                        && service.tcpFlagsMask() == 0);
    }

    /** What of this is in that box. */
    Transport within(Box limits) {
        List<Box> common = new ArrayList<>();
        for (Box box : boxes) {
            Box both = box.and(limits);
            if (both != null) {
                common.add(both);
            }
        }
        return common.equals(boxes) ? this : new Transport(common);
    }

    /** This and frames without IP. */
    Transport withoutIpToo() {
        List<Box> more = new ArrayList<>(boxes);
        more.add(WITHOUT_IP);
        return new Transport(more);
    }

    static final Box WITHOUT_IP =
            Box.of(NumberSet.single(Packets.NO_IP_KEY), Packets.ALL_PORTS, Packets.ALL_FLAGS, Packets.FIRST_OR_WHOLE);

    boolean isEmpty() {
        return boxes.isEmpty();
    }

    List<Box> boxes() {
        return boxes;
    }

    NumberSet keys() {
        return keys;
    }

    boolean covers(Transport other) {
        if (!keys.containsAll(other.keys)) {
            return false;
        }
        List<Box> left = Box.minus(other.boxes, boxes, AnalysisLimits.MAX_PIECES);
        return left != null && left.isEmpty();
    }

    boolean meets(Transport other) {
        return keys.intersects(other.keys)
                && boxes.stream().anyMatch(box -> other.boxes.stream().anyMatch(box::meets));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Transport transport && boxes.equals(transport.boxes);
    }

    @Override
    public int hashCode() {
        return boxes.hashCode();
    }
}
