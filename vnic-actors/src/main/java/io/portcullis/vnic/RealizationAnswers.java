package io.portcullis.vnic;

import io.portcullis.vnic.parcel.Parcels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Who asks how far a tenant's rules are in force, and waits until they are. Belongs to {@link TenantPolicy}, on its thread. */
final class RealizationAnswers {
    /** Longest that a question may wait. */
    static final Duration MAX_WAIT = Duration.ofSeconds(10);
    /** Beyond these, one more question is answered at once. */
    static final int MAX_WAITING = 1_000;

    private record Waiting(TenantCommand.GetRealization question, long revision) {}

    private final ActorContext<TenantCommand> context;
    private final Parcels parcels;
    private final RuleBook book;
    private final HostSubscriptions subscriptions;
    private final List<Waiting> waiting = new ArrayList<>();

    RealizationAnswers(
            ActorContext<TenantCommand> context, Parcels parcels, RuleBook book, HostSubscriptions subscriptions) {
        this.context = context;
        this.parcels = parcels;
        this.book = book;
        this.subscriptions = subscriptions;
    }

    /** Of a tenant that exists. */
    void onGet(TenantCommand.GetRealization get) {
        Long asked = get.revision();
        long revision = asked == null ? book.revision() : asked;
        long millis = Math.min(get.waitMillis(), MAX_WAIT.toMillis());
        if (millis <= 0 || waiting.size() == MAX_WAITING || subscriptions.isRealized(revision, book)) {
            answer(get);
            return;
        }
        waiting.add(new Waiting(get, revision));
        context.scheduleOnce(Duration.ofMillis(millis), context.getSelf(), new TenantCommand.RealizationOverdue(get));
    }

    void onOverdue(TenantCommand.RealizationOverdue overdue) {
        if (waiting.removeIf(each -> each.question().equals(overdue.waiting()))) {
            answer(overdue.waiting());
        }
    }

    /** Hosts have said something new: answers those whose revision has come everywhere. */
    void answerRealized() {
        waiting.removeIf(each -> {
            boolean realized = subscriptions.isRealized(each.revision(), book);
            if (realized) {
                answer(each.question());
            }
            return realized;
        });
    }

    private void answer(TenantCommand.GetRealization get) {
        new TenantReply.Realization(book.revision(), subscriptions.realization(book)).tellTo(get.replyTo(), parcels);
    }
}
