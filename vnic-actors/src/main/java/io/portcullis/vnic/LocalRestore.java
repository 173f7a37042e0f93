package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.OpenNotes;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a host that starts again enforce what it enforced when it stopped, from its own disk: before there is a cluster, a database or
 * an actor. The VMs ran on meanwhile, and nothing of theirs passes until this is done.
 *
 * <p>A VM that was being handed over stays shut: its placement knows who enforces it now. So does one that had come by a migration of which this host had not heard yet that it
 * was over: it may have been taken back meanwhile. So does a vNIC without a sound checkpoint or
 * whose port cannot be opened. {@link HostAgent} adopts the rest later, and lets go of what the directory says is elsewhere.
 */
public final class LocalRestore {
    private static final Logger LOG = LoggerFactory.getLogger(LocalRestore.class);

    /** vNICs whose ports are opened at the same time; opening one takes a thread and some milliseconds. */
    private static final int PARALLEL = 32;

    private final DataPath dataPath;
    private final Checkpoints checkpoints;
    private final int maxConnections;
    private final Duration batchLimit;

    /**
     * A restore.
     *
     * @param maxConnections limit of each connection table; it may be another one than when the checkpoint was written
     * @param batchLimit how long some of the vNICs may take; what is late is left to the host's agent
     */
    public LocalRestore(DataPath dataPath, Checkpoints checkpoints, int maxConnections, Duration batchLimit) {
        this.dataPath = dataPath;
        this.checkpoints = checkpoints;
        this.maxConnections = maxConnections;
        this.batchLimit = batchLimit;
    }

    /** Returns the vNICs that enforce now. Blocks. */
    public List<VnicStatus> run() {
        OpenNotes handovers = checkpoints.notes().readAll();
        OpenNotes arrivals = checkpoints.arrivals().readAll();
        List<Checkpoint> allowed = checkpoints.readAll().stream()
                .filter(checkpoint -> mayEnforce(checkpoint, handovers, arrivals))
                .toList();
        List<VnicStatus> enforcing = new ArrayList<>();
        for (int from = 0; from < allowed.size(); from += PARALLEL) {
            List<CompletableFuture<VnicStatus>> batch =
                    allowed.subList(from, Math.min(allowed.size(), from + PARALLEL)).stream()
                            .map(this::restore)
                            .toList();
            long deadline = System.nanoTime() + batchLimit.toNanos();
            for (int i = 0; i < batch.size(); i++) {
                collect(allowed.get(from + i).vnic(), batch.get(i), deadline, enforcing);
            }
        }
        return enforcing;
    }

    private static boolean mayEnforce(Checkpoint checkpoint, OpenNotes handovers, OpenNotes arrivals) {
        VmId vm = checkpoint.vnic().vm();
        boolean isHandedOver = handovers.isOpen(vm, checkpoint.epoch());
        boolean isArriving = arrivals.isOpen(vm, checkpoint.epoch());
        if (isHandedOver) {
            LOG.warn(
                    "{} was being handed over when this host stopped: nothing of it passes until its placement decides",
                    checkpoint.vnic());
        }
        if (isArriving) {
            LOG.warn(
                    "{} had come here when this host stopped, and whether that was the end of its migration is not"
                            + " known: nothing of it passes until the directory can be read",
                    checkpoint.vnic());
        }
        return !isHandedOver && !isArriving;
    }

    private CompletableFuture<VnicStatus> restore(Checkpoint checkpoint) {
        VnicAttachment then = checkpoint.attachment();
        VnicId vnic = then.vnic();
        long epoch = then.epoch();
        VnicAttachment now = then.withMaxConnections(maxConnections);
        return dataPath.attach(now)
                .thenCompose(_ -> dataPath.restoreTable(vnic, epoch, checkpoint.table()))
                .exceptionallyCompose(failure -> withoutConnections(vnic, failure))
                .thenCompose(_ -> dataPath.installRules(vnic, epoch, checkpoint.policyRevision(), checkpoint.rules()))
                .thenCompose(_ -> dataPath.resume(vnic, epoch))
                .toCompletableFuture();
    }

    /** A table that is refused costs the connections, not the firewall. Fails if the vNIC is not attached. */
    private CompletableFuture<VnicStatus> withoutConnections(VnicId vnic, Throwable failure) {
        return dataPath.status(vnic)
                .whenComplete((_, unattached) -> {
                    if (unattached == null) {
                        LOG.warn("the connections of {} are not restored: {}", vnic, failure.getMessage());
                    }
                })
                .exceptionallyCompose(_ -> CompletableFuture.failedFuture(failure))
                .toCompletableFuture();
    }

    private static void collect(
            VnicId vnic, CompletableFuture<VnicStatus> restored, long deadlineNanos, List<VnicStatus> enforcing) {
        try {
            enforcing.add(restored.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS));
        } catch (java.util.concurrent.ExecutionException failed) {
            Throwable cause = failed.getCause() instanceof CompletionException wrapped && wrapped.getCause() != null
                    ? wrapped.getCause()
                    : failed.getCause();
            LOG.warn("{} is not restored from this host's disk: {}", vnic, String.valueOf(cause));
        } catch (TimeoutException late) {
            LOG.warn("{} is not restored from this host's disk in time", vnic);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
