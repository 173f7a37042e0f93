package io.portcullis.loadtest.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What another JVM of this machine needs.
 *
 * @param heapBytes of objects that are reachable, after a full collection
 * @param residentBytes of the whole process, as the kernel counts them; 0 where it does not say (not Linux)
 * @param heapByClass bytes of objects by class, largest first
 */
public record ProcessMemory(long heapBytes, long residentBytes, Map<String, Long> heapByClass) {
    private static final Pattern CLASS_LINE = Pattern.compile("\\s*\\d+:\\s+\\d+\\s+(\\d+)\\s+(\\S+).*");
    private static final Pattern TOTAL_LINE = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");
    /** What the collector puts where it leaves a gap; nothing refers to it. */
    private static final String FILLER = "jdk.internal.vm.Filler";

    private static final Pattern RESIDENT_LINE = Pattern.compile("VmRSS:\\s+(\\d+) kB");

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
        return new ProcessMemory(heapBytes - fillerBytes, resident(pid), byClass);
    }

    private static long resident(long pid) throws IOException {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        Matcher line = RESIDENT_LINE.matcher(Files.readString(status));
        return line.find() ? Long.parseLong(line.group(1)) << 10 : 0;
    }
}
