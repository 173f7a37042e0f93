package io.portcullis.loadtest.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where the processor's time of a {@link TrackRun} goes: the JVM's flight recorder looks each millisecond of processor time at what runs, and each
 * look that finds the engine counts for the innermost part of the data path on the stack. Linux only. One thread.
 */
final class TrackProfile implements AutoCloseable {
    private static final String EVENT = "jdk.CPUTimeSample";
    private static final String ENGINE = "VnicEngine";
    private static final String RUN = "TrackRun";

    /** What is measured apart, and the method of {@link TrackRun} that does it. */
    private enum Phase {
        PACKETS("packets", "established"),
        SETUPS("set-ups", "setups"),
        LIVES("lives", "lives");

        private final String title;
        private final String method;

        Phase(String title, String method) {
            this.title = title;
            this.method = method;
        }
    }

    /** A part of the data path: classes, or methods of a class, in which it begins. */
    private enum Part {
        READ("headers read, keys hashed", "BurstLookup.take", "PlainSender"),
        FIND("connections looked for, lines waited for", "BurstLookup"),
        PASS("next packets judged, connections moved on", "EstablishedPath.pass", "EstablishedPath.writeTail"),
        PARSE("parsed for the long way", "PlainParser", "PacketParser"),
        TCP("TCP's states and windows, the long way", "TcpTracker", "TcpWindow", "TcpSegment"),
        CLASSIFY("rules looked for", "PolicyInForce.decide"),
        INDEX("put into the index", "SlotIndex.put"),
        UNINDEX("taken out of the index", "SlotIndex.remove"),
        ENTRY("entries begun", "ConnectionTable.add"),
        ADMISSION("what admits a connection noted", "Admissions"),
        SWEEP("sweeps for connections whose time is over", "ConnectionTable.expire"),
        OTHER("the rest of the long way", ENGINE);

        private final String title;

        @SuppressWarnings("ImmutableEnumChecker") // a copy that nobody can change
        private final List<String> beginnings;

        Part(String title, String... beginnings) {
            this.title = title;
            this.beginnings = List.of(beginnings);
        }

        boolean begins(String method) {
            return beginnings.stream().anyMatch(method::startsWith);
        }
    }

    private static final Part[] PARTS = Part.values();
    private static final Phase[] PHASES = Phase.values();

    private final Recording recording = new Recording();

    private TrackProfile() {}

    /** All beginnings: {@code Class} or {@code Class.beginning of the method's name}. */
    static List<String> beginnings() {
        return Arrays.stream(PARTS).flatMap(part -> part.beginnings.stream()).toList();
    }

    /** Begins to look; empty if the JVM cannot. */
    static Optional<TrackProfile> begin() {
        boolean isThere = FlightRecorder.getFlightRecorder().getEventTypes().stream()
                .anyMatch(type -> type.getName().equals(EVENT));
        if (!isThere) {
            return Optional.empty();
        }
        TrackProfile profile = new TrackProfile();
        profile.recording.enable(EVENT).with("throttle", "1ms").withStackTrace();
        profile.recording.start();
        return Optional.of(profile);
    }

    /** Ends it; the shares of each part in each phase. */
    String end() throws IOException {
        recording.stop();
        Path file = Files.createTempFile("portcullis-track", ".jfr");
        try {
            recording.dump(file);
            return table(count(file));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public void close() {
        recording.close();
    }

    private static int[][] count(Path file) throws IOException {
        int[][] looks = new int[PHASES.length][PARTS.length];
        try (RecordingFile events = new RecordingFile(file)) {
            while (events.hasMoreEvents()) {
                var stack = events.readEvent().getStackTrace();
                if (stack != null) {
                    count(
                            looks,
                            stack.getFrames().stream().map(TrackProfile::name).toList());
                }
            }
        }
        return looks;
    }

    private static String name(RecordedFrame frame) {
        String type = frame.getMethod().getType().getName();
        return type.substring(type.lastIndexOf('.') + 1) + "."
                + frame.getMethod().getName();
    }

    /** @param methods the innermost first */
    static void count(int[][] looks, List<String> methods) {
        if (methods.contains(RUN + ".warmUp")) {
            return;
        }
        for (int phase = 0; phase < PHASES.length; phase++) {
            if (methods.contains(RUN + "." + PHASES[phase].method)) {
                int ofPhase = phase;
                part(methods).ifPresent(part -> looks[ofPhase][part]++);
            }
        }
    }

    private static Optional<Integer> part(List<String> methods) {
        for (String method : methods) {
            for (int part = 0; part < PARTS.length; part++) {
                if (PARTS[part].begins(method)) {
                    return Optional.of(part);
                }
            }
        }
        return Optional.empty();
    }

    private static String table(int[][] looks) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-44s", "share of the engine's time"));
        for (Phase phase : PHASES) {
            text.append(String.format(Locale.ROOT, "%10s", phase.title));
        }
        for (int part = 0; part < PARTS.length; part++) {
            text.append(String.format(Locale.ROOT, "%n%-44s", PARTS[part].title));
            for (int[] ofPhase : looks) {
                double all = Math.max(1, Arrays.stream(ofPhase).sum());
                text.append(String.format(Locale.ROOT, "%8.1f %%", 100 * ofPhase[part] / all));
            }
        }
        return text.toString();
    }
}
