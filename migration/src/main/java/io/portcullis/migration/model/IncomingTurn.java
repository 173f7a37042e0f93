package io.portcullis.migration.model;

import io.portcullis.policy.HostId;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A destination's answer to the rehearsal of one source, which enforces and goes on to be cut when it has it: held back while too many others are in their
 * pause here, unless that lasts. The source asks again and again. Belongs to the destination's side of that migration, on its thread.
 *
 * @param <A> the answer
 */
public final class IncomingTurn<A> {
    private final CutTurns<HostId> turns;
    private final HostId host;
    private final String migration;
    private final long patienceNanos;
    private final Consumer<CutTurns.Taking> taken;
    private @Nullable A heldBack;
    private long sinceNanos;

    /**
     * @param turns of all migrations to {@code host}
     * @param patienceNanos for so long a source is kept waiting
     * @param taken hears of each turn that was taken without waiting for it
     */
    public IncomingTurn(
            CutTurns<HostId> turns,
            HostId host,
            String migration,
            long patienceNanos,
            Consumer<CutTurns.Taking> taken) {
        this.turns = turns;
        this.host = host;
        this.migration = migration;
        this.patienceNanos = patienceNanos;
        this.taken = taken;
    }

    /**
     * What is to be answered now; null if that is held back.
     *
     * @param granted called once when it is its turn, as {@link CutTurns#ask} does; then {@link #come} has the answer
     */
    public @Nullable A rehearsed(A answer, long nowNanos, Runnable granted) {
        boolean waitsAlready = heldBack != null;
        heldBack = answer;
        if (turns.ask(host, migration, granted)) {
            return come();
        }
        if (!waitsAlready) {
            sinceNanos = nowNanos;
        } else if (nowNanos - sinceNanos > patienceNanos) {
            take();
            return come();
        }
        return null;
    }

    /** Its VM stands still already: it does not wait. */
    public void take() {
        taken.accept(turns.take(host, migration));
    }

    /** It is its turn. What was held back, once; null if nothing was. */
    public @Nullable A come() {
        A answer = heldBack;
        heldBack = null;
        return answer;
    }

    /** The pause is over, or never will be. */
    public void end() {
        turns.end(migration);
    }
}
