package io.portcullis.migration;

import io.portcullis.datapath.track.TableCodec;
import io.portcullis.migration.model.AgentInput;
import io.portcullis.migration.model.Pace;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.Precopied;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.migration.model.SessionName;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.parcel.Parcel;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What {@link MigrationAgent} understands. Orders come from {@link VmPlacement}, may come twice, and are answered with a
 * {@link PlacementCommand.HostReport} to the VM's placement, wherever that lives by then.
 */
public sealed interface AgentCommand {
    sealed interface Order extends AgentCommand, CborSerializable {
        VmId vm();
    }

    /** An order that says what the VM is. */
    sealed interface VmOrder extends Order {
        VmSpec spec();
    }

    /** Whether this host would take the VM now; reserves nothing. */
    record CheckTarget(VmSpec spec, ActorRef<TargetCheck> replyTo) implements AgentCommand, CborSerializable {}

    /**
     * Answer to {@link CheckTarget}.
     *
     * @param refusal null if the host would take the VM
     */
    record TargetCheck(HostId host, @Nullable Refusal refusal) implements CborSerializable {}

    /** Whether the host takes new VMs from now on. */
    record SetDraining(boolean draining, ActorRef<DrainingSet> replyTo) implements AgentCommand, CborSerializable {}

    /**
     * Answer to {@link SetDraining}.
     *
     * @param refusal null if it was done
     */
    record DrainingSet(boolean draining, @Nullable Refusal refusal) implements CborSerializable {}

    /**
     * What the host carries. Left unanswered if the host cannot say.
     *
     * @param besides VMs that the asker counts itself, because they are on their way
     */
    record GetLoad(List<VmId> besides, ActorRef<LoadAnswer> replyTo) implements AgentCommand, CborSerializable {
        public GetLoad {
            besides = List.copyOf(besides);
        }
    }

    /** Answer to {@link GetLoad}. */
    sealed interface LoadAnswer extends CborSerializable permits HostLoad, LoadInPieces {}

    /** A load that is too large for one message. */
    record LoadInPieces(Parcel load) implements LoadAnswer {}

    /**
     * What a host carries.
     *
     * @param vms attached or being attached, without those that the asker counts itself
     * @param maxVnics its limit
     * @param takesVms whether it is not being evacuated
     */
    record HostLoad(HostId host, List<VmWeight> vms, int maxVnics, boolean takesVms) implements LoadAnswer {
        /** VMs that go in one message. */
        static final int MAX_INLINE_VMS = 2_000;

        public HostLoad {
            vms = List.copyOf(vms);
        }
    }

    /**
     * What a VM weighs.
     *
     * @param connections that its vNICs track now
     * @param packets that its vNICs have let through, since they were attached
     */
    record VmWeight(VmId vm, int vnics, long connections, long packets) implements CborSerializable {}

    /** What migrations of an operation send ahead of their cuts from now on, all of those from this host. Answer: {@link PaceSet}. */
    record SetPace(Pace pace, ActorRef<PaceSet> replyTo) implements AgentCommand, CborSerializable {}

    /**
     * Answer to {@link SetPace}.
     *
     * @param sentBytes that they have sent since the host first heard of the operation
     */
    record PaceSet(HostId host, String operation, long sentBytes) implements CborSerializable {}

    /**
     * To the host that gets the VM.
     *
     * @param takenFrom the lost host that had the VM; null if none had
     * @param replica where its connections are to be had; null if nowhere
     */
    record AttachVm(
            VmSpec spec,
            long epoch,
            @Nullable HostId takenFrom,
            @Nullable ReplicaPlace replica) implements VmOrder {
        /** Of a VM that no host had. */
        public AttachVm(VmSpec spec, long epoch) {
            this(spec, epoch, null, null);
        }

        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    record DetachVm(VmSpec spec, long epoch) implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /** To the destination: admit the VM, attach it passive, make its data path ready for the cut. */
    record PrepareTarget(String id, VmSpec spec, long epoch) implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /**
     * To the source: send the tables of all vNICs to {@code session} while they enforce, until little enough changes.
     *
     * @param epoch the source's own
     * @param awaitsTurn whether it says that this is done only when it is its turn to be cut, and until then that it waits; an earlier release
     *     does not ask for that
     * @param chunkVersion as in {@link PlacementCommand.TargetReady}
     * @param pace of the operation that it belongs to, as it was when the migration was asked for; null if to none
     */
    record StartPreCopy(
            String id,
            VmSpec spec,
            long epoch,
            ActorRef<TargetCommand> session,
            ActorRef<StateChunk> chunks,
            boolean awaitsTurn,
            int chunkVersion,
            @Nullable Pace pace)
            implements VmOrder {
        public StartPreCopy {
            chunkVersion = Math.max(TableCodec.VERSION_WITHOUT_COLUMNS, chunkVersion);
        }

        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /** To the source: there will be no cut; said once, as a source to which nobody speaks ends it anyway. */
    record StopPreCopy(String id, VmId vm) implements Order {}

    /**
     * To the source: cut all vNICs over and hand over to {@code session}.
     *
     * @param epoch the source's own
     * @param targetEpoch what the destination activates with
     * @param targetRevision lowest policy revision that a vNIC has at the destination; 0 if one has no rules there yet
     * @param reclaimEpoch what the source uses if the destination refuses the hand-over
     * @param vmStopped whether the VM runs no more, so that nothing may keep it waiting; an earlier release does not say
     */
    record StartCutover(
            String id,
            VmSpec spec,
            long epoch,
            long targetEpoch,
            long reclaimEpoch,
            long targetRevision,
            List<VnicTarget> targets,
            ActorRef<TargetCommand> session,
            ActorRef<StateChunk> chunks,
            boolean vmStopped)
            implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /** To the destination: where does it stand? If it knows nothing of the migration: never activate. */
    record QueryTarget(String id, VmSpec spec, long epoch) implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /** To the source: where does it stand? If it knows nothing of the migration: never seal for it. */
    record QuerySource(String id, VmSpec spec, long epoch) implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /**
     * To the destination: give up unless it has activated; either way, say so.
     *
     * @param mayBeCut whether the source may have begun to cut: then frames may wait here, and the source must enforce
     *     again before they are sent back and the vNICs are closed
     */
    record AbortTarget(String id, VmSpec spec, long epoch, boolean mayBeCut) implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /** To the source: enforce again under {@code reclaimEpoch}, unless it knows that the destination has activated. */
    record ReclaimSource(String id, VmSpec spec, long reclaimEpoch) implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /** To the source: the migration is committed, forget the VM. */
    record ReleaseSource(String id, VmSpec spec, long epoch, HostId movedTo, long targetEpoch) implements VmOrder {
        @Override
        public VmId vm() {
            return spec.vm();
        }
    }

    /** Messages of the agent to itself. */
    sealed interface Own extends AgentCommand {}

    /** A session has ended; {@code last} is what is answered for it from now on. */
    record SessionEnded(SessionName session, PlacementInput last) implements Own {}

    /**
     * A session's actor is gone, whether it has said so or not.
     *
     * @param epoch that this side of the migration has
     */
    record SessionGone(SessionName session, VmSpec spec, long epoch, ActorRef<?> actor) implements Own {}

    /** The destination had not what was sent: all is sent anew. */
    record PreCopyAnew(StartPreCopy order, int attempt) implements Own {}

    /** All was sent that had changed when the cut was ordered, and the tables go on noting changes for it. */
    record PreCopyDone(String id, Map<VnicId, Precopied> sent) implements Own {
        public PreCopyDone {
            sent = Map.copyOf(sent);
        }
    }

    /** The host has done something for a VM, or refused. */
    record HostAnswered(VmSpec spec, AgentInput answer) implements Own {}

    /** Time to look for VMs that were handed over and then forgotten. */
    record LookForWaiting() implements Own {}

    record WaitingFound(List<VmSpec> vms) implements Own {}
}
