package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.model.ServiceLibrary;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds earlier rules of the same stage with the opposite verdict that overlap a rule, where neither holds the other. Each is shown by a
 * packet that a vNIC of today can send or get, that comes as far as the earlier rule, and that the later one would decide otherwise.
 */
final class ConflictSearch {
    /** What people know best, where it is among others. */
    private static final long USUAL_KEY = Packets.key(ServiceLibrary.TCP, 443);

    /** An earlier rule and a packet that shows the conflict. */
    record Conflict(RuleShape earlier, Packet packet) {}

    private final PolicyShapes shapes;
    private final DecidingRules deciding;
    private final Set<RuleShape> elsewhere;
    private final Effort effort;

    /** @param elsewhere rules that no vNIC of today meets */
    ConflictSearch(PolicyShapes shapes, DecidingRules deciding, Set<RuleShape> elsewhere, Effort effort) {
        this.shapes = shapes;
        this.deciding = deciding;
        this.elsewhere = elsewhere;
        this.effort = effort;
    }

    /** At most {@link AnalysisLimits#MAX_CAUSES}, in order of evaluation. */
    List<Conflict> of(RuleShape rule) {
        Set<Action> opposite = opposite(rule.action());
        if (opposite.isEmpty() || deciding.isBlurredUntil(rule.stage())) {
            return List.of();
        }
        List<RuleShape> overlapping = new ArrayList<>();
        effort.begin();
        deciding.of(rule.stage()).visit(opposite, Question.meeting(shapes, rule), effort, earlier -> {
            if ((earlier.directions() & rule.directions()) != 0
                    && !elsewhere.contains(earlier)
                    && !shapes.covers(rule, earlier)
                    && !shapes.covers(earlier, rule)) {
                overlapping.add(earlier);
            }
            return overlapping.size() < AnalysisLimits.MAX_CAUSES;
        });
        List<Conflict> conflicts = new ArrayList<>();
        for (RuleShape earlier : overlapping) {
            Packet packet = example(earlier, rule);
            if (packet != null) {
                conflicts.add(new Conflict(earlier, packet));
            }
        }
        conflicts.sort(
                (a, b) -> Integer.compare(a.earlier().place(), b.earlier().place()));
        return conflicts;
    }

    private static Set<Action> opposite(Action action) {
        return switch (action) {
            case ALLOW -> EnumSet.of(Action.DROP, Action.REJECT);
            case DROP, REJECT -> EnumSet.of(Action.ALLOW);
            case PASS -> EnumSet.noneOf(Action.class);
        };
    }

    private @Nullable Packet example(RuleShape earlier, RuleShape later) {
        int tried = 0;
        for (Box one : shapes.boxes(earlier)) {
            for (Box other : shapes.boxes(later)) {
                Box common = one.and(other);
                for (Packet packet : common == null ? List.<Packet>of() : packets(common)) {
                    if (earlier.equals(deciding.firstMatching(packet, earlier.stage()))) {
                        return packet;
                    }
                    if (++tried == AnalysisLimits.MAX_SAMPLES) {
                        return null;
                    }
                }
            }
        }
        return null;
    }

    /** Packets of the box that a vNIC can send, and such that one can get. */
    private List<Packet> packets(Box box) {
        NumberSet directions = box.side(Packets.DIRECTIONS);
        NumberSet sources = box.side(Packets.SOURCES);
        NumberSet destinations = box.side(Packets.DESTINATIONS);
        List<Packet> packets = new ArrayList<>();
        if (directions.contains(Packets.OUT)) {
            int vnic = at(box, sources, false);
            add(packets, box, vnic, Packets.OUT, own(vnic, sources), rarest(destinations));
        }
        if (directions.contains(Packets.IN)) {
            int vnic = at(box, destinations, true);
            add(packets, box, vnic, Packets.IN, rarest(sources), received(vnic, destinations));
        }
        return packets;
    }

    /** A vNIC that the packets can be at, or -1. */
    private int at(Box box, NumberSet ownSide, boolean isReceiver) {
        NumberSet scope = box.side(Packets.VNICS);
        int future = shapes.scopes().future();
        if (future == 0) {
            return future;
        }
        NumberSet present = scope.minus(NumberSet.single(future));
        NumberSet anyAddress = present.and(shapes.owners().undeclared());
        boolean isForAll =
                ownSide.contains(shapes.atoms().none()) || (isReceiver && ownSide.intersects(shapes.groupAddresses()));
        if (present.isEmpty()) {
            return -1;
        }
        if (isForAll) {
            return (int) present.least();
        }
        OptionalInt owner = shapes.owners().find(present, ownSide);
        return owner.isPresent() ? owner.getAsInt() : anyAddress.isEmpty() ? -1 : (int) anyAddress.least();
    }

    private long own(int vnic, NumberSet side) {
        if (vnic < 0 || vnic == shapes.scopes().future()) {
            return rarest(side);
        }
        NumberSet own = shapes.owners().addressesOf(vnic).and(side);
        return own.isEmpty() ? rarest(side) : own.least();
    }

    private long received(int vnic, NumberSet side) {
        if (vnic >= 0
                && vnic < shapes.scopes().future()
                && !shapes.owners().addressesOf(vnic).intersects(side)) {
            NumberSet forAll = side.and(shapes.groupAddresses());
            return forAll.isEmpty() ? rarest(side) : forAll.least();
        }
        return own(vnic, side);
    }

    private long rarest(NumberSet side) {
        return shapes.addressSets().rarest(side);
    }

    private void add(List<Packet> packets, Box box, int vnic, int direction, long source, long destination) {
        if (vnic < 0) {
            return;
        }
        NumberSet keys = box.side(Packets.KEYS);
        Packet packet = Packet.in(shapes, box, vnic, direction, source, destination);
        NumberSet senders = box.side(Packets.SOURCE_MACS);
        NumberSet receivers = box.side(Packets.DESTINATION_MACS);
        Packet whole = vnic == shapes.scopes().future() ? packet : withMacOf(vnic, packet, senders, receivers);
        if (whole != null) {
            if (keys.contains(USUAL_KEY)) {
                packets.add(whole.withKey(USUAL_KEY));
            }
            packets.add(whole);
        }
    }

    /** With the vNIC's own MAC address on its side, or that of all; null if the rules do not match such frames. */
    private @Nullable Packet withMacOf(int vnic, Packet packet, NumberSet senders, NumberSet receivers) {
        long mac = shapes.scopes().vnics().get(vnic).mac().value();
        if (packet.direction() == Packets.OUT) {
            return senders.contains(mac) ? packet.withMacs(mac, receivers.greatest()) : null;
        }
        if (receivers.contains(mac)) {
            return packet.withMacs(senders.least(), mac);
        }
        return receivers.contains(MacAddress.BROADCAST.value())
                ? packet.withMacs(senders.least(), MacAddress.BROADCAST.value())
                : null;
    }
}
