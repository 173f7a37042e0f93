package io.portcullis.migration;

import io.portcullis.datapath.track.TableCodec;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.Pace;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.Restored;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link VmPlacement} understands. Every command of {@link Operator} is answered once. */
public sealed interface PlacementCommand {

    /** Commands of the API and of evacuations. {@code by} says who asked, for the receipt. */
    sealed interface Operator extends PlacementCommand, CborSerializable {}

    /** Orders that name a host for the VM, which is asked whether it would take it. */
    sealed interface Placing extends Operator {}

    /**
     * Attaches a VM to a host, which enforces from then on: Attached or Refused. The VM is detached, or its host is lost: then it is taken over, with the
     * connections that its replica has, where it has one.
     */
    record AttachVm(VmSpec spec, HostId host, String by, ActorRef<PlacementReply> replyTo) implements Placing {}

    /** Lets the VM go from its host: Detached or Refused. */
    record DetachVm(String by, ActorRef<PlacementReply> replyTo) implements Operator {}

    /**
     * Moves the VM with all its vNICs: MigrationAccepted once it is reserved, or Refused.
     *
     * @param dryRun only finds out whether it would be refused: MigrationPossible if not
     * @param mover who moves the VM itself
     * @param pace how fast the tables may be sent, with those of which other migrations; null for as fast as the host sends
     */
    record MigrateVm(
            HostId to,
            String by,
            boolean dryRun,
            Mover mover,
            @Nullable Pace pace,
            ActorRef<PlacementReply> replyTo) implements Placing {
        public MigrateVm {
            // a node of an older build knows no other
            mover = mover == null ? Mover.PRODUCT : mover;
        }

        /** One of no operation. */
        public MigrateVm(HostId to, String by, boolean dryRun, Mover mover, ActorRef<PlacementReply> replyTo) {
            this(to, by, dryRun, mover, null, replyTo);
        }

        /** One that is meant, and for which the product moves the VM. */
        public MigrateVm(HostId to, String by, ActorRef<PlacementReply> replyTo) {
            this(to, by, false, Mover.PRODUCT, null, replyTo);
        }
    }

    /** The hypervisor has stopped the VM that it moves, and hands over now: Placement, once that is journaled, or Refused. May be said again. */
    record VmHasStopped(String id, ActorRef<PlacementReply> replyTo) implements Operator {}

    /** Cancelled if the hand-over has not begun, else Refused with TOO_LATE. */
    record CancelMigration(String id, String by, ActorRef<PlacementReply> replyTo) implements Operator {}

    /** Placement, also for a VM that was never attached. */
    record GetPlacement(ActorRef<PlacementReply> replyTo) implements Operator {}

    /**
     * Placement, as soon as the migration has entered more than {@code phases} phases, or is not under way. The asker needs a limit of its own.
     */
    record AwaitMigration(String id, int phases, ActorRef<PlacementReply> replyTo) implements Operator {}

    /** Tells {@code replyTo} where the migration stands, then each new phase until it has ended. */
    record WatchMigration(String id, ActorRef<MigrationUpdate> replyTo) implements Operator {}

    /** What the migration agents of the hosts report; may come late or twice. */
    sealed interface HostReport extends PlacementCommand, CborSerializable {}

    /**
     * How an attach ended.
     *
     * @param refusal null if the host enforces under {@code epoch}; otherwise it holds nothing of the VM under it
     * @param restored what a VM that was taken over began with; null for any other, and from hosts of earlier releases
     */
    record AttachReport(
            HostId host,
            long epoch,
            @Nullable Refusal refusal,
            @Nullable Restored restored) implements HostReport {
        /** Of a VM that was not taken over. */
        public AttachReport(HostId host, long epoch, @Nullable Refusal refusal) {
            this(host, epoch, refusal, null);
        }
    }

    /**
     * The VM's host keeps a replica at another host, which has all of it, or at none. Said again now and then.
     *
     * @param from the VM's host
     * @param epoch under which it enforces
     * @param host null for none
     * @param problem why none; null if there is one
     */
    record ReplicaReport(
            HostId from,
            long epoch,
            @Nullable HostId host,
            @Nullable String problem) implements HostReport {}

    /** A host has had no news of a replica for a while, and asks whether it is still wanted: it is told to drop it if not. */
    record ReplicaHeld(HostId host, long epoch) implements HostReport {}

    record DetachReport(HostId host, long epoch) implements HostReport {}

    /**
     * The destination is passive and ready for the cut.
     *
     * @param session where the source sends the hand-over, and where a placement that knows nothing of the migration
     *     says so
     * @param chunks where the source sends the state
     * @param chunkVersion the newest version of chunks that it reads; one that does not say so reads those without columns
     */
    record TargetReady(
            String id,
            long policyRevision,
            List<VnicTarget> targets,
            ActorRef<TargetCommand> session,
            ActorRef<StateChunk> chunks,
            int chunkVersion)
            implements HostReport {
        public TargetReady {
            chunkVersion = Math.max(TableCodec.VERSION_WITHOUT_COLUMNS, chunkVersion);
        }
    }

    /** The destination never will activate this migration. */
    record TargetGaveUp(String id, Refusal refusal) implements HostReport {}

    /**
     * The destination enforces.
     *
     * @param by who says so; hosts of earlier releases do not say, and are believed as a source is
     */
    record TargetActivated(String id, List<VnicTransfer> vnics, List<String> problems, Side by) implements HostReport {
        @SuppressWarnings("ConstantValue") // absent in what an earlier release sends
        public TargetActivated {
            by = by == null ? Side.SOURCE : by;
        }
    }

    /**
     * The destination has nearly all of the connection tables; the source enforces and awaits the order to cut over. Said again whenever the
     * source is told to pre-copy.
     *
     * @param problem why more is left for the pause than was hoped for; null if that is not so
     * @param turn how it came by its turn to be cut; null if it had not to wait, or runs an earlier release
     */
    record PreCopied(
            String id, @Nullable String problem, @Nullable Turn turn) implements HostReport {}

    /**
     * A source's turn to be cut.
     *
     * @param waits whether it is not its turn yet: it is not to be cut before that
     * @param waitedMillis so far
     */
    record Turn(boolean waits, long waitedMillis) {}

    /** The source enforces under its old epoch and never will seal for this migration. */
    record SourceKept(String id, Refusal refusal) implements HostReport {}

    /** Nobody at the source goes on with the migration: a bug has stopped who did. What its vNICs do, they do by themselves. */
    record SourceFailed(String id, Refusal refusal) implements HostReport {}

    /** The source enforces under the reclaim epoch, after the destination promised never to activate. */
    record SourceReclaimed(String id, Refusal refusal) implements HostReport {}

    record SourceReleased(String id) implements HostReport {}

    /**
     * The source has sealed and has not heard from the destination; wakes the placement and asks it what to do.
     *
     * @param id of the migration; empty if the host has forgotten it and only sees that the vNICs are sealed
     */
    record SourceWaits(String id, HostId host, VmSpec spec) implements HostReport {}

    /** Messages of the placement to itself. */
    sealed interface Own extends PlacementCommand {}

    /** Nothing was asked for {@link PlacementRest#REST_AFTER}. */
    record Idle() implements Own {}

    /** Time to look at the members, the phase's limit and open orders. */
    record Tick() implements Own {}

    /** The state that was journaled is in the directory and the migration log, or could not be written. */
    record Recorded(long sequence, @Nullable String failure) implements Own {}

    /**
     * The host of an attach or a migration was no member: time to look again.
     *
     * @param looks how often it was looked for
     */
    record HostAwaited(Placing order, int looks) implements Own {}

    /** The destination has not said in time whether it would take the VM. */
    record TargetSilent(Placing order, int attempt) implements Own {}

    /**
     * How the destination of a requested migration or takeover sees it.
     *
     * @param refusal null if the host would take the VM
     */
    record TargetChecked(Placing order, @Nullable Refusal refusal) implements Own {}

    /** The destination is ready: the pre-copy begins unless the phase has changed meanwhile. */
    record BeginPreCopy(String id) implements Own {}

    /** The phase has reached its limit. */
    record DeadlineReached(PlacementPhase phase) implements Own {}
}
