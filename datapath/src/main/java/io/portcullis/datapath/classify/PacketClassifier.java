package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.TableRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Classifies packets by {@link CompiledRules}. One thread; no allocation per packet. Its fields are the packet in hand: what
 * the rules that the index found are asked about.
 */
final class PacketClassifier implements Classifier, CandidateJudge {
    /** So many rules that the index found may turn out not to match; then they are looked at one after the other. */
    private static final int MAX_ASKED = 16;

    private static final PacketView NO_PACKET = new PacketView();

    private final CompiledRules compiled;
    private final List<TableRule> rules;
    private final RuleFacts facts;
    private final LinearClassifier linear;
    private final @Nullable PassedRules notes;
    private PacketView packet = NO_PACKET;
    private Direction direction = Direction.OUT;
    /** Rules before this one do not count any more. */
    private int floor;

    PacketClassifier(CompiledRules compiled, @Nullable PassedRules notes) {
        this.compiled = compiled;
        this.notes = notes;
        rules = compiled.table().rules();
        facts = compiled.facts();
        linear = new LinearClassifier(compiled.table(), notes);
    }

    @Override
    public int classify(PacketView given, Direction givenDirection) {
        IpFamily family = given.family;
        if (family == null || given.isLaterFragment) {
            // no ports to look up
            return linear.classify(given, givenDirection);
        }
        packet = given;
        direction = givenDirection;
        floor = 0;
        if (notes != null) {
            notes.clear();
        }
        while (true) {
            int found = firstIndexed(family);
            found = compiled.groups() == null ? found : firstOfGroups(compiled.groups(), family, found);
            if (found == RuleIndex.NONE) {
                return DEFAULT;
            }
            if (facts.action(found) != Action.PASS) {
                return found;
            }
            if (notes != null) {
                notes.note(found);
            }
            floor = compiled.behindStageOf(found);
        }
    }

    /** What the index finds is asked itself if it has to be; the index then goes on behind it. */
    private int firstIndexed(IpFamily family) {
        long transport = transport();
        boolean isIpv4 = family == IpFamily.IPV4;
        RuleIndex index = isIpv4 ? compiled.ipv4() : compiled.ipv6();
        long addresses = isIpv4
                ? FlowWords.addresses((int) packet.sourceLow, (int) packet.destinationLow)
                : projected(compiled.projection());
        int from = floor;
        for (int asked = 0; asked < MAX_ASKED; asked++) {
            int found = index.find(addresses, transport, from);
            if (found == RuleIndex.NONE
                    || !compiled.isUnsure(found)
                    || RuleMatcher.matches(rules.get(found), packet, direction)) {
                return found;
            }
            from = found + 1;
        }
        return firstOneByOne(from);
    }

    private long projected(AddressProjection projection) {
        return FlowWords.addresses(
                projection.of(packet.sourceHigh, packet.sourceLow),
                projection.of(packet.destinationHigh, packet.destinationLow));
    }

    private int firstOneByOne(int from) {
        for (int i = from; i < rules.size(); i++) {
            if (RuleMatcher.matches(rules.get(i), packet, direction)) {
                return i;
            }
        }
        return RuleIndex.NONE;
    }

    private int firstOfGroups(GroupRules groups, IpFamily family, int best) {
        AddressClasses classes = groups.classes();
        return groups.find(
                classes.classOf(family, packet.sourceHigh, packet.sourceLow),
                classes.classOf(family, packet.destinationHigh, packet.destinationLow),
                best,
                this);
    }

    private long transport() {
        int tag = packet.protocol | (direction == Direction.IN ? FlowWords.TAG_IN : 0);
        return switch (packet.protocol) {
            case PacketView.PROTOCOL_TCP, PacketView.PROTOCOL_UDP, PacketView.PROTOCOL_SCTP ->
                FlowWords.transport(packet.sourcePort, packet.destinationPort, tag);
            case PacketView.PROTOCOL_ICMP, PacketView.PROTOCOL_ICMPV6 ->
                FlowWords.transport(packet.icmpType, packet.icmpCode, tag);
            default -> FlowWords.transport(0, 0, tag);
        };
    }

    @Override
    public boolean confirms(int priority) {
        return priority >= floor && RuleMatcher.matchesButAddresses(rules.get(priority), packet, direction);
    }
}
