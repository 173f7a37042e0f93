package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The record of all migrations. Any thread; a stage fails with {@link java.sql.SQLException} when the database does. */
public interface MigrationLog {
    /** Writes the row, over an older one of the same migration. */
    CompletionStage<Void> put(MigrationRow row);

    CompletionStage<Optional<MigrationRow>> find(String id);

    /**
     * The newest migrations first.
     *
     * @param vm null for those of all VMs
     * @param limit at most so many
     */
    CompletionStage<List<MigrationRow>> list(@Nullable VmId vm, int limit);

    /** The VMs of migrations that are under way, each once, those first whose migration began first; at most so many. */
    CompletionStage<List<VmId>> underWay(int limit);

    /** The VMs of migrations to this host that are under way. */
    CompletionStage<List<VmId>> comingTo(HostId host);

    /**
     * Forgets migrations that have ended: those that ended before this time, and the oldest beyond so many. Says how many.
     *
     * @param keep at most so many that have ended stay; more if several began in the same millisecond
     */
    CompletionStage<Integer> prune(Instant endedBefore, int keep);
}
