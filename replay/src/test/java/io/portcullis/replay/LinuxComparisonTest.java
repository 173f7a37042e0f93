package io.portcullis.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.datapath.packet.PacketView;
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

    private static final int MAX_ROUNDS = 20;

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

    /**
     * The reference's tracker judges a packet that is not forwarded but begins nothing with it: those that begin something are left out,
     * again and again until none does (another one may, once the first is gone), and first fragments of datagrams that prove wrong.
     */
    private void explainByWhatWasNotForwarded(Path capture, Map<Integer, String> states, Set<Integer> open)
            throws IOException {
        Set<Integer> leftOut = new TreeSet<>();
        Map<Integer, String> words = new TreeMap<>();
        int before = -1;
        for (int round = 0; round < MAX_ROUNDS && leftOut.size() > before; round++) {
            before = leftOut.size();
            Set<Integer> beginners = new TreeSet<>();
            Map<String, Integer> firstFragments = new TreeMap<>();
            replay(capture, leftOut, (outcome, replay) -> {
                int number = (int) outcome.packet();
                words.put(number, word(outcome));
                PacketView packet = replay.lastPacket();
                if (packet.isFragment && !packet.isLaterFragment) {
                    firstFragments.put(LinuxDifferences.datagram(packet), number);
                }
                if (packet.isFragment && outcome.reason().equals("checksum")) {
                    beginners.add(firstFragments.getOrDefault(LinuxDifferences.datagram(packet), number));
                }
                if (outcome.state() == PacketState.NEW
                        && states.getOrDefault(number, "-").equals("drop")) {
                    beginners.add(number);
                }
            });
            leftOut.addAll(beginners);
        }
        for (int number : open) {
            String expected = states.getOrDefault(number, "-");
            if (expected.equals(words.get(number))) {
                byClass.merge(LinuxDifferences.NOT_FORWARDED, 1, Integer::sum);
            } else {
                unexplained.add("%s packet %d: Linux %s, we %s"
                        .formatted(capture.getFileName(), number, expected, words.get(number)));
            }
        }
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
