package io.portcullis.vnic;

import io.portcullis.policy.model.ModelDelta;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/** Sees to it that what a tenant's model says is active is what is active now. The thread of its actor. */
final class TenantClock {
    /** Longest time without a look at the clock: it may be set, or stand still while a machine sleeps. */
    static final Duration MAX_WAIT = Duration.ofMinutes(1);

    /** Who makes the revisions that only set the time. No token has such a name. */
    static final String NAME = "the clock";

    private final Clock clock;
    private final TimerScheduler<TenantCommand> timers;
    private final RuleBook book;

    /** @param book of the tenant's present model */
    TenantClock(Clock clock, TimerScheduler<TenantCommand> timers, RuleBook book) {
        this.clock = clock;
        this.timers = timers;
        this.book = book;
    }

    /** The edits, and one that sets the time if what is active after them would otherwise not be what is active now. */
    List<ModelEdit> join(List<ModelEdit> edits, TenantModel before, TenantModel after, Instant now) {
        ModelDelta delta = ModelDelta.withProvider(before, after);
        boolean isDue = isDue(book.nextChange(), now)
                || delta.policies().stream().anyMatch(change -> isDue(change.after(), after, now))
                || delta.staged().stream()
                        .map(ModelDelta.Change::after)
                        .anyMatch(staged -> staged != null && isDue(staged.policy(), after, now));
        return isDue
                ? Stream.concat(edits.stream(), Stream.of(new ModelEdit.SetClock(now)))
                        .toList()
                : edits;
    }

    private static boolean isDue(@Nullable SecurityPolicy policy, TenantModel model, Instant now) {
        return policy != null && isDue(policy.nextChange(model.time()), now);
    }

    private static boolean isDue(@Nullable Instant change, Instant now) {
        return change != null && !change.isAfter(now);
    }

    /** The revision that sets the time, if one is due; else looks again in time. */
    Optional<TenantEvent> due(@Nullable TenantModel model) {
        Instant now = clock.instant();
        if (model == null || !isDue(book.nextChange(), now)) {
            await();
            return Optional.empty();
        }
        return Optional.of(new TenantEvent.TenantEdited(
                model.revision() + 1, List.of(new ModelEdit.SetClock(now)), NAME, now, ""));
    }

    /** Has the actor look at the clock when the model will be no longer true; after each change of it. */
    void await() {
        Instant next = book.nextChange();
        if (next == null) {
            timers.cancel(NAME);
            return;
        }
        Instant now = clock.instant();
        Duration wait = next.isAfter(now.plus(MAX_WAIT)) ? MAX_WAIT : Duration.between(now, next);
        timers.startSingleTimer(NAME, new TenantCommand.CheckClock(), wait.isNegative() ? Duration.ZERO : wait);
    }
}
