package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes the checkpoints of a host's vNICs, one after the other, and only of those on which something happened since. The caller sees
 * to it that rounds do not overlap.
 */
final class CheckpointWriter {
    /** Tables written in one round; the rest waits for the next, whose order begins with those written longest ago. */
    private static final int MAX_TABLES_PER_ROUND = 512;

    /** What the data path does not say of a vNIC. */
    record Known(VnicSpec spec, RuleTable rules) {}

    private record Written(long round, VnicStatus status) {}

    private final DataPath dataPath;
    private final Checkpoints checkpoints;
    private final Executor blocking;
    private final Clock clock;
    private final int maxConnections;
    private final Map<VnicId, Written> written = new ConcurrentHashMap<>();
    private long round;

    CheckpointWriter(DataPath dataPath, Checkpoints checkpoints, Executor blocking, Clock clock, int maxConnections) {
        this.dataPath = dataPath;
        this.checkpoints = checkpoints;
        this.blocking = blocking;
        this.clock = clock;
        this.maxConnections = maxConnections;
    }

    /**
     * One round.
     *
     * @param known by vNIC; one that is missing, or whose rules have changed since, keeps the checkpoint that it has
     * @param all whether to write all that changed, however many; else the bound holds
     */
    CompletionStage<HostReply.Checkpointed> write(List<VnicStatus> statuses, Map<VnicId, Known> known, boolean all) {
        long thisRound = ++round;
        List<VnicStatus> due = statuses.stream()
                .filter(status -> isDue(status, known.get(status.vnic())))
                .sorted(java.util.Comparator.comparingLong(this::lastRound))
                .limit(all ? Long.MAX_VALUE : MAX_TABLES_PER_ROUND)
                .toList();
        List<String> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        CompletionStage<Integer> done = CompletableFuture.completedFuture(0);
        for (VnicStatus status : due) {
            done = done.thenCompose(count -> write(status, Objects.requireNonNull(known.get(status.vnic())), thisRound)
                    .handle((_, failure) -> {
                        if (failure == null) {
                            return count + 1;
                        }
                        if (!DataPathFailures.hasMoved(failure)) {
                            failures.add(status.vnic() + ": " + failure.getMessage());
                        }
                        return count;
                    }));
        }
        return done.thenApply(count -> new HostReply.Checkpointed(count, failures));
    }

    private CompletionStage<Void> write(VnicStatus status, Known known, long thisRound) {
        VnicId vnic = status.vnic();
        return dataPath.snapshot(vnic)
                .thenAcceptAsync(
                        table -> {
                            try {
                                checkpoints.write(new Checkpoint(
                                        known.spec().attachment(status.epoch(), maxConnections),
                                        status.policyRevision(),
                                        clock.instant(),
                                        known.rules(),
                                        table));
                            } catch (IOException failed) {
                                throw new UncheckedIOException(failed);
                            }
                            written.put(vnic, new Written(thisRound, status));
                        },
                        blocking);
    }

    /** Without connections nothing changes by frames that come and go. */
    private boolean isDue(VnicStatus status, @Nullable Known known) {
        Written last = written.get(status.vnic());
        if (status.mode() != VnicMode.ENFORCING
                || known == null
                || !known.rules().hash().equals(status.rulesHash())) {
            return false;
        }
        if (last == null) {
            return true;
        }
        VnicStatus before = last.status();
        return before.epoch() != status.epoch()
                || before.policyRevision() != status.policyRevision()
                || before.connections() != status.connections()
                || (status.connections() > 0 && !before.counters().equals(status.counters()));
    }

    private long lastRound(VnicStatus status) {
        Written last = written.get(status.vnic());
        return last == null ? 0 : last.round();
    }

    /** Removes what is there of vNICs that have left under this epoch. Fails if a checkpoint may still be there. */
    CompletionStage<Void> forget(List<VnicId> vnics, long epoch) {
        vnics.forEach(written::remove);
        return CompletableFuture.runAsync(
                () -> {
                    for (VnicId vnic : vnics) {
                        try {
                            checkpoints.leave(vnic, epoch);
                        } catch (IOException failed) {
                            throw new UncheckedIOException(failed);
                        }
                    }
                },
                blocking);
    }
}
