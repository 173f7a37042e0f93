package io.portcullis.migration;

import io.portcullis.migration.model.BulkOperation;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What {@link BulkOperations}, one actor in the cluster, understands. */
public sealed interface BulkCommand {
    /** Commands of the API; every one is answered once, with {@link BulkReply.Refused} if nothing was changed. {@code by} says who asks. */
    sealed interface Operator extends BulkCommand, CborSerializable {
        ActorRef<BulkReply> replyTo();
    }

    /**
     * How an operation should go.
     *
     * @param to the only hosts that VMs may go to; empty for all others
     * @param parallel migrations at the same time; null for {@code portcullis.migration.parallel}
     * @param bytesPerSecond that they may send ahead of their cuts, all together; 0 for as much as hosts send
     */
    record Wishes(List<HostId> to, @Nullable Integer parallel, BulkOperation.Priority priority, long bytesPerSecond) {
        public static final Wishes NONE = new Wishes(List.of(), null, BulkOperation.Priority.NORMAL, 0);

        public Wishes {
            to = List.copyOf(to);
        }
    }

    /**
     * Empties a host: a drain, a leave or an evacuation. A host that is being drained goes on, with the VMs that failed, and may be told to leave then.
     * Answer: {@link BulkReply.Status}, when the host takes no VMs any more.
     */
    record Empty(BulkOperation.Kind kind, HostId host, Wishes wishes, String by, ActorRef<BulkReply> replyTo)
            implements Operator {}

    /** The drain or leave of a host ends, and it takes VMs again; what is moving goes on. Answer: {@link BulkReply.Status}. */
    record StopDrain(HostId host, String by, ActorRef<BulkReply> replyTo) implements Operator {}

    /** Answer: {@link BulkReply.Status} of the operation that empties or emptied the host last, or {@link BulkReply.NoOperation}. */
    record GetDrain(HostId host, ActorRef<BulkReply> replyTo) implements Operator {}

    /** Evens out what hosts carry. Answer: {@link BulkReply.Planned}; with {@code dryRun} nothing is moved. */
    record Rebalance(Wishes wishes, boolean dryRun, String by, ActorRef<BulkReply> replyTo) implements Operator {}

    /** What can be done to an operation. */
    enum Change {
        PAUSE,
        RESUME,
        /** Nothing new begins. */
        CANCEL
    }

    /** Answer: {@link BulkReply.Status}. */
    record ChangeOperation(String id, Change change, String by, ActorRef<BulkReply> replyTo) implements Operator {}

    /**
     * Other limits, also for what is under way. Answer: {@link BulkReply.Status}.
     *
     * @param parallel migrations at the same time; null for as many as before
     * @param bytesPerSecond as in {@link Wishes}; null for as before
     */
    record LimitOperation(
            String id,
            @Nullable Integer parallel,
            @Nullable Long bytesPerSecond,
            String by,
            ActorRef<BulkReply> replyTo)
            implements Operator {}

    /** Answer: {@link BulkReply.Status}, with the moves. */
    record GetOperation(String id, ActorRef<BulkReply> replyTo) implements Operator {}

    /** Answer: {@link BulkReply.Operations}, newest first. */
    record ListOperations(ActorRef<BulkReply> replyTo) implements Operator {}

    /** Messages of the actor to itself. */
    sealed interface Own extends BulkCommand {}

    /** Time to look at hosts, VMs and migrations. */
    record Tick() implements Own {}

    /** A host was told whether it takes VMs, for this order; null if for none. */
    record HostTold(
            HostId host,
            String node,
            boolean draining,
            @Nullable Operator order,
            AgentCommand.@Nullable DrainingSet answer)
            implements Own {}

    /**
     * What the directory says of the host of an operation.
     *
     * @param vms null if the directory cannot be read
     */
    record VmsListed(String id, HostId host, @Nullable List<VmId> vms) implements Own {}

    /**
     * What hosts carry, and which VMs are to be kept apart.
     *
     * @param arrived VMs that had come to where operations moved them when hosts were asked, so that these count them
     * @param plan for which they were asked; null if for moves that wait
     * @param second whether it is the second look for the plan
     */
    record HostsSurveyed(
            HostSurvey.Answers answers,
            Set<VmId> arrived,
            @Nullable Rebalance plan,
            boolean second) implements Own {}

    /** Time for the second look at hosts, for a plan. */
    record LookAgain(Rebalance plan) implements Own {}

    /** The placement of a VM answered the order to migrate; null if there was no answer in time. */
    record MoveAnswered(
            String id, VmId vm, HostId to, @Nullable PlacementReply reply) implements Own {}

    record MoveUpdated(MigrationUpdate update) implements Own {}

    /** A host knows how much an operation's migrations may send. */
    record PaceHeard(AgentCommand.PaceSet answer) implements Own {}
}
