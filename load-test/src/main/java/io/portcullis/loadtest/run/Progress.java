package io.portcullis.loadtest.run;

import io.portcullis.loadtest.report.MoveRecord;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Says every few seconds how far a run is. Thread-safe. */
final class Progress {
    private static final long EVERY_NANOS = 5_000_000_000L;

    private final PrintStream out;
    private final Moves moves;
    private long lastNanos = System.nanoTime();

    Progress(PrintStream out, Moves moves) {
        this.out = out;
        this.moves = moves;
    }

    synchronized void tell() {
        long now = System.nanoTime();
        List<MoveRecord> records = moves.records();
        if (records.isEmpty() || now - lastNanos < EVERY_NANOS) {
            return;
        }
        lastNanos = now;
        MoveRecord last = records.getLast();
        out.printf(
                Locale.ROOT,
                "%d moves; the last, of %s to %s: %s, pause %.1f ms, longest delay %.1f ms%n",
                records.size(),
                last.vm(),
                last.to(),
                last.outcome(),
                last.pauseMicros() / 1e3,
                last.delayMicros() / 1e3);
    }
}
