package io.portcullis.admin.document;

import io.portcullis.api.ServiceEntry;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.table.ServiceMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the entries of a service document into matches: one for each pair of source and destination ports. */
final class ServiceReader {
    private static final Map<String, Integer> PROTOCOLS = Map.of(
            "icmp", 1, "tcp", 6, "udp", 17, "icmpv6", 58, "sctp", 132, ModelReader.ANY, ServiceMatch.ANY_PROTOCOL);

    private static final int MAX_PROTOCOL = 255;
    private static final int MAX_ICMP_NUMBER = 255;
    /** What {@link #protocol} answers for a text that is none. */
    static final int WRONG = -2;

    private static final PortRange ALL = new PortRange(0, ServiceMatch.MAX_PORT);

    private record PortRange(int first, int last) {}

    private final Mistakes mistakes;

    ServiceReader(Mistakes mistakes) {
        this.mistakes = mistakes;
    }

    List<ServiceMatch> read(List<ServiceEntry> entries, String path) {
        List<ServiceMatch> matches = new ArrayList<>();
        for (int index = 0; index < entries.size(); index++) {
            String place = path + "[" + index + "]";
            if (matches.size() > Limits.MAX_MATCHES_PER_SERVICE) {
                break;
            }
            read(entries.get(index), place, matches);
        }
        return matches;
    }

    /** How many matches an entry makes. */
    static long count(ServiceEntry entry) {
        return (long) Math.max(1, ModelReader.orNone(entry.ports()).size())
                * Math.max(1, ModelReader.orNone(entry.sourcePorts()).size());
    }

    private void read(ServiceEntry entry, String path, List<ServiceMatch> matches) {
        int protocol = protocol(entry.protocol(), path + ".protocol");
        boolean hasPorts = protocol == 6 || protocol == 17 || protocol == 132;
        if (!hasPorts && protocol != WRONG && (entry.ports() != null || entry.sourcePorts() != null)) {
            mistakes.add(path + ".ports", entry.protocol() + " has no ports", "only tcp, udp and sctp have");
        }
        boolean icmp = protocol == 1 || protocol == 58;
        if (!icmp && protocol != WRONG && (entry.type() != null || entry.code() != null)) {
            mistakes.add(path + ".type", entry.protocol() + " has no types", "only icmp and icmpv6 have");
        }
        if (protocol != 6 && protocol != WRONG && (entry.flagsSet() != null || entry.flagsClear() != null)) {
            mistakes.add(path + ".flagsSet", entry.protocol() + " has no such flags", "only tcp has");
        }
        if (count(entry) > Limits.MAX_MATCHES_PER_SERVICE) {
            mistakes.add(
                    path + ".ports",
                    count(entry) + " pairs of ports are too many",
                    "have at most " + Limits.MAX_MATCHES_PER_SERVICE + ", or use ranges");
            return;
        }
        int type = icmpNumber(entry.type(), path + ".type");
        int code = icmpNumber(entry.code(), path + ".code");
        int set = flags(entry.flagsSet(), path + ".flagsSet");
        int clear = flags(entry.flagsClear(), path + ".flagsClear");
        if ((set & clear) != 0) {
            mistakes.add(path + ".flagsClear", "a flag cannot be both set and clear", "name it once");
        }
        for (PortRange source : ports(entry.sourcePorts(), path + ".sourcePorts")) {
            for (PortRange destination : ports(entry.ports(), path + ".ports")) {
                matches.add(new ServiceMatch(
                        protocol,
                        source.first(),
                        source.last(),
                        destination.first(),
                        destination.last(),
                        type,
                        code,
                        set | clear,
                        set));
            }
        }
    }

    int protocol(String text, String path) {
        Integer known = PROTOCOLS.get(text.toLowerCase(Locale.ROOT));
        if (known != null) {
            return known;
        }
        int number = number(text);
        if (number < 0 || number > MAX_PROTOCOL) {
            mistakes.add(
                    path,
                    "'" + text + "' is no protocol",
                    "use tcp, udp, sctp, icmp, icmpv6, any or a number up to 255");
            return WRONG;
        }
        return number;
    }

    int flags(@Nullable List<String> names, String path) {
        int bits = 0;
        List<String> all = ModelReader.orNone(names);
        for (int index = 0; index < all.size(); index++) {
            int bit = ServiceText.TCP_FLAGS.indexOf(all.get(index).toLowerCase(Locale.ROOT));
            if (bit < 0) {
                mistakes.add(
                        path + "[" + index + "]",
                        "'" + all.get(index) + "' is no TCP flag",
                        "use " + String.join(", ", ServiceText.TCP_FLAGS));
            } else {
                bits |= 1 << bit;
            }
        }
        return bits;
    }

    int icmpNumber(@Nullable Integer number, String path) {
        if (number == null) {
            return -1;
        }
        if (number < 0 || number > MAX_ICMP_NUMBER) {
            mistakes.add(path, number + " is out of range", "use 0 to 255, or leave it out for all");
        }
        return number;
    }

    private List<PortRange> ports(@Nullable List<String> texts, String path) {
        if (texts == null || texts.isEmpty()) {
            return List.of(ALL);
        }
        List<PortRange> ranges = new ArrayList<>(texts.size());
        for (int index = 0; index < texts.size(); index++) {
            String text = texts.get(index).strip();
            int hyphen = text.indexOf('-');
            int first = number(hyphen < 0 ? text : text.substring(0, hyphen).strip());
            int last = hyphen < 0 ? first : number(text.substring(hyphen + 1).strip());
            if (first < 0 || last < first || last > ServiceMatch.MAX_PORT) {
                mistakes.add(
                        path + "[" + index + "]", "'" + text + "' is no port", "write 80 or 8000-8100, up to 65535");
            }
            ranges.add(new PortRange(first, last));
        }
        return ranges;
    }

    /** The number, or -1 if it is none. */
    private static int number(String text) {
        return text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : -1;
    }
}
