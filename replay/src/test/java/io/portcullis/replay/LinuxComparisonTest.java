package io.portcullis.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.ports.pcap.PcapFormatException;
import io.portcullis.ports.pcap.PcapFrame;
import io.portcullis.ports.pcap.PcapReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Captures of real traffic get the states that the tracker of a Linux kernel gives them: loose pickup, no time passing. What differs
 * belongs to a class that {@code datapath/DIFFERENCES.md} explains.
 */
class LinuxComparisonTest {
    /** Before any excuse. */
    private static final double EXPECTED_SHARE = 0.99;

    private static final Path EXPLANATIONS = Path.of("../datapath/DIFFERENCES.md");

    private final Map<String, Integer> byClass = new TreeMap<>();
    private final List<String> unexplained = new ArrayList<>();
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
                "Linux and we agree on %d of %d packets (%.2f %%); differences: %s%n",
                equal, compared, 100.0 * equal / compared, byClass);
        assertThat(unexplained).as("differences without a class").isEmpty();
        assertThat(explainedClasses()).containsAll(byClass.keySet());
        assertThat((double) equal / compared).isGreaterThan(EXPECTED_SHARE);
    }

    private static Set<String> explainedClasses() throws IOException {
        Set<String> classes = new TreeSet<>();
        for (String line : Files.readAllLines(EXPLANATIONS)) {
            if (line.startsWith("## ")) {
                classes.add(line.split(" ")[1]);
            }
        }
        return classes;
    }

    private void compare(Path capture, Map<Integer, String> states) throws IOException {
        LinuxDifferences differences = new LinuxDifferences();
        Set<Integer> open = new TreeSet<>();
        replay(capture, Set.of(), (outcome, replay) -> {
            int number = (int) outcome.packet();
            differences.note(outcome, replay.lastPacket());
            String expected = states.getOrDefault(number, "-");
            if (isLeftOut(expected)) {
                return;
            }
            compared++;
            if (word(outcome).equals(expected)) {
                equal++;
                return;
            }
            String kind = differences.classOf(outcome, replay.lastPacket());
            if (kind == null) {
                open.add(number);
            } else {
                byClass.merge(kind, 1, Integer::sum);
            }
        });
        if (!open.isEmpty()) {
            explainByWhatWasNotForwarded(capture, states, open);
        }
    }

    private static boolean isLeftOut(String expected) {
        return expected.equals("-") || expected.equals("drop");
    }

    private void explainByWhatWasNotForwarded(Path capture, Map<Integer, String> states, Set<Integer> open)
            throws IOException {
        Set<Integer> notForwarded = new TreeSet<>();
        states.forEach((number, state) -> {
            if (state.equals("drop")) {
                notForwarded.add(number);
            }
        });
        replay(capture, notForwarded, (outcome, replay) -> {
            int number = (int) outcome.packet();
            String expected = states.getOrDefault(number, "-");
            if (open.contains(number) && word(outcome).equals(expected)) {
                byClass.merge(LinuxDifferences.NOT_FORWARDED, 1, Integer::sum);
            } else if (open.contains(number)) {
                unexplained.add("%s packet %d, protocol %d: Linux %s, we %s (%s)"
                        .formatted(
                                capture.getFileName(),
                                number,
                                replay.lastPacket().protocol,
                                expected,
                                word(outcome),
                                outcome.reason()));
            }
        });
    }

    private interface Visitor {
        void visit(PacketOutcome outcome, Replay replay);
    }

    private static void replay(Path capture, Set<Integer> leftOut, Visitor visitor) throws IOException {
        try (PcapReader reader = PcapReader.openAnyLinkType(capture);
                Replay replay = new Replay(ReplaySettings.tracking(true, true))) {
            int number = 0;
            for (PcapFrame frame = reader.next(); frame != null; frame = reader.next()) {
                number++;
                if (leftOut.contains(number)) {
                    replay.skip();
                } else {
                    visitor.visit(replay.next(frame), replay);
                }
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
