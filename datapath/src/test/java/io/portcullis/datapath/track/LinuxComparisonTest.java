package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Captures of real traffic through this tracker and, by their {@code .linux-ct} files, through the one in a Linux kernel
 * (loose pickup, no time passing). Fragments are left out: the kernel joins them first.
 */
class LinuxComparisonTest {
    private static final double EXPECTED_SHARE = 0.99;
    private static final String[] PLACES = {"../shared/data", "../../shared/data"};

    private final Map<String, Integer> differences = new TreeMap<>();
    private final Map<String, String> examples = new TreeMap<>();
    private int compared;
    private int equal;
    private int fragments;

    @Test
    void shouldAgreeWithLinuxOnCapturedTraffic() throws IOException {
        Path captures = captures();
        if (captures == null) {
            System.out.println("Comparison with Linux skipped: no captures in PORTCULLIS_DATA or ../shared/data");
        }
        assumeTrue(captures != null, "no captures");
        List<Path> references;
        try (Stream<Path> files = Files.walk(captures)) {
            references = files.filter(file -> file.toString().endsWith(".linux-ct"))
                    .sorted()
                    .toList();
        }
        for (Path reference : references) {
            compare(reference);
        }
        System.out.printf(
                "Linux and we agree on %d of %d packets (%.2f %%) of %d captures; %d fragments left out%n",
                equal, compared, 100.0 * equal / compared, references.size(), fragments);
        differences.forEach((difference, count) ->
                System.out.printf("  %5d  %s, e.g. %s%n", count, difference, examples.get(difference)));
        assertThat((double) equal / compared).isGreaterThan(EXPECTED_SHARE);
    }

    private void compare(Path reference) throws IOException {
        String name = reference.toString().replaceFirst("\\.linux-ct$", "");
        List<byte @Nullable []> frames = CaptureFile.frames(Path.of(name));
        try (ConnectionTracker tracker =
                new ConnectionTracker(ConnectionTable.create(100_000), TrackingProfile.LOOSE)) {
            for (String line : Files.readAllLines(reference)) {
                int number = Integer.parseInt(line.substring(0, line.indexOf(':')));
                String expected = line.substring(line.indexOf(':') + 1).strip();
                byte[] frame = number <= frames.size() ? frames.get(number - 1) : null;
                if (frame == null || expected.equals("-")) {
                    continue;
                }
                PacketView packet = new PacketView();
                // captures hold edited MAC addresses; this is about what comes behind them
                Arrays.fill(frame, 0, Math.min(12, frame.length), (byte) 2);
                ParseResult parsed = Frames.parse(frame, packet);
                if (packet.isFragment) {
                    fragments += expected.equals("drop") ? 0 : 1;
                    continue;
                }
                if (expected.equals("drop")) {
                    // not forwarded (an expired hop limit, say): seen by the kernel's tracker, but begins nothing
                    if (parsed == ParseResult.OK) {
                        tracker.lookup(packet, 0);
                    }
                    continue;
                }
                boolean isSound = parsed == ParseResult.OK && Checksums.isTransportValid(packet);
                String actual = isSound ? state(tracker, packet) : "inv";
                compared++;
                if (actual.equals(expected)) {
                    equal++;
                    continue;
                }
                String kind = "protocol %d: Linux %s, we %s".formatted(packet.protocol, expected, actual);
                differences.merge(kind, 1, Integer::sum);
                examples.putIfAbsent(kind, Path.of(name).getFileName() + " packet " + number + " " + parsed);
            }
        }
    }

    private static String state(ConnectionTracker tracker, PacketView packet) {
        TrackResult result = tracker.lookup(packet, 0);
        return switch (result) {
            case MISS_NEW -> {
                tracker.insert(packet, Direction.OUT, 1, 1, 0);
                yield "new";
            }
            case MISS_UNTRACKED -> "untracked";
            case HIT_ORIGINAL -> tracker.table().isAnswered(tracker.connection()) ? "est" : "new";
            case HIT_REPLY -> "est|rpl";
            case RELATED -> tracker.isReply() ? "rel|rpl" : "rel";
            default -> "inv";
        };
    }

    private static @Nullable Path captures() {
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
}
