package io.portcullis.loadtest.bench;

import io.portcullis.datapath.classify.FlowMatch;
import io.portcullis.datapath.classify.FlowWords;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * Reads what the ClassBench tools write (Taylor and Turner, INFOCOM 2005): rules, headers, and the answers to them; each file
 * plain or with gzip, told by its first bytes. Empty lines are skipped.
 */
final class ClassBenchFiles {
    private static final Pattern RULE = Pattern.compile("@?(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)/(\\d+)\\s+"
            + "(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)/(\\d+)\\s+(\\d+)\\s*:\\s*(\\d+)\\s+(\\d+)\\s*:\\s*(\\d+)\\s+"
            + "0[xX]([0-9a-fA-F]+)/0[xX]([0-9a-fA-F]+)(\\s.*)?");
    private static final int MAX_PORT = 65_535;
    private static final int GZIP_MAGIC = 0x8b1f;

    /** Headers as the words that an index is asked with. */
    static final class Headers {
        final long[] addresses;
        final long[] transport;

        Headers(long[] addresses, long[] transport) {
            this.addresses = addresses;
            this.transport = transport;
        }

        int count() {
            return addresses.length;
        }
    }

    private ClassBenchFiles() {}

    /** Line n (from 0) becomes the match with priority n. */
    static List<FlowMatch> rules(Path file) throws BadInputException {
        List<FlowMatch> rules = new ArrayList<>();
        readLines(file, (line, number) -> rules.add(rule(file, line, number, rules.size())));
        if (rules.isEmpty()) {
            throw new BadInputException(file, "no rules in it; expected a ClassBench rule a line");
        }
        return rules;
    }

    private static FlowMatch rule(Path file, String line, int number, int priority) throws BadInputException {
        Matcher rule = RULE.matcher(line);
        if (!rule.matches()) {
            throw new BadInputException(
                    file,
                    number,
                    "not a ClassBench rule; expected '@a.b.c.d/len a.b.c.d/len lo : hi lo : hi 0x06/0xFF'");
        }
        int[] ports = new int[4];
        for (int i = 0; i < ports.length; i++) {
            ports[i] = number(file, number, "port", rule.group(11 + i), 10, MAX_PORT);
        }
        if (ports[0] > ports[1] || ports[2] > ports[3]) {
            throw new BadInputException(file, number, "a port range ends before it begins; swap its bounds");
        }
        return FlowMatch.ofPrefixes(
                priority,
                address(file, rule, 1, number),
                number(file, number, "prefix length", rule.group(5), 10, 32),
                address(file, rule, 6, number),
                number(file, number, "prefix length", rule.group(10), 10, 32),
                ports[0],
                ports[1],
                ports[2],
                ports[3],
                number(file, number, "protocol mask", rule.group(16), 16, FlowWords.TAG_PROTOCOL),
                number(file, number, "protocol", rule.group(15), 16, FlowWords.TAG_PROTOCOL));
    }

    private static int address(Path file, Matcher rule, int group, int line) throws BadInputException {
        int address = 0;
        for (int i = 0; i < 4; i++) {
            address = address << 8 | number(file, line, "address byte", rule.group(group + i), 10, 255);
        }
        return address;
    }

    static Headers headers(Path file) throws BadInputException {
        LongList addresses = new LongList();
        LongList transport = new LongList();
        readLines(file, (line, number) -> {
            String[] words = line.split("\\s+", 6);
            if (words.length < 5) {
                throw new BadInputException(
                        file, number, "not a header; expected 'source destination sport dport protocol' in decimal");
            }
            long source = wide(file, number, words[0]);
            long destination = wide(file, number, words[1]);
            addresses.add(FlowWords.addresses((int) source, (int) destination));
            transport.add(FlowWords.transport(
                    number(file, number, "port", words[2], 10, MAX_PORT),
                    number(file, number, "port", words[3], 10, MAX_PORT),
                    number(file, number, "protocol", words[4], 10, FlowWords.TAG_PROTOCOL)));
        });
        if (addresses.count == 0) {
            throw new BadInputException(file, "no headers in it; expected a ClassBench header a line");
        }
        return new Headers(addresses.toArray(), transport.toArray());
    }

    /** For each header the line (from 0) of the rule that decides, or -1. */
    static int[] truth(Path file, int headers, int rules) throws BadInputException {
        LongList lines = new LongList();
        readLines(file, (line, number) -> {
            boolean none = "-1".equals(line);
            lines.add(none ? -1 : number(file, number, "rule", line, 10, rules - 1));
        });
        if (lines.count != headers) {
            throw new BadInputException(
                    file, lines.count + " answers for " + headers + " headers; name the answers of this very trace");
        }
        long[] all = lines.toArray();
        int[] truth = new int[all.length];
        for (int i = 0; i < truth.length; i++) {
            truth[i] = (int) all[i];
        }
        return truth;
    }

    private static long wide(Path file, int line, String text) throws BadInputException {
        try {
            long value = Long.parseLong(text);
            if (value >= 0 && value <= 0xffff_ffffL) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new BadInputException(file, line, "address '" + text + "' is not a number from 0 to 4294967295");
    }

    private static int number(Path file, int line, String what, String text, int radix, int max)
            throws BadInputException {
        try {
            int value = Integer.parseInt(text, radix);
            if (value >= 0 && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new BadInputException(file, line, what + " '" + text + "' is not a number from 0 to " + max);
    }

    private interface LineReader {
        void line(String line, int number) throws BadInputException;
    }

    private static void readLines(Path file, LineReader reader) throws BadInputException {
        try (InputStream raw = Files.newInputStream(file);
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(unpacked(raw), StandardCharsets.ISO_8859_1))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    reader.line(line.strip(), number);
                }
            }
        } catch (NoSuchFileException e) {
            throw new BadInputException(file, "there is no such file");
        } catch (IOException e) {
            throw new BadInputException(file, "cannot be read: " + e.getMessage());
        }
    }

    private static InputStream unpacked(InputStream raw) throws IOException {
        java.io.PushbackInputStream in = new java.io.PushbackInputStream(new java.io.BufferedInputStream(raw), 2);
        byte[] start = in.readNBytes(2);
        in.unread(start);
        boolean isPacked = start.length == 2 && ((start[0] & 0xff) | (start[1] & 0xff) << 8) == GZIP_MAGIC;
        return isPacked ? new GZIPInputStream(in, 1 << 16) : in;
    }

    private static final class LongList {
        private long[] values = new long[1024];
        private int count;

        void add(long value) {
            if (count == values.length) {
                values = java.util.Arrays.copyOf(values, count * 2);
            }
            values[count++] = value;
        }

        long[] toArray() {
            return java.util.Arrays.copyOf(values, count);
        }
    }
}
