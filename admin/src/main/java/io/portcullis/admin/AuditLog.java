package io.portcullis.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.portcullis.admin.http.Answer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.ChangeView;
import io.portcullis.api.Json;
import io.portcullis.api.MigrationView;
import io.portcullis.api.VmView;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one line of JSON for each request that was to change something, whatever became of it: who, when, what, difference, result. What
 * was done is written always; what was refused at most {@link #REFUSED_PER_SECOND} times a second, and the next line says how many were
 * left out. Requests without a valid token have a bound of their own, so that they hide nobody else's. A line that cannot be written
 * goes to the log of the node. Thread-safe.
 */
final class AuditLog {
    /** Most of a difference that a line has. */
    static final int MAX_DIFF_CHARS = 64 << 10;
    /** Lines about refused requests a second, on average; twice as many at once after a while without. */
    static final int REFUSED_PER_SECOND = 20;

    private static final int MAX_TEXT_CHARS = 500;
    private static final int UNKNOWN_RESULT = 500;
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
    private static final ObjectWriter LINES = Json.mapper().writer().without(SerializationFeature.INDENT_OUTPUT);

    /**
     * A line.
     *
     * @param result {@code done}, {@code refused}, or {@code unknown} if there was no answer in time: it may have been done
     * @param unwritten refused requests before this one that have no line
     */
    private record Line(
            String at,
            String by,
            String request,
            String result,
            int status,
            @Nullable String code,
            @Nullable String detail,
            @Nullable Long revision,
            @Nullable List<String> changed,
            @Nullable String diff,
            @Nullable Long unwritten) {}

    private final AuditFile file;
    private final Clock clock;
    private final Budget refused;
    private final Budget unauthenticated;

    AuditLog(AuditFile file, Clock clock) {
        this.file = file;
        this.clock = clock;
        refused = new Budget(clock);
        unauthenticated = new Budget(clock);
    }

    /**
     * A request that was done.
     *
     * @param request method and path
     */
    void done(String by, String request, Answer answer) {
        ChangeView change = answer.body() instanceof ChangeView view ? view : null;
        String diff = answer.diff().isEmpty() ? null : answer.diff();
        write(new Line(
                clock.instant().truncatedTo(ChronoUnit.MILLIS).toString(),
                by,
                shortened(request),
                "done",
                answer.status(),
                null,
                detail(answer.body()),
                change == null ? null : (Long) change.revision(),
                change == null
                        ? null
                        : change.changed().stream().limit(MAX_TEXT_CHARS).toList(),
                diff,
                null));
    }

    /** What was done where the address does not say it. */
    private static @Nullable String detail(@Nullable Object body) {
        return switch (body) {
            case MigrationView migration -> migration.vm() + " from " + migration.from() + " to " + migration.to();
            case VmView vm ->
                vm.placement().host() == null
                        ? "on no host"
                        : "on " + vm.placement().host();
            case null, default -> null;
        };
    }

    /**
     * A request that was refused, or whose result is not known.
     *
     * @param by null for someone without a valid token
     */
    void refused(@Nullable String by, String request, RefusedException refusal) {
        Budget budget = by == null ? unauthenticated : refused;
        long unwritten = budget.take();
        if (unwritten < 0) {
            return;
        }
        int status = refusal.kind().status();
        write(new Line(
                clock.instant().truncatedTo(ChronoUnit.MILLIS).toString(),
                by == null ? "" : by,
                shortened(request),
                isRefusal(refusal.kind()) ? "refused" : "unknown",
                status,
                refusal.kind().code(),
                shortened(String.valueOf(refusal.getMessage())),
                null,
                null,
                null,
                unwritten == 0 ? null : (Long) unwritten));
    }

    /** Whether it is certain that nothing was done. */
    private static boolean isRefusal(ProblemKind kind) {
        return kind == ProblemKind.BUSY || kind.status() < UNKNOWN_RESULT;
    }

    private void write(Line line) {
        String text;
        try {
            text = LINES.writeValueAsString(line);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
        try {
            file.append(text);
        } catch (IOException full) {
            LOG.error("the audit log cannot be written ({}): {}", full, text);
        }
    }

    private static String shortened(String text) {
        return text.length() > MAX_TEXT_CHARS ? text.substring(0, MAX_TEXT_CHARS) + "…" : text;
    }

    /** A token bucket that counts what it refuses. */
    private static final class Budget {
        private static final long NANOS_PER_LINE = 1_000_000_000L / REFUSED_PER_SECOND;
        private static final long BURST_NANOS = 2_000_000_000L;

        private final Clock clock;
        private Instant paidUntil = Instant.MIN;
        private long unwritten;

        Budget(Clock clock) {
            this.clock = clock;
        }

        /** How many were refused since the last that was not; negative if this one is refused. */
        synchronized long take() {
            Instant now = clock.instant();
            Instant earliest = now.minusNanos(BURST_NANOS);
            Instant paid = paidUntil.isBefore(earliest) ? earliest : paidUntil;
            Instant next = paid.plusNanos(NANOS_PER_LINE);
            if (next.isAfter(now)) {
                unwritten++;
                return -1;
            }
            paidUntil = next;
            long before = unwritten;
            unwritten = 0;
            return before;
        }
    }
}
