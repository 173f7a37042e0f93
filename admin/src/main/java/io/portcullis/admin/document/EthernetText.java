package io.portcullis.admin.document;

import io.portcullis.api.EthernetSpec;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.MacPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads and writes what rules of category ETHERNET match. */
public final class EthernetText {
    /** IEEE 802 numbers. */
    private static final Map<String, Integer> TYPES = Map.of(
            "ipv4",
            0x0800,
            "arp",
            0x0806,
            "rarp",
            0x8035,
            "ipv6",
            0x86dd,
            "mpls",
            0x8847,
            "pppoe",
            0x8864,
            "eapol",
            0x888e,
            "lldp",
            0x88cc,
            "ptp",
            0x88f7,
            "llc",
            EthernetMatch.LLC);

    private static final Map<Integer, String> NAMES =
            TYPES.entrySet().stream().collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));

    private EthernetText() {}

    static EthernetMatch read(@Nullable EthernetSpec spec, String path, Mistakes mistakes) {
        if (spec == null) {
            return EthernetMatch.ANY;
        }
        List<Integer> etherTypes = new ArrayList<>();
        List<String> texts = ModelReader.orNone(spec.etherTypes());
        for (int index = 0; index < texts.size(); index++) {
            etherTypes.add(mistakes.parsed(
                    path + ".etherTypes[" + index + "]", texts.get(index), EthernetMatch.LLC, EthernetText::etherType));
        }
        return new EthernetMatch(
                etherTypes,
                prefixes(spec.sources(), path + ".sources", mistakes),
                Boolean.TRUE.equals(spec.negateSources()),
                prefixes(spec.destinations(), path + ".destinations", mistakes),
                Boolean.TRUE.equals(spec.negateDestinations()));
    }

    private static List<MacPrefix> prefixes(@Nullable List<String> texts, String path, Mistakes mistakes) {
        List<MacPrefix> prefixes = new ArrayList<>();
        List<String> all = ModelReader.orNone(texts);
        for (int index = 0; index < all.size(); index++) {
            mistakes.parsed(
                            path + "[" + index + "]",
                            all.get(index),
                            Optional.<MacPrefix>empty(),
                            text -> Optional.of(MacPrefix.parse(text)))
                    .ifPresent(prefixes::add);
        }
        return prefixes;
    }

    private static Integer etherType(String text) {
        Integer known = TYPES.get(text.toLowerCase(Locale.ROOT));
        if (known != null) {
            return known;
        }
        try {
            return Integer.decode(text.strip());
        } catch (NumberFormatException none) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no ethertype; write 0x88cc, or one of "
                            + TYPES.keySet().stream().sorted().collect(Collectors.joining(", ")),
                    none);
        }
    }

    static @Nullable EthernetSpec spec(EthernetMatch match) {
        if (match.matchesEverything()) {
            return null;
        }
        return new EthernetSpec(
                match.etherTypes().isEmpty()
                        ? null
                        : match.etherTypes().stream().map(EthernetText::name).toList(),
                texts(match.sources()),
                match.sourcesNegated() ? true : null,
                texts(match.destinations()),
                match.destinationsNegated() ? true : null);
    }

    /** In a few words: {@code arp}, {@code from !02:00:00:00:00:01}, {@code to 01:80:c2:00:00:00/44}; none for all frames. */
    public static List<String> brief(EthernetMatch match) {
        List<String> words = new ArrayList<>();
        match.etherTypes().forEach(etherType -> words.add(name(etherType)));
        match.sources().forEach(mac -> words.add("from " + (match.sourcesNegated() ? "!" : "") + mac));
        match.destinations().forEach(mac -> words.add("to " + (match.destinationsNegated() ? "!" : "") + mac));
        return words;
    }

    private static @Nullable List<String> texts(List<MacPrefix> prefixes) {
        return prefixes.isEmpty()
                ? null
                : prefixes.stream().map(MacPrefix::toString).toList();
    }

    private static String name(int etherType) {
        return NAMES.getOrDefault(etherType, String.format(Locale.ROOT, "0x%04x", etherType));
    }
}
