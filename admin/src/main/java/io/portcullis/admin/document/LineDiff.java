package io.portcullis.admin.document;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The difference of two texts, line by line, in the unified format of diff(1) with three lines of context. The shortest there is (Myers,
 * "An O(ND) Difference Algorithm and Its Variations", 1986) up to {@link #MAX_EDITS} lines that differ; beyond that, what lies between
 * the first and the last difference is replaced as a whole, so that time and memory stay bounded.
 */
final class LineDiff {
    static final int MAX_EDITS = 1_000;
    private static final int CONTEXT = 3;

    /** A line, and whether it is in the first text, in the second, or in both. */
    private record Line(char sign, String text) {}

    private final List<String> before;
    private final List<String> after;
    private final int[] left;
    private final int[] right;

    private LineDiff(List<String> before, List<String> after) {
        this.before = before;
        this.after = after;
        Map<String, Integer> numbers = new HashMap<>();
        left = numbered(before, numbers);
        right = numbered(after, numbers);
    }

    private static int[] numbered(List<String> lines, Map<String, Integer> numbers) {
        return lines.stream()
                .mapToInt(line -> numbers.computeIfAbsent(line, first -> numbers.size()))
                .toArray();
    }

    /** The hunks, without a heading; empty if the texts are equal. */
    static List<String> hunks(String before, String after) {
        return hunks(before, after, 0);
    }

    /**
     * As {@link #hunks(String, String)}, of texts of which both lack some lines that are equal.
     *
     * @param missing lines that lack before the context of the first difference
     */
    static List<String> hunks(String before, String after, int missing) {
        return new LineDiff(before.lines().toList(), after.lines().toList()).hunks(missing);
    }

    private List<String> hunks(int missing) {
        int head = 0;
        while (head < left.length && head < right.length && left[head] == right[head]) {
            head++;
        }
        int tail = 0;
        while (tail < left.length - head
                && tail < right.length - head
                && left[left.length - 1 - tail] == right[right.length - 1 - tail]) {
            tail++;
        }
        List<Line> lines = new ArrayList<>();
        before.subList(0, head).forEach(line -> lines.add(new Line(' ', line)));
        lines.addAll(middle(head, left.length - tail, right.length - tail));
        before.subList(left.length - tail, left.length).forEach(line -> lines.add(new Line(' ', line)));
        return hunks(lines, missing);
    }

    /** From {@code head} to these ends in both texts. */
    private List<Line> middle(int head, int leftEnd, int rightEnd) {
        int width = leftEnd - head;
        int height = rightEnd - head;
        int most = Math.min(MAX_EDITS, width + height);
        int[] furthest = new int[2 * most + 3];
        int middle = most + 1;
        List<int[]> trace = new ArrayList<>();
        for (int edits = 0; edits <= most; edits++) {
            for (int diagonal = -edits; diagonal <= edits; diagonal += 2) {
                boolean down = diagonal == -edits
                        || (diagonal != edits && furthest[middle + diagonal - 1] < furthest[middle + diagonal + 1]);
                int x = down ? furthest[middle + diagonal + 1] : furthest[middle + diagonal - 1] + 1;
                while (x < width && x - diagonal < height && left[head + x] == right[head + x - diagonal]) {
                    x++;
                }
                furthest[middle + diagonal] = x;
                if (x >= width && x - diagonal >= height) {
                    return backtrack(head, width, height, trace);
                }
            }
            trace.add(Arrays.copyOfRange(furthest, middle - edits, middle + edits + 1));
        }
        List<Line> replaced = new ArrayList<>(width + height);
        before.subList(head, leftEnd).forEach(line -> replaced.add(new Line('-', line)));
        after.subList(head, rightEnd).forEach(line -> replaced.add(new Line('+', line)));
        return replaced;
    }

    /**
     * The way back from both ends.
     *
     * @param trace after each number of edits the furthest place on each diagonal, from the lowest to the highest
     */
    private List<Line> backtrack(int head, int width, int height, List<int[]> trace) {
        List<Line> lines = new ArrayList<>();
        int x = width;
        int y = height;
        for (int edits = trace.size(); edits > 0; edits--) {
            int[] furthest = trace.get(edits - 1);
            int diagonal = x - y;
            boolean down = diagonal == -edits
                    || (diagonal != edits
                            && at(furthest, edits - 1, diagonal - 1) < at(furthest, edits - 1, diagonal + 1));
            int fromX = down ? at(furthest, edits - 1, diagonal + 1) : at(furthest, edits - 1, diagonal - 1);
            int fromY = down ? fromX - (diagonal + 1) : fromX - (diagonal - 1);
            int afterEditX = down ? fromX : fromX + 1;
            for (; x > afterEditX; x--, y--) {
                lines.add(new Line(' ', before.get(head + x - 1)));
            }
            lines.add(down ? new Line('+', after.get(head + y - 1)) : new Line('-', before.get(head + x - 1)));
            x = fromX;
            y = fromY;
        }
        for (; x > 0; x--) {
            lines.add(new Line(' ', before.get(head + x - 1)));
        }
        return lines.reversed();
    }

    private static int at(int[] furthest, int edits, int diagonal) {
        return Math.abs(diagonal) > edits ? -1 : furthest[diagonal + edits];
    }

    private static List<String> hunks(List<Line> lines, int missing) {
        List<String> hunks = new ArrayList<>();
        int leftLine = missing;
        int rightLine = missing;
        int index = 0;
        while (index < lines.size()) {
            if (lines.get(index).sign() == ' ') {
                index++;
                leftLine++;
                rightLine++;
                continue;
            }
            int start = Math.max(0, index - CONTEXT);
            int end = end(lines, index);
            int lead = index - start;
            List<Line> hunk = lines.subList(start, end);
            int leftCount = count(hunk, '+');
            int rightCount = count(hunk, '-');
            hunks.add("@@ -" + range(leftLine - lead, leftCount) + " +" + range(rightLine - lead, rightCount) + " @@");
            hunk.forEach(line -> hunks.add(line.sign() + line.text()));
            leftLine += leftCount - lead;
            rightLine += rightCount - lead;
            index = end;
        }
        return hunks;
    }

    /** Where the hunk ends that begins with this difference: behind its context, unless the next difference is near. */
    private static int end(List<Line> lines, int first) {
        int last = first;
        for (int index = first; index < lines.size() && index - last <= 2 * CONTEXT + 1; index++) {
            if (lines.get(index).sign() != ' ') {
                last = index;
            }
        }
        return Math.min(lines.size(), last + 1 + CONTEXT);
    }

    /** Lines that are not of that sign. */
    private static int count(List<Line> lines, char other) {
        return (int) lines.stream().filter(line -> line.sign() != other).count();
    }

    private static String range(int start, int count) {
        return (count == 0 ? start : start + 1) + (count == 1 ? "" : "," + count);
    }
}
