package io.portcullis.migration;

import io.portcullis.migration.model.Refusal;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link Evacuation}, one actor on every host, understands. */
public sealed interface EvacuationCommand {
    /** Commands of the API; every one is answered once. */
    sealed interface Operator extends EvacuationCommand, CborSerializable {}

    /** The host takes no VM any more, and its VMs move away. Answered at once with the status; repeating it tries failed VMs again. */
    record StartDrain(String by, ActorRef<EvacuationReply> replyTo) implements Operator {}

    /** The host takes VMs again; what is moving goes on, nothing new begins. Refused once the host leaves. */
    record StopDrain(String by, ActorRef<EvacuationReply> replyTo) implements Operator {}

    record GetDrain(ActorRef<EvacuationReply> replyTo) implements Operator {}

    /** Drain, then leave the cluster. Does not leave while a VM could not be moved: repeat it, or stop the drain. */
    record StartLeave(String by, ActorRef<EvacuationReply> replyTo) implements Operator {}

    sealed interface EvacuationReply extends CborSerializable {}

    /** How far an evacuation is. */
    enum EvacuationState {
        /** The host takes VMs. */
        ACTIVE,
        /** VMs are moving away. */
        DRAINING,
        /** No VM is left; the host takes none. */
        DRAINED,
        /** Some VMs could not be moved, see the problems; the host takes none. */
        INCOMPLETE,
        /** No VM is left; the node leaves the cluster. */
        LEAVING
    }

    /**
     * How an evacuation stands.
     *
     * @param by who asked for it, empty if nobody has
     * @param leave whether the node leaves the cluster once no VM is left
     * @param total VMs that this evacuation found on the host
     * @param moved of those, now elsewhere (or detached meanwhile)
     * @param moving of those, under way
     * @param waiting of those, not yet begun
     * @param failed VMs that could not be moved, and why
     */
    record EvacuationStatus(
            HostId host,
            EvacuationState state,
            String by,
            boolean leave,
            int total,
            int moved,
            List<VmId> moving,
            int waiting,
            Map<String, String> failed)
            implements EvacuationReply {
        public EvacuationStatus {
            moving = List.copyOf(moving);
            failed = Map.copyOf(failed);
        }
    }

    record EvacuationRefused(RefusalCode code, String message) implements EvacuationReply {}

    /** Messages of the evacuation to itself. */
    sealed interface Own extends EvacuationCommand {}

    /** The host takes VMs, or does not any more; or could not be told. */
    record DrainingSet(
            boolean draining,
            boolean leave,
            String by,
            ActorRef<EvacuationReply> replyTo,
            @Nullable Refusal refusal) implements Own {}

    /**
     * What the directory says of the host.
     *
     * @param failure why the directory cannot be read, or null
     */
    record VmsListed(List<VmId> vms, @Nullable String failure) implements Own {}

    /**
     * What the other hosts carry besides the VMs that were on their way when they were asked.
     *
     * @param onTheirWay where the VMs were moving that no host has counted
     */
    record HostsListed(List<AgentCommand.HostLoad> hosts, Map<VmId, HostId> onTheirWay) implements Own {}

    /**
     * The placement of a VM answered the order to migrate.
     *
     * @param reply null if there was none in time
     */
    record MoveAnswered(VmId vm, HostId to, @Nullable PlacementReply reply) implements Own {}

    record MoveUpdated(MigrationUpdate update) implements Own {}

    /** Time to look again at the VMs of the host. */
    record Tick() implements Own {}
}
