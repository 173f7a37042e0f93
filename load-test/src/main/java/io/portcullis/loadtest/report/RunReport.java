package io.portcullis.loadtest.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.portcullis.loadtest.flow.StreamCounts;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All that a run measured; its JSON is what {@code --compare} reads.
 *
 * @param scale by which the scenario was made smaller
 * @param started ISO 8601, UTC
 * @param seconds of the timeline
 * @param plan the scenario in words
 * @param figures by name; see docs/load-test.md
 * @param throughput numbered frames that came in each hundredth of a second since the timeline's begin, by role of VMs
 * @param resources what hosts needed; empty where nobody looked
 * @param failures of steps of the timeline
 */
public record RunReport(
        String scenario,
        String description,
        long seed,
        double scale,
        String version,
        Machine machine,
        String started,
        double seconds,
        List<String> plan,
        Map<String, Double> figures,
        List<Check> checks,
        List<StreamCounts.Totals> traffic,
        HistoryRecord history,
        List<StepRecord> steps,
        List<MoveRecord> moves,
        Map<String, List<ArmMove>> arms,
        Map<String, int[]> throughput,
        List<ResourceSample> resources,
        List<String> failures) {
    public RunReport {
        // Runs of earlier releases have none.
        resources = Objects.requireNonNullElse(resources, List.of());
    }

    /** A step of the timeline, milliseconds since its begin. */
    public record StepRecord(String text, double beganMillis, double endedMillis) {}

    /** What the ends saw when a VM of a control arm moved, microseconds, and how many frames were lost then. */
    public record ArmMove(double atMillis, double gapMicros, double delayMicros) {}

    /** What the check of the history said. */
    public record HistoryRecord(
            boolean holds,
            long sent,
            long decided,
            long compared,
            long afterBan,
            long missed,
            Map<String, Long> byRule,
            List<String> examples) {}

    /** Whether all that is required was kept. */
    @JsonIgnore
    public boolean isKept() {
        return checks.stream().allMatch(check -> check.kept() || !check.required());
    }

    /** A figure, if the run has it. */
    public @Nullable Double figure(String name) {
        return figures.get(name);
    }
}
