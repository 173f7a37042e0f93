package io.portcullis.cli;

import io.portcullis.api.DiscoveredView;
import io.portcullis.api.EthernetSpec;
import io.portcullis.api.GroupExpression;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.ReplicaView;
import io.portcullis.api.ScheduleSpec;
import io.portcullis.api.ServiceEntry;
import io.portcullis.api.TextMatch;
import io.portcullis.api.VnicView;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Puts documents into few words. */
final class Words {
    private static final double NANOS_PER_MILLI = 1e6;
    private static final long MILLIS_PER_SECOND = 1_000;
    private static final long MILLIS_PER_MINUTE = 60_000;

    private Words() {}

    static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.1f ms", nanos / NANOS_PER_MILLI);
    }

    /** Who keeps a VM's connections, and how long ago that was all; null for a VM that is to have no replica. */
    static @Nullable String replica(@Nullable ReplicaView replica) {
        if (replica == null) {
            return null;
        }
        if (replica.host() == null) {
            return "none";
        }
        Long age = replica.ageMillis();
        return replica.host()
                + (age != null ? "," + idle(age) : Boolean.FALSE.equals(replica.whole()) ? ",incomplete" : "");
    }

    /** With the status of a host that is not up, and as of when where the placement itself cannot be asked. */
    static String phase(PlacementView placement) {
        String status = placement.hostStatus();
        return placement.phase()
                + (status == null || status.equals(PlacementView.UP) ? "" : "," + status)
                + (placement.asOf() == null ? "" : ",AS-OF-" + placement.asOf());
    }

    /** {@code , some 12s left}; nothing if nobody knows. */
    static String eta(@Nullable Long millis) {
        return millis == null ? "" : ", some " + idle(millis) + " left";
    }

    static String idle(long millis) {
        if (millis < MILLIS_PER_SECOND) {
            return millis + "ms";
        }
        return millis < MILLIS_PER_MINUTE ? millis / MILLIS_PER_SECOND + "s" : millis / MILLIS_PER_MINUTE + "m";
    }

    static String side(@Nullable List<String> items, @Nullable Boolean negated) {
        String text = items == null ? "any" : String.join(",", items);
        return Boolean.TRUE.equals(negated) ? "not " + text : text;
    }

    static String service(ServiceEntry entry) {
        StringBuilder text = new StringBuilder(entry.protocol());
        if (entry.ports() != null) {
            text.append('/').append(String.join("+", entry.ports()));
        }
        if (entry.type() != null) {
            text.append('/').append(entry.type());
        }
        if (entry.code() != null) {
            text.append('/').append(entry.code());
        }
        words(" +", entry.flagsSet(), text);
        words(" -", entry.flagsClear(), text);
        return text.toString();
    }

    /** Like {@code arp,lldp from not 02:00:00:00:00:01}. */
    static String ethernet(@Nullable EthernetSpec spec) {
        if (spec == null) {
            return "";
        }
        StringBuilder text = new StringBuilder(spec.etherTypes() == null ? "any" : String.join(",", spec.etherTypes()));
        if (spec.sources() != null) {
            text.append(" from ").append(side(spec.sources(), spec.negateSources()));
        }
        if (spec.destinations() != null) {
            text.append(" to ").append(side(spec.destinations(), spec.negateDestinations()));
        }
        return text.toString();
    }

    /** How a policy keeps state, where it says so: {@code stateless}, {@code strict tcp} or {@code loose tcp}. */
    static String state(PolicySpec spec) {
        if (Boolean.FALSE.equals(spec.stateful())) {
            return "stateless";
        }
        if (spec.tcpStrict() == null) {
            return "";
        }
        return spec.tcpStrict() ? "strict tcp" : "loose tcp";
    }

    /** Like {@code MON,FRI 22:00-06:00 Europe/Berlin from 2027-01-01}. */
    static String schedule(@Nullable ScheduleSpec spec) {
        if (spec == null) {
            return "";
        }
        StringBuilder text = new StringBuilder(spec.days() == null ? "daily" : String.join(",", spec.days()));
        if (spec.windows() != null) {
            text.append(' ').append(String.join(",", spec.windows()));
        }
        text.append(' ').append(spec.timeZone());
        if (spec.from() != null) {
            text.append(" from ").append(spec.from());
        }
        if (spec.until() != null) {
            text.append(" until ").append(spec.until());
        }
        return text.toString();
    }

    private static void words(String before, @Nullable List<String> words, StringBuilder text) {
        if (words != null) {
            words.forEach(word -> text.append(before).append(word));
        }
    }

    /** Like {@code tag app:web and not (group quarantine)}. */
    static String expression(GroupExpression expression) {
        if (expression.tag() != null) {
            return "tag " + expression.tag();
        }
        if (expression.name() != null) {
            return "name " + match(expression.name());
        }
        if (expression.os() != null) {
            return "os " + match(expression.os());
        }
        if (expression.segment() != null) {
            return "segment " + expression.segment();
        }
        if (expression.finding() != null) {
            return "finding " + expression.finding();
        }
        if (expression.addresses() != null) {
            return String.join(",", expression.addresses());
        }
        if (expression.vms() != null) {
            return "vms " + String.join(",", expression.vms());
        }
        if (expression.group() != null) {
            return "group " + expression.group();
        }
        return combination(expression);
    }

    /** Declared ones, then those that were discovered, as {@code 10.0.0.7 (dhcp)} or {@code 10.0.0.8 (arp, held)}. */
    static Stream<String> addresses(VnicView vnic) {
        List<DiscoveredView> discovered = vnic.discovered() == null ? List.of() : vnic.discovered();
        return Stream.concat(
                vnic.addresses().stream(),
                discovered.stream()
                        .map(each -> each.address() + " (" + each.source() + (each.held() ? ", held)" : ")")));
    }

    private static String combination(GroupExpression expression) {
        if (expression.all() != null) {
            return joined(expression.all(), " and ");
        }
        if (expression.any() != null) {
            return joined(expression.any(), " or ");
        }
        return expression.not() == null ? "" : "not (" + expression(expression.not()) + ")";
    }

    private static String joined(List<GroupExpression> operands, String word) {
        return operands.stream()
                .map(Words::expression)
                .map(text -> text.contains(" and ") || text.contains(" or ") ? "(" + text + ")" : text)
                .collect(Collectors.joining(word));
    }

    private static String match(TextMatch match) {
        if (match.equals() != null) {
            return "is " + match.equals();
        }
        if (match.starts() != null) {
            return "starts " + match.starts();
        }
        return match.contains() != null ? "contains " + match.contains() : "matches " + match.matches();
    }
}
