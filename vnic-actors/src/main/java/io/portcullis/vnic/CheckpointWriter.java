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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the checkpoints of a host's vNICs, one after the other, and only of those on which something happened since. The caller sees
 * to it that rounds do not overlap.
 */
final class CheckpointWriter {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);

    /** Tables written in one round; the rest waits for the next, whose order begins with those written longest ago. */
    private static final int MAX_TABLES_PER_ROUND = 512;

    private record Written(long round, VnicStatus status) {}

    private final DataPath dataPath;
    private final Checkpoints checkpoints;
    private final Executor blocking;
    private final Clock clock;
    private final Map<VnicId, Written> written = new ConcurrentHashMap<>();
    private long round;

    CheckpointWriter(DataPath dataPath, Checkpoints checkpoints, Executor blocking, Clock clock) {
        this.dataPath = dataPath;
        this.checkpoints = checkpoints;
        this.blocking = blocking;
        this.clock = clock;
    }

    /**
     * One round.
     *
     * @param rules tables in force, as far as they are known, by vNIC
     * @param all whether to write all that changed, however many; else the bound holds
     */
    CompletionStage<HostReply.Checkpointed> write(
            List<VnicStatus> statuses, Map<VnicId, RuleTable> rules, boolean all) {
        long thisRound = ++round;
        List<VnicStatus> due = statuses.stream()
                .filter(this::isDue)
                .sorted(java.util.Comparator.comparingLong(this::lastRound))
                .limit(all ? Long.MAX_VALUE : MAX_TABLES_PER_ROUND)
                .toList();
        List<String> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        CompletionStage<Integer> done = CompletableFuture.completedFuture(0);
        for (VnicStatus status : due) {
            done = done.thenCompose(count -> write(status, rules, thisRound).handle((_, failure) -> {
                if (failure == null) {
                    return count + 1;
                }
                failures.add(status.vnic() + ": " + failure.getMessage());
                return count;
            }));
        }
        return done.thenApply(count -> new HostReply.Checkpointed(count, failures));
    }

    private CompletionStage<Void> write(VnicStatus status, Map<VnicId, RuleTable> rules, long thisRound) {
        VnicId vnic = status.vnic();
        return dataPath.snapshot(vnic)
                .thenAcceptAsync(
                        table -> {
                            RuleTable known = rules.get(vnic);
                            // Rules may have changed since: then rather none than rules of another revision.
                            RuleTable inForce = known != null && known.hash().equals(status.rulesHash()) ? known : null;
                            try {
                                checkpoints.write(new Checkpoint(
                                        vnic,
                                        status.epoch(),
                                        status.policyRevision(),
                                        clock.instant(),
                                        inForce,
                                        table));
                            } catch (IOException failed) {
                                throw new UncheckedIOException(failed);
                            }
                            written.put(vnic, new Written(thisRound, status));
                        },
                        blocking);
    }

    /** Without connections nothing changes by frames that come and go. */
    private boolean isDue(VnicStatus status) {
        Written last = written.get(status.vnic());
        if (status.mode() != VnicMode.ENFORCING) {
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

    /** Removes what is there of a vNIC that has left. What stays by mistake is of an old epoch, and so of no use to anybody. */
    void forget(VnicId vnic) {
        written.remove(vnic);
        blocking.execute(() -> {
            try {
                checkpoints.delete(vnic);
            } catch (IOException failed) {
                LOG.warn("the checkpoint of {} is not removed", vnic, failed);
            }
        });
    }
}
