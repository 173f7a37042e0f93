package io.portcullis.migration;

import io.portcullis.migration.model.ReplicaSending;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link Replicas} understands. */
public sealed interface ReplicaCommand {
    /** From another host; may be lost, or come twice. */
    sealed interface FromHost extends ReplicaCommand, CborSerializable {}

    /**
     * A part of a checkpoint of the host that enforces the vNIC. Answered with {@link Taken} or {@link NotTaken}.
     *
     * @param epoch under which the checkpoint was written
     * @param from host that sends it
     * @param stream another one whenever the sender has started again: file numbers of two are not comparable
     * @param file as in {@code CheckpointPosition}
     * @param offset of the first byte in the file
     * @param isCurrent whether with it all is there that the VM's host had in its checkpoints when it looked last
     * @param entries connections in the file, once all of it is there
     * @param sentMillis clock of the wall of the sender
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Piece(
            VnicId vnic,
            long epoch,
            HostId from,
            long stream,
            long file,
            long offset,
            byte[] bytes,
            boolean isCurrent,
            int entries,
            long sentMillis,
            ActorRef<ReplicaCommand> replyTo)
            implements FromHost {}

    /**
     * So much of the file is there: what follows is wanted next.
     *
     * @param by host that says so
     * @param store another one whenever that host has started again
     * @param stream of the sender
     */
    record Taken(VnicId vnic, HostId by, long store, long stream, long file, long bytes) implements FromHost {}

    /** The host keeps nothing of the VM for its sender. */
    record NotTaken(VmId vm, HostId by, String why) implements FromHost {}

    /** Answered with what there is of the VM, of this epoch and no other. */
    record Fetch(VmId vm, long epoch, ActorRef<ReplicaReply> replyTo) implements FromHost {}

    /**
     * Answered with how what the host keeps stands, not with the connections. Since minor version 1 of the protocol.
     *
     * @param vm of that tenant; null for all of its VMs
     */
    record Describe(TenantId tenant, @Nullable VmId vm, ActorRef<ReplicaReply> replyTo) implements FromHost {}

    /** What there is of the VM of this epoch or a lower one is not wanted any more. */
    record Drop(VmId vm, long epoch) implements FromHost {}

    /** Messages of the actor to itself, and on its host. */
    sealed interface Own extends ReplicaCommand {}

    /** VMs of this host that are to have a replica. */
    record Wanted(List<VmSpec> vms) implements Own {
        public Wanted {
            vms = List.copyOf(vms);
        }
    }

    /** Whether VMs are taken off this host: then it keeps no more replicas either. */
    record Draining(boolean draining) implements Own {}

    /** Time to look what is new; only where there is something to send. */
    record Tick() implements Own {}

    /** Time to ask for VMs, and whether what is held is still wanted. */
    record Review() implements Own {}

    /** One piece may be sent to the host. */
    record Granted(HostId to) implements Own {}

    /**
     * What was to be sent was read.
     *
     * @param bytes null if another file has taken its place, or it cannot be read
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Read(ReplicaSending.Send send, byte @Nullable [] bytes) implements Own {}
}
