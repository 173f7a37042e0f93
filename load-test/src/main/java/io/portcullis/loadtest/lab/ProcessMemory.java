package io.portcullis.loadtest.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What another JVM of this machine needs.
 *
 * @param heapBytes of objects that are reachable, after a full collection
 * @param residentBytes of the whole process, as the kernel counts them; this and the next two are 0 where it does not say (not Linux)
 * @param descriptors open files and sockets of it
 * @param threads of it
 * @param heapByClass bytes of objects by class, largest first
 */
public record ProcessMemory(
        long heapBytes, long residentBytes, int descriptors, int threads, Map<String, Long> heapByClass) {
    private static final Pattern CLASS_LINE = Pattern.compile("\\s*\\d+:\\s+\\d+\\s+(\\d+)\\s+(\\S+).*");
    private static final Pattern TOTAL_LINE = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");
    /** What the collector puts where it leaves a gap; nothing refers to it. */
    private static final String FILLER = "jdk.internal.vm.Filler";

    private static final Pattern RESIDENT_LINE = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final Pattern THREADS_LINE = Pattern.compile("Threads:\\s+(\\d+)");

    /** Asks {@code jcmd} of the JDK that runs this; stops the other JVM for as long as a full collection takes. */
    public static ProcessMemory of(long pid) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String histogram = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (jcmd.waitFor() != 0) {
            throw new IOException("jcmd says nothing of process " + pid + ": " + histogram);
        }
        long heapBytes = 0;
        long fillerBytes = 0;
        Map<String, Long> byClass = new LinkedHashMap<>();
        for (String line : histogram.lines().toList()) {
            Matcher ofClass = CLASS_LINE.matcher(line);
            Matcher total = TOTAL_LINE.matcher(line);
            if (ofClass.matches() && ofClass.group(2).contains(FILLER)) {
                fillerBytes += Long.parseLong(ofClass.group(1));
            } else if (ofClass.matches()) {
                byClass.merge(ofClass.group(2), Long.parseLong(ofClass.group(1)), Long::sum);
            } else if (total.matches()) {
                heapBytes = Long.parseLong(total.group(1));
            }
        }
        Path process = Path.of("/proc", Long.toString(pid));
        String status = Files.isReadable(process.resolve("status")) ? Files.readString(process.resolve("status")) : "";
        return new ProcessMemory(
                heapBytes - fillerBytes,
                number(RESIDENT_LINE, status) << 10,
                Math.toIntExact(descriptors(process.resolve("fd"))),
                Math.toIntExact(number(THREADS_LINE, status)),
                byClass);
    }

    private static long number(Pattern line, String status) {
        Matcher found = line.matcher(status);
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    private static long descriptors(Path folder) throws IOException {
        if (!Files.isReadable(folder)) {
            return 0;
        }
        try (Stream<Path> open = Files.list(folder)) {
            return open.count();
        }
    }
}
