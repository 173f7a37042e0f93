package io.portcullis.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.ports.pcap.PcapFormatException;
import io.portcullis.ports.pcap.PcapFrame;
import io.portcullis.ports.pcap.PcapReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Captures of real traffic get the states that the tracker of a Linux kernel gives them: loose pickup, no time passing. */
class LinuxComparisonTest {
    private static final double EXPECTED_SHARE = 0.98;

    private final Map<String, Integer> differences = new TreeMap<>();
    private final Map<String, String> examples = new TreeMap<>();
    private int compared;
    private int equal;

    @Test
    void shouldAgreeWithLinuxOnCapturedTraffic() throws IOException {
        Path place = ReferenceCaptures.place();
        if (place == null) {
            System.out.println("Comparison with Linux skipped: no captures in PORTCULLIS_DATA or ../shared/data");
        }
        assumeTrue(place != null, "no captures");
        for (Path capture : ReferenceCaptures.all(place)) {
            try {
                compare(capture, ReferenceCaptures.states(capture));
            } catch (PcapFormatException refused) {
                System.out.println("  not compared: " + refused.getMessage());
            }
        }
        System.out.printf(
                "Linux and we agree on %d of %d packets (%.2f %%)%n", equal, compared, 100.0 * equal / compared);
        differences.forEach((difference, count) ->
                System.out.printf("  %5d  %s, e.g. %s%n", count, difference, examples.get(difference)));
        assertThat((double) equal / compared).isGreaterThan(EXPECTED_SHARE);
    }

    private void compare(Path capture, Map<Integer, String> states) throws IOException {
        try (PcapReader reader = PcapReader.openAnyLinkType(capture);
                Replay replay = new Replay(ReplaySettings.tracking(true, true))) {
            for (PcapFrame frame = reader.next(); frame != null; frame = reader.next()) {
                PacketOutcome outcome = replay.next(frame);
                String expected = states.getOrDefault((int) outcome.packet(), "-");
                if (expected.equals("-") || expected.equals("drop")) {
                    continue;
                }
                String actual = word(outcome);
                compared++;
                if (actual.equals(expected)) {
                    equal++;
                    continue;
                }
                String kind = "protocol %d: Linux %s, we %s (%s)"
                        .formatted(replay.lastPacket().protocol, expected, actual, outcome.reason());
                differences.merge(kind, 1, Integer::sum);
                examples.merge(
                        kind,
                        capture.getFileName() + " " + outcome.packet(),
                        (a, b) -> a.length() > 200 ? a : a + ", " + b);
            }
        }
    }

    /** The reference's word for an outcome. */
    private static String word(PacketOutcome outcome) {
        String direction = outcome.isReply() ? "|rpl" : "";
        return switch (outcome.state()) {
            case NEW -> "new";
            case ESTABLISHED -> "est" + direction;
            case RELATED -> "rel" + direction;
            case INVALID -> "inv";
            case NONE -> "untracked";
        };
    }
}
