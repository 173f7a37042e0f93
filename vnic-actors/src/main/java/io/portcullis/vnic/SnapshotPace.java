package io.portcullis.vnic;

import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TenantQuota;
import org.jspecify.annotations.Nullable;

/**
 * When a tenant's state is to be stored before {@link #EVERY_EVENTS} events are full. A snapshot has all of the model in it, and while it is written
 * no command is served; so there is one only when the events since the last weigh {@link #TIMES_THE_MODEL} times as much. Snapshots then take a small
 * part of what journaling takes, and a recovery plays back no more than so many models. One thread.
 */
final class SnapshotPace {
    /** There is a snapshot after so many events, however small they were. */
    static final int EVERY_EVENTS = 500;
    /** And none before so many, however large. */
    static final int MIN_EVENTS = 100;

    static final int TIMES_THE_MODEL = 4;

    private int events;
    private long weight;

    /** Of each event, those that are played back too. */
    void count(TenantEvent event) {
        events++;
        if (event instanceof TenantEvent.TenantEdited edited) {
            weight += EditWeight.of(edited.edits());
        }
    }

    /** Whether there should be one now; it counts as taken then. */
    boolean isDue(@Nullable TenantModel model, long sequenceNumber) {
        if (sequenceNumber % EVERY_EVENTS == 0) {
            restart();
            // there is one anyway, which also ends the events before it
            return false;
        }
        if (events < MIN_EVENTS || (model != null && weight < TIMES_THE_MODEL * weight(model))) {
            return false;
        }
        restart();
        return true;
    }

    private void restart() {
        events = 0;
        weight = 0;
    }

    private static long weight(TenantModel model) {
        return TenantQuota.use(model).values().stream()
                .mapToLong(Integer::longValue)
                .sum();
    }
}
