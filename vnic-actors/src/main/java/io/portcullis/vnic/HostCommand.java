package io.portcullis.vnic;

import io.portcullis.datapath.engine.ShadowReport;
import io.portcullis.datapath.runtime.VnicNews;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.CheckpointHead;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.parcel.Parcel;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What {@link HostAgent} understands. Every request is answered, with what its comment names or with {@link Refused}; the asker sets
 * the deadline. An epoch below the one that the host holds the VM under is refused.
 */
public sealed interface HostCommand {
    /** Comes from outside and is answered. */
    sealed interface Request extends HostCommand, CborSerializable {
        ActorRef<HostReply> replyTo();
    }

    /**
     * Admits the VM and attaches all its vNICs, or none. Answered with {@link HostReply.VmAttached} once every vNIC has its rule
     * table, or when these did not come in time (then with revision 0; such a vNIC passes nothing). The same again under the same
     * epoch is answered with what is there.
     *
     * @param enforce false keeps the vNICs passive, as the destination of a migration wants it
     */
    record AttachVm(VmSpec spec, long epoch, boolean enforce, ActorRef<HostReply> replyTo) implements Request {}

    /**
     * As {@link AttachVm}, of a VM whose host is lost: the vNICs begin with these tables, and enforce once their rules are those that the tenant has now.
     *
     * @param replicas by vNIC, of the epoch before; one that is missing begins without connections
     */
    record TakeOverVm(AttachVm attach, Map<VnicId, Checkpoint> replicas) implements HostCommand {
        public TakeOverVm {
            replicas = Map.copyOf(replicas);
        }
    }

    /** From now on {@code listener} hears which VMs here are to have a replica: at once, and whenever that changes. May be said again. */
    record WatchReplicated(ActorRef<HostCommand.Replicated> listener) implements HostCommand {}

    /** The VMs here that are to have a replica; see {@link WatchReplicated}. */
    record Replicated(List<VmSpec> vms) {
        public Replicated {
            vms = List.copyOf(vms);
        }
    }

    /** What a checkpoint has beside connections, of those vNICs of the VM that are here under this epoch and have rules. Same host only. */
    record TellHeads(VmId vm, long epoch, ActorRef<Heads> replyTo) implements HostCommand {}

    /** Answer to {@link TellHeads}. */
    record Heads(List<CheckpointHead> heads) {
        public Heads {
            heads = List.copyOf(heads);
        }
    }

    /** Would {@link AttachVm} be admitted now? Reserves nothing. Answer: {@link HostReply.Admissible}. */
    record CheckAdmission(VmSpec spec, ActorRef<HostReply> replyTo) implements Request {}

    /**
     * Closes the ports of a VM and forgets it. Answer: {@link HostReply.VmGone}, also when nothing was there.
     *
     * @param hasEnforced whether the host may have enforced it under this epoch: then it keeps a note that it never does again
     */
    record DetachVm(VmSpec spec, long epoch, boolean hasEnforced, ActorRef<HostReply> replyTo) implements Request {}

    /** Forgets a VM that has moved to another host. Answer: {@link HostReply.VmGone}, also when nothing was there. */
    record ReleaseVm(VmSpec spec, long epoch, HostId movedTo, long movedEpoch, ActorRef<HostReply> replyTo)
            implements Request {}

    /** A draining host admits no VM; those that it has go on. Answer: {@link HostReply.DrainingSet}. */
    record SetDraining(boolean draining, ActorRef<HostReply> replyTo) implements Request {}

    /** Answer: {@link HostReply.HostStatus}. */
    record GetHost(ActorRef<HostReply> replyTo) implements Request {}

    /**
     * Which VMs of the tenant are enforced here? Answer: {@link HostReply.Enforced}; none from a host whose data path is shut down.
     *
     * @param vm only this one; null for all
     */
    record GetEnforced(TenantId tenant, @Nullable VmId vm, ActorRef<HostReply> replyTo) implements Request {}

    /** What staged policies of the tenant would have done here. Answer: {@link HostReply.Staged}. */
    record GetStaged(TenantId tenant, ActorRef<HostReply> replyTo) implements Request {}

    /** What the tenant's rules have counted here, ever. Answer: {@link HostReply.Hits}. */
    record GetHits(TenantId tenant, ActorRef<HostReply> replyTo) implements Request {}

    /** The tenant is gone: what its rules counted is forgotten. */
    record ForgetHits(TenantId tenant) implements HostCommand, CborSerializable {}

    /** Writes the connection tables that changed to disk now; the last act before a stop. Answer: {@link HostReply.Checkpointed}. */
    record WriteCheckpoints(ActorRef<HostReply> replyTo) implements Request {}

    /** A question about rule tables that are not in force, for {@link FlowReviewer}. */
    sealed interface Review extends Request {}

    /**
     * A piece of a table that vNICs of this host will be asked about, by {@link RuleTable#hash()}; the pieces come in order. Answer: {@link
     * HostReply.TableTaken}.
     */
    record OfferTable(String hash, TablePiece piece, ActorRef<HostReply> replyTo) implements Review {}

    /**
     * What would this table do to the live connections of these vNICs? Answer: {@link HostReply.FlowsReviewed}, or {@link
     * HostReply.TableWanted} if the table must be offered first.
     */
    record ReviewFlows(String hash, List<VnicId> vnics, int maxExamples, ActorRef<HostReply> replyTo)
            implements Review {
        public ReviewFlows {
            vnics = List.copyOf(vnics);
        }
    }

    /**
     * From {@link TenantPolicy}: these vNICs have these tables from now on. Tables are named once, however many vNICs share them.
     *
     * @param assignments which table each vNIC has, by hash; vNICs that are not named keep theirs
     */
    record RuleTables(TenantId tenant, Map<VnicId, RuleAssignment> assignments, List<RuleTable> tables)
            implements HostCommand, CborSerializable {
        public RuleTables {
            assignments = Map.copyOf(assignments);
            tables = List.copyOf(tables);
        }
    }

    /**
     * From {@link TenantPolicy}, to {@link TenantCommand.ChangeSubscription}.
     *
     * @param complete whether it knows all that the host has; else it wants to hear everything
     */
    record Subscribed(TenantId tenant, boolean complete) implements HostCommand, CborSerializable {}

    /** From {@link TenantPolicy}: these vNICs were found to have these addresses, here or elsewhere. */
    record KnownAddresses(Map<VnicId, Discovery> vnics) implements HostCommand, CborSerializable {
        public KnownAddresses {
            vnics = Map.copyOf(vnics);
        }
    }

    /** {@link RuleTables} that are too large for one message. */
    record InPieces(Parcel tables) implements HostCommand, CborSerializable {}

    /** From a firewall of this host: the vNIC is in another mode, or has other rules, than before. */
    record VnicChanged(VnicStatus status) implements HostCommand {}

    /** Messages of the agent to itself. */
    sealed interface Own extends HostCommand {}

    /** Subscribe again, install again what did not arrive, look whether the data path still has what it should. */
    record Heal() implements Own {}

    /** Tell tenants what is in force now. */
    record ReportNow() implements Own {}

    /** Tell them all the same, though rules are still being put in force. */
    record ReportHeld() implements Own {}

    /** Time for the next checkpoints. */
    record CheckpointTick() implements Own {}

    /** Time for the first checkpoints of vNICs that have begun to enforce. */
    record CheckpointArrivals() implements Own {}

    /** Time to see in the directory whether what came by migrations is here to stay. */
    record SettleArrivals() implements Own {}

    /** Whether that is open yet of some; false also if the directory cannot be read. */
    record ArrivalsSettled(boolean someAreOpen) implements Own {}

    /** What the directory and the local disk say that this host should have, or why they cannot be read. */
    record Recovered(
            HostRecovery.@Nullable Findings findings,
            @Nullable Throwable failure) implements Own {}

    /** Rule tables have arrived in pieces; null if they were lost. */
    record Arrived(@Nullable Object tables) implements Own {}

    /** Read the directory again. */
    record RecoverAgain() implements Own {}

    /** Every vNIC of a VM answered an attach. */
    record VnicsAttached(VmId vm, long epoch, List<FirewallReply> replies) implements Own {}

    /** A vNIC answered to rules. */
    record RulesAnswered(VnicId vnic, FirewallReply reply) implements Own {}

    /** A vNIC answered to addresses that its tenant knows. */
    record AddressesLearned(VnicId vnic, long generation, FirewallReply reply) implements Own {}

    /** The rules of a VM's vNICs are overdue. */
    record RulesOverdue(VmId vm, long epoch) implements Own {}

    /** Every vNIC of a VM answered an activation, or a look at its status. */
    record VnicsReady(VmId vm, long epoch, List<FirewallReply> replies) implements Own {}

    /** Every vNIC of a VM is gone, or refused to go. */
    record VnicsGone(
            VmSpec spec, long epoch, boolean hasEnforced, List<FirewallReply> replies, ActorRef<HostReply> replyTo)
            implements Own {}

    /** What the data path counted under shadows; null if it is shut down. */
    record StagedLooked(@Nullable List<ShadowReport> reports, ActorRef<HostReply> replyTo) implements Own {}

    /** The checkpointer asks what a restart needs to know of these. */
    record TellRestorable(Set<VnicId> vnics) implements Own {}

    /** To which vNICs of the data path something has happened; null if it is shut down. */
    record Changed(@Nullable VnicNews news) implements Own {}

    /** What the data path has; null {@code replyTo} for the agent's own look. */
    record Looked(
            @Nullable List<VnicStatus> statuses, @Nullable ActorRef<HostReply> replyTo) implements Own {}
}
