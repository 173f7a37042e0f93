package io.portcullis.admin.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the difference says, applied to the first text, is the second; and it is no longer than it must be. */
class LineDiffTest {
    private static final int PAIRS = 3_000;
    private static final Pattern HEADER = Pattern.compile("@@ -(\\d+)(?:,(\\d+))? \\+(\\d+)(?:,(\\d+))? @@");

    @Test
    void shouldWriteHunksWithThreeLinesOfContext() {
        String before = lines(IntStream.rangeClosed(1, 20));
        String after = before.replace("5\n", "five\n").replace("18\n", "");

        assertThat(LineDiff.hunks(before, after))
                .containsExactly(
                        "@@ -2,7 +2,7 @@",
                        " 2",
                        " 3",
                        " 4",
                        "-5",
                        "+five",
                        " 6",
                        " 7",
                        " 8",
                        "@@ -12,9 +12,8 @@",
                        " 12",
                        " 13",
                        " 14",
                        "-15",
                        "+1five",
                        " 16",
                        " 17",
                        "-18",
                        " 19",
                        " 20");
    }

    @Test
    void shouldWriteTextsThatAreNewOrGone() {
        assertThat(LineDiff.hunks("", "a\nb\n")).containsExactly("@@ -0,0 +1,2 @@", "+a", "+b");
        assertThat(LineDiff.hunks("a\n", "")).containsExactly("@@ -1 +0,0 @@", "-a");
        assertThat(LineDiff.hunks("a\n", "a\n")).isEmpty();
    }

    @Test
    void shouldLeadFromOneTextToTheOtherByTheFewestLines() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("LineDiffTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        for (int pair = 0; pair < PAIRS; pair++) {
            List<String> before = text(random);
            List<String> after = random.nextBoolean() ? text(random) : changed(before, random);

            List<String> hunks = LineDiff.hunks(joined(before), joined(after));

            assertThat(patched(before, hunks)).isEqualTo(after);
            long edits = hunks.stream()
                    .filter(line -> line.startsWith("+") || line.startsWith("-"))
                    .count();
            assertThat(edits).isEqualTo(before.size() + after.size() - 2L * commonSubsequence(before, after));
        }
    }

    @Test
    void shouldReplaceTheMiddleOfTextsThatDifferInMoreThanItCompares() {
        String head = "head\n";
        String before = head + lines(IntStream.range(0, LineDiff.MAX_EDITS)) + "tail\n";
        String after = head + lines(IntStream.range(10_000, 10_000 + LineDiff.MAX_EDITS)) + "tail\n";

        List<String> hunks = LineDiff.hunks(before, after);

        assertThat(hunks).hasSize(1 + 1 + 2 * LineDiff.MAX_EDITS + 1);
        assertThat(patched(before.lines().toList(), hunks))
                .isEqualTo(after.lines().toList());
    }

    private static String lines(IntStream numbers) {
        return numbers.mapToObj(number -> number + "\n").collect(Collectors.joining());
    }

    private static String joined(List<String> lines) {
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private static List<String> text(Random random) {
        return random.ints(random.nextInt(30), 0, 4).mapToObj(Integer::toString).toList();
    }

    private static List<String> changed(List<String> text, Random random) {
        List<String> changed = new ArrayList<>(text);
        for (int edit = random.nextInt(4); edit >= 0; edit--) {
            int place = random.nextInt(changed.size() + 1);
            if (random.nextBoolean() || place == changed.size()) {
                changed.add(place, "new" + random.nextInt(3));
            } else {
                changed.remove(place);
            }
        }
        return changed;
    }

    /** As patch(1) does it, and every line of context and of what is removed must be there. */
    private static List<String> patched(List<String> before, List<String> hunks) {
        List<String> after = new ArrayList<>();
        int next = 0;
        for (String line : hunks) {
            Matcher header = HEADER.matcher(line);
            if (header.matches()) {
                int start = Integer.parseInt(header.group(1)) - ("0".equals(header.group(2)) ? 0 : 1);
                after.addAll(before.subList(next, start));
                next = start;
                int there = Integer.parseInt(header.group(3)) - ("0".equals(header.group(4)) ? 0 : 1);
                assertThat(after).as(line).hasSize(there);
                continue;
            }
            String text = line.substring(1);
            if (line.charAt(0) != '+') {
                assertThat(before.get(next++)).isEqualTo(text);
            }
            if (line.charAt(0) != '-') {
                after.add(text);
            }
        }
        after.addAll(before.subList(next, before.size()));
        return after;
    }

    private static int commonSubsequence(List<String> left, List<String> right) {
        int[][] longest = new int[left.size() + 1][right.size() + 1];
        for (int row = 1; row <= left.size(); row++) {
            for (int column = 1; column <= right.size(); column++) {
                longest[row][column] = left.get(row - 1).equals(right.get(column - 1))
                        ? longest[row - 1][column - 1] + 1
                        : Math.max(longest[row - 1][column], longest[row][column - 1]);
            }
        }
        return longest[left.size()][right.size()];
    }
}
