package io.portcullis.loadtest.report;

import io.portcullis.api.CopyRoundView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.ReceiptView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One move of a VM.
 *
 * @param outcome {@code COMMITTED}, or how else it ended
 * @param atMillis since the timeline's begin
 * @param tookMillis from the request until its end was seen
 * @param pauseMicros as the receipt says: from the last frame that the source decided to the first that the destination decided
 * @param gapMicros longest time without a frame in one direction at a receiver meanwhile
 * @param delayMicros longest that a frame took meanwhile, from when it was due
 * @param twinDelayMicros the same of the twin, which did not move; 0 if there is none
 * @param twinGapMicros likewise
 * @param bytes for the table
 * @param restBytes of these, in the pause
 * @param phases with milliseconds since the first one
 */
public record MoveRecord(
        String vm,
        String from,
        String to,
        String outcome,
        @Nullable String reason,
        double atMillis,
        double tookMillis,
        double pauseMicros,
        double freezeMicros,
        double gapMicros,
        double delayMicros,
        double twinGapMicros,
        double twinDelayMicros,
        long entries,
        long bytes,
        long restBytes,
        List<CopyRoundView> rounds,
        long framesHeld,
        long framesForwarded,
        long framesDropped,
        long epochBefore,
        long epochAfter,
        List<Phase> phases,
        List<String> problems) {
    /** A phase that began so many milliseconds after the first. */
    public record Phase(String name, double millis) {}

    /** What the ends saw meanwhile, nanoseconds. */
    public record Seen(long gapNanos, long delayNanos, long twinGapNanos, long twinDelayNanos) {
        public static final Seen NOTHING = new Seen(0, 0, 0, 0);
    }

    public MoveRecord {
        rounds = rounds == null ? List.of() : List.copyOf(rounds);
        phases = phases == null ? List.of() : List.copyOf(phases);
        problems = problems == null ? List.of() : List.copyOf(problems);
    }

    /** Of what the API says about a migration that has ended. */
    public static MoveRecord of(MigrationView ended, double atMillis, double tookMillis, Seen seen) {
        ReceiptView receipt = ended.receipt();
        String vm = ended.vm().substring(ended.vm().indexOf('/') + 1);
        if (receipt == null) {
            return failed(vm, ended.from(), ended.to(), ended.state(), ended.reason(), atMillis, tookMillis, seen);
        }
        return new MoveRecord(
                vm,
                ended.from(),
                ended.to(),
                ended.state(),
                ended.reason(),
                atMillis,
                tookMillis,
                receipt.pauseNanos() / 1e3,
                receipt.freezeNanos() / 1e3,
                seen.gapNanos / 1e3,
                seen.delayNanos / 1e3,
                seen.twinGapNanos / 1e3,
                seen.twinDelayNanos / 1e3,
                receipt.entriesReceived(),
                receipt.bytes(),
                receipt.restBytes(),
                receipt.vnics().isEmpty()
                        ? List.of()
                        : receipt.vnics().getFirst().rounds(),
                receipt.framesHeld(),
                receipt.framesForwarded(),
                receipt.framesDropped(),
                receipt.epochBefore(),
                receipt.epochAfter(),
                phases(receipt),
                receipt.problems());
    }

    /** Of a move that has no receipt. */
    public static MoveRecord failed(
            String vm,
            String from,
            String to,
            String outcome,
            @Nullable String reason,
            double atMillis,
            double tookMillis,
            Seen seen) {
        return new MoveRecord(
                vm,
                from,
                to,
                outcome,
                reason,
                atMillis,
                tookMillis,
                0,
                0,
                seen.gapNanos / 1e3,
                seen.delayNanos / 1e3,
                seen.twinGapNanos / 1e3,
                seen.twinDelayNanos / 1e3,
                0,
                0,
                0,
                List.of(),
                0,
                0,
                0,
                0,
                0,
                List.of(),
                List.of());
    }

    private static List<Phase> phases(ReceiptView receipt) {
        List<Phase> phases = new ArrayList<>();
        Instant first = null;
        for (var phase : receipt.phases()) {
            Instant at = Instant.parse(phase.at());
            first = first == null ? at : first;
            phases.add(new Phase(phase.phase(), Duration.between(first, at).toNanos() / 1e6));
        }
        return phases;
    }

    /** How long it waited for its turn to be cut, with its source enforcing; 0 if it did not. */
    public double turnMillis() {
        for (int i = 0; i + 1 < phases.size(); i++) {
            if (phases.get(i).name().equals(MigrationView.AWAITING_TURN)) {
                return phases.get(i + 1).millis() - phases.get(i).millis();
            }
        }
        return 0;
    }

    /** Whether the VM is where it was to go. */
    public boolean committed() {
        return outcome.equals("COMMITTED");
    }
}
