package io.portcullis.policy.analyze;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ServiceLibrary;
import java.util.Locale;

/**
 * One packet or frame at one vNIC, a point of the boxes that rules are made of.
 *
 * @param vnic its number; {@link Scopes#future()} for one that is yet to come
 * @param direction {@link Packets#IN} or {@link Packets#OUT}
 * @param transport key, source port, TCP flags, kind of fragment: one of each
 */
record Packet(int vnic, int direction, long source, long destination, Box transport, Framing framing) {
    private static final int SCTP = 132;

    /**
     * A packet that is in the box: of the numbers of each side one that few rules have.
     *
     * @param box of a rule; vNIC, direction and addresses given
     */
    static Packet in(PolicyShapes shapes, Box box, int vnic, int direction, long source, long destination) {
        Box headers = Box.of(
                box.side(Packets.KEYS),
                box.side(Packets.SOURCE_PORTS),
                box.side(Packets.FLAGS),
                box.side(Packets.FRAGMENTS));
        Box header = Box.of(
                NumberSet.single(shapes.transports().rarest(Transport.of(headers))),
                NumberSet.single(box.side(Packets.SOURCE_PORTS).greatest()),
                NumberSet.single(box.side(Packets.FLAGS).least()),
                NumberSet.single(box.side(Packets.FRAGMENTS).greatest()));
        Framing framing = new Framing(
                NumberSet.single(box.side(Packets.TYPES).greatest()),
                NumberSet.single(box.side(Packets.SOURCE_MACS).least()),
                NumberSet.single(box.side(Packets.DESTINATION_MACS).greatest()));
        return new Packet(vnic, direction, source, destination, header, framing);
    }

    /** With that key, which goes with the rest of it. */
    Packet withKey(long key) {
        return new Packet(
                vnic,
                direction,
                source,
                destination,
                Box.of(NumberSet.single(key), transport.side(1), transport.side(2), transport.side(3)),
                framing);
    }

    Packet withMacs(long sourceMac, long destinationMac) {
        return new Packet(
                vnic,
                direction,
                source,
                destination,
                transport,
                new Framing(framing.types(), NumberSet.single(sourceMac), NumberSet.single(destinationMac)));
    }

    /** Which rules match it, if their directions do. */
    Question question(PolicyShapes shapes) {
        return new Question(
                shapes.scopeSets().meeting(NumberSet.single(vnic)),
                shapes.addressSets().meeting(NumberSet.single(source)),
                shapes.addressSets().meeting(NumberSet.single(destination)),
                shapes.transports().meeting(Transport.of(transport)),
                shapes.framings().meeting(framing));
    }

    /** For people, like {@code tcp 10.0.0.1 → 10.0.0.2:443, IN at acme/web-1/eth0}. */
    String text(PolicyShapes shapes) {
        long key = transport.side(0).least();
        String what = key == Packets.NO_IP_KEY
                ? String.format(
                        Locale.ROOT, "a frame of type 0x%04x", framing.types().least())
                : protocol(Packets.protocol(key)) + " " + shapes.atoms().text(source) + " → "
                        + shapes.atoms().text(destination) + number(key);
        return what + ", " + (direction == Packets.IN ? "IN" : "OUT") + " at " + vnicText(shapes);
    }

    private String vnicText(PolicyShapes shapes) {
        if (vnic == shapes.scopes().future()) {
            return "any vNIC";
        }
        VnicId id = shapes.scopes().vnics().get(vnic).id();
        return id.vm().name() + "/" + id.name();
    }

    private static String protocol(int number) {
        return switch (number) {
            case ServiceLibrary.TCP -> "tcp";
            case ServiceLibrary.UDP -> "udp";
            case SCTP -> "sctp";
            case ServiceLibrary.ICMP -> "icmp";
            case ServiceLibrary.ICMPV6 -> "icmpv6";
            default -> "protocol " + number;
        };
    }

    private static String number(long key) {
        int number = Packets.number(key);
        return switch (Packets.protocol(key)) {
            case ServiceLibrary.TCP, ServiceLibrary.UDP, SCTP -> " port " + number;
            case ServiceLibrary.ICMP, ServiceLibrary.ICMPV6 -> " type " + (number >> 8) + " code " + (number & 255);
            default -> "";
        };
    }
}
