package io.portcullis.replay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Captures with the states that the tracker of a Linux kernel gave their packets (files {@code X.linux-ct} beside {@code X}: a line
 * {@code number: state} a packet). They are no part of this tree; {@code PORTCULLIS_DATA} says where they are.
 */
final class ReferenceCaptures {
    private static final String SUFFIX = ".linux-ct";
    private static final String[] PLACES = {"../shared/data", "../../shared/data"};

    private ReferenceCaptures() {}

    /** Null if there are none here. */
    static @Nullable Path place() {
        List<String> places = new ArrayList<>();
        String configured = System.getenv("PORTCULLIS_DATA");
        if (configured != null) {
            places.add(configured);
        }
        places.addAll(List.of(PLACES));
        for (String place : places) {
            Path captures = Path.of(place, "pcap");
            if (Files.isDirectory(captures)) {
                return captures;
            }
        }
        return null;
    }

    static List<Path> all(Path place) throws IOException {
        try (Stream<Path> files = Files.walk(place)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .map(file ->
                            file.resolveSibling(file.getFileName().toString().replace(SUFFIX, "")))
                    .sorted()
                    .toList();
        }
    }

    /** The reference's words by number of the packet. */
    static Map<Integer, String> states(Path capture) throws IOException {
        Map<Integer, String> states = new TreeMap<>();
        for (String line : Files.readAllLines(capture.resolveSibling(capture.getFileName() + SUFFIX))) {
            int colon = line.indexOf(':');
            states.put(
                    Integer.valueOf(line.substring(0, colon)),
                    line.substring(colon + 1).strip());
        }
        return states;
    }
}
