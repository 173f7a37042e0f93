package io.portcullis.vnic;

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

    /** What is asked about. */
    interface Progress {
        /** The newest. */
        long revision();

        boolean isRealized(long revision);

        void answer(TenantCommand.GetRealization get);
    }

    private record Waiting(TenantCommand.GetRealization question, long revision) {}

    private final ActorContext<TenantCommand> context;
    private final Progress progress;
    private final List<Waiting> waiting = new ArrayList<>();

    RealizationAnswers(ActorContext<TenantCommand> context, Progress progress) {
        this.context = context;
        this.progress = progress;
    }

    /** Of a tenant that exists. */
    void onGet(TenantCommand.GetRealization get) {
        Long asked = get.revision();
        long revision = asked == null ? progress.revision() : asked;
        long millis = Math.min(get.waitMillis(), MAX_WAIT.toMillis());
        if (millis <= 0 || waiting.size() == MAX_WAITING || progress.isRealized(revision)) {
            progress.answer(get);
            return;
        }
        waiting.add(new Waiting(get, revision));
        context.scheduleOnce(Duration.ofMillis(millis), context.getSelf(), new TenantCommand.RealizationOverdue(get));
    }

    void onOverdue(TenantCommand.RealizationOverdue overdue) {
        if (waiting.removeIf(each -> each.question().equals(overdue.waiting()))) {
            progress.answer(overdue.waiting());
        }
    }

    /** There is something new: answers those whose revision has come everywhere. */
    void answerRealized() {
        waiting.removeIf(each -> {
            boolean realized = progress.isRealized(each.revision());
            if (realized) {
                progress.answer(each.question());
            }
            return realized;
        });
    }
}
