package io.portcullis.migration;

import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** What a node's log says of the placements that it keeps: how each order ended, and at DEBUG every step to it. */
final class PlacementLog {
    private PlacementLog() {}

    /** To be called when the events are journaled. */
    static void write(Logger log, PlacementState before, PlacementState after, List<PlacementEvent> events) {
        log.debug("VM {}: {} -> {} (epoch {})", after.vm(), before.phase(), after.phase(), after.epoch());
        events.forEach(event -> write(log, before, after, event));
    }

    private static void write(Logger log, PlacementState before, PlacementState after, PlacementEvent event) {
        VmId vm = after.vm();
        switch (event) {
            case PlacementEvent.VmAttached attached -> {
                log.info("VM {} is attached to {} (epoch {})", vm, after.host(), after.epoch());
                if (attached.restored() != null) {
                    log.info("VM {} begins with {}", vm, attached.restored());
                }
            }
            case PlacementEvent.ReplicaAssigned assigned -> {
                if (assigned.host() == null) {
                    log.warn("VM {} has no replica: {}", vm, assigned.problem());
                } else {
                    log.info("VM {} has a replica on {} (epoch {})", vm, assigned.host(), assigned.epoch());
                }
            }
            case PlacementEvent.AttachRefused refused ->
                log.warn(
                        "VM {} is not attached to {}: {}",
                        vm,
                        before.host(),
                        refused.refusal().message());
            case PlacementEvent.VmDetached _ -> log.info("VM {} is detached from {}", vm, before.host());
            case PlacementEvent.MigrationCommitted committed -> {
                log.info(
                        "VM {} has moved from {} to {} (epoch {}, pause {} ms, {})",
                        vm,
                        before.host(),
                        target(before),
                        after.epoch(),
                        committed.vnics().stream()
                                        .mapToLong(vnic -> vnic.pauseNanos())
                                        .max()
                                        .orElse(0)
                                / 1_000_000,
                        id(before));
                committed.problems().forEach(problem -> log.warn("VM {}: {}", vm, problem));
            }
            case PlacementEvent.SourceReleased released -> {
                if (!released.confirmed()) {
                    log.warn("VM {}: {} did not confirm that it let go; its epoch is over", vm, source(before));
                }
            }
            case PlacementEvent.RollbackStarted rollback -> {
                if (rollback.cancelled()) {
                    log.info("VM {} does not move to {}: cancelled ({})", vm, target(before), rollback.id());
                } else {
                    log.warn(
                            "VM {} does not move to {}: {} ({})",
                            vm,
                            target(before),
                            rollback.refusal().message(),
                            rollback.id());
                }
            }
            case PlacementEvent.MigrationRolledBack back -> {
                if (!back.confirmed()) {
                    log.warn("VM {} belongs to {}, which does not say that it enforces it", vm, after.host());
                }
            }
            case PlacementEvent.AttachStarted started -> {
                if (started.takenFrom() != null) {
                    log.warn(
                            "VM {} is taken over from {}, which is lost, by {}, {}; epoch {} is void",
                            vm,
                            started.takenFrom(),
                            started.host(),
                            started.replica() == null
                                    ? "without its connections"
                                    : "from its replica on " + started.replica().host(),
                            before.epoch());
                }
            }
            case PlacementEvent.StopAwaited _ ->
                log.info(
                        "VM {} may be stopped to go to {}: its connections are there ({})",
                        vm,
                        target(before),
                        id(before));
            case PlacementEvent.DetachStarted _,
                    PlacementEvent.MigrationReserved _,
                    PlacementEvent.TargetPrepared _,
                    PlacementEvent.PreCopyStarted _,
                    PlacementEvent.VmStopped _,
                    PlacementEvent.CutoverStarted _,
                    PlacementEvent.TargetAborted _ -> {
                // Steps on the way.
            }
        }
    }

    private static @Nullable HostId target(PlacementState state) {
        return state.move() == null ? null : state.move().to();
    }

    private static @Nullable HostId source(PlacementState state) {
        return state.move() == null ? null : state.move().from();
    }

    private static String id(PlacementState state) {
        return state.move() == null ? "" : state.move().id();
    }
}
