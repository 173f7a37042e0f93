package io.portcullis.admin;

import io.portcullis.admin.document.ScheduleText;
import io.portcullis.admin.http.Exchange;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.HistoryView;
import io.portcullis.api.RevisionView;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.analyze.RuleUsage;
import io.portcullis.policy.model.TenantModel;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Brings together what is known of the use of a tenant's rules since a time that a request asks for. */
final class RuleUsages {
    private static final String PARAMETER = "unusedSince";
    private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhdw])");
    private static final Map<String, Duration> UNITS = Map.of(
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1),
            "w", Duration.ofDays(7));
    /** As many as a tenant remembers. */
    private static final int ALL_REVISIONS = 1_000;

    private final AdminServices services;

    RuleUsages(AdminServices services) {
        this.services = services;
    }

    /**
     * What is known, and who did not answer.
     *
     * @param report what was counted
     * @param then the tenant at that time or as long ago as it is remembered; null if there was none
     * @param knownSince when {@code then} was made, if that is later; else null
     */
    record Known(
            Instant unusedSince,
            HitReport report,
            @Nullable TenantModel then,
            @Nullable Instant knownSince) {
        RuleUsage of(TenantModel model) {
            return new RuleUsage(
                    unusedSince,
                    report.countedSince(),
                    report.complete(),
                    HitViews.lastHits(model, report),
                    then,
                    knownSince);
        }
    }

    /** Empty if the request does not ask for rules that are not used. */
    CompletionStage<Optional<Known>> asked(Exchange exchange, TenantId tenant, Instant now) {
        String text = exchange.query().get(PARAMETER);
        if (text == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        Instant since = since(text, now);
        return services.hits(tenant)
                .thenCombine(
                        past(tenant, since),
                        (report, past) -> Optional.of(new Known(since, report, past.model(), past.knownSince())));
    }

    private static Instant since(String text, Instant now) {
        Matcher ago = AGO.matcher(text);
        Instant since;
        try {
            since = ago.matches()
                    ? now.minus(
                            UNITS.getOrDefault(ago.group(2), Duration.ZERO).multipliedBy(Long.parseLong(ago.group(1))))
                    : ScheduleText.instant(text);
        } catch (IllegalArgumentException none) {
            throw refused(text, "write 30d, 12h or a time: " + none.getMessage());
        }
        if (since.isAfter(now)) {
            throw refused(text, "that is still to come; give a time in the past");
        }
        return since.truncatedTo(ChronoUnit.MILLIS);
    }

    private static RefusedException refused(String text, String hint) {
        return new RefusedException(
                ProblemKind.INVALID_REQUEST, "the parameter " + PARAMETER + " is '" + text + "'", hint);
    }

    private record Past(
            @Nullable TenantModel model, @Nullable Instant knownSince) {}

    private CompletionStage<Past> past(TenantId tenant, Instant since) {
        return services.history(tenant, Long.MAX_VALUE, ALL_REVISIONS)
                .thenCompose(history -> past(tenant, since, history));
    }

    private CompletionStage<Past> past(TenantId tenant, Instant since, HistoryView history) {
        RevisionView oldest = null;
        for (RevisionView revision : history.items()) {
            if (!Instant.parse(revision.at()).isAfter(since)) {
                return services.model(tenant, revision.revision()).thenApply(model -> new Past(model, null));
            }
            oldest = revision;
        }
        if (oldest == null || oldest.revision() <= 1) {
            return CompletableFuture.completedFuture(new Past(null, null));
        }
        Instant made = Instant.parse(oldest.at());
        return services.model(tenant, oldest.revision()).thenApply(model -> new Past(model, made));
    }
}
