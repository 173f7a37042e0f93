package io.portcullis.vnic;

import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.HostId;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What {@link VnicFirewall} understands. Every request is answered, with what its comment names or with {@link Refused}; after a
 * move with {@link FirewallReply.Moved}. The asker sets the deadline. An epoch below the firewall's own is refused.
 */
public sealed interface FirewallCommand {
    /** Comes from outside and is answered. */
    sealed interface Request extends FirewallCommand {
        ActorRef<FirewallReply> replyTo();
    }

    /**
     * Opens the vNIC's port under {@code epoch}; the same again answers with what is there. Answer: {@link FirewallReply.Status}.
     *
     * @param enforce whether to enforce at once (then nothing passes until rules arrive); else the vNIC stays passive
     */
    record Attach(VnicSpec spec, long epoch, boolean enforce, ActorRef<FirewallReply> replyTo)
            implements Request, CborSerializable {}

    /** Puts a rule table in force; a lower revision than the one in force changes nothing. Answer: {@link FirewallReply.Status}. */
    record InstallRules(long revision, RuleTable rules, ActorRef<FirewallReply> replyTo)
            implements Request, CborSerializable {}

    /**
     * Takes in addresses that the vNIC was found to have before, on another host perhaps. Answer: {@link FirewallReply.Status}.
     *
     * @param forgetOthers whether the VM loses all others that it took
     */
    record LearnAddresses(List<DiscoveredAddress> known, boolean forgetOthers, ActorRef<FirewallReply> replyTo)
            implements Request, CborSerializable {
        public LearnAddresses {
            known = List.copyOf(known);
        }
    }

    /** A request that changes nothing. */
    sealed interface Look extends Request {}

    /**
     * Has the vNIC count what this table would do, or no longer, if it is null; changes no verdict. Answer: {@link FirewallReply.Status}.
     */
    record InstallShadow(long revision, @Nullable RuleTable rules, ActorRef<FirewallReply> replyTo)
            implements Request, CborSerializable {}

    /** Answer: {@link FirewallReply.Status}, also for a vNIC that is not attached here. */
    record GetStatus(ActorRef<FirewallReply> replyTo) implements Look, CborSerializable {}

    /** Answer: {@link FirewallReply.Connections}. */
    record ListConnections(int limit, ActorRef<FirewallReply> replyTo) implements Look, CborSerializable {}

    /** What the vNIC says about a flow, and which connections of it there are. Answer: {@link FirewallReply.FlowTraced}. */
    record TraceFlow(FlowQuery query, ActorRef<FirewallReply> replyTo) implements Look, CborSerializable {}

    /**
     * What would become of the live connections under these rules? They are not put in force. Answer: {@link FirewallReply.FlowsReviewed}. Same
     * host only.
     */
    record ReviewFlows(RuleTable candidate, int maxExamples, ActorRef<FirewallReply> replyTo) implements Look {}

    /** At the destination: makes ready for a source's tunnel. Answer: {@link FirewallReply.CutoverReady}. */
    record PrepareCutover(long epoch, ActorRef<FirewallReply> replyTo) implements Request, CborSerializable {}

    /** At the source: hands the vNIC over and seals. Answer: {@link FirewallReply.Sealed}. Same host only. */
    record CutOver(long epoch, CutoverTarget target, ActorRef<FirewallReply> replyTo) implements Request {}

    /** Is about a connection table on its way from one host to another. Same host only. */
    sealed interface Transfer extends Request {
        long epoch();
    }

    /**
     * At the source: the next piece of the connection table, while the vNIC enforces. Answer: {@link FirewallReply.Exported}.
     *
     * @param isFirst begins anew
     */
    record ExportNext(long epoch, boolean isFirst, int chunkVersion, ActorRef<FirewallReply> replyTo)
            implements Transfer {}

    /** At the source: no piece will be asked for any more, and there is no cut-over. Answer: {@link FirewallReply.Status}. */
    record EndExport(long epoch, ActorRef<FirewallReply> replyTo) implements Transfer {}

    /** At the destination: takes in a chunk beside the vNIC's own table. Answer: {@link FirewallReply.ChunkTaken}. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody, and changed by nobody
    record ImportNext(long epoch, int sequence, byte[] chunk, ActorRef<FirewallReply> replyTo) implements Transfer {}

    /**
     * At the destination: enforces as soon as all that it needs has come from the source, in one moment with the others of the group. Answer: {@link
     * FirewallReply.SelfActivated}, then; a refusal if it will not by itself.
     *
     * @param size vNICs of the group
     */
    record Arm(long epoch, String group, int size, ActorRef<FirewallReply> replyTo) implements Transfer {}

    /** At the destination: takes that back. Answer: {@link FirewallReply.Disarmed}. */
    record Disarm(long epoch, ActorRef<FirewallReply> replyTo) implements Transfer {}

    /**
     * At the destination: takes over the connection table, from what was taken in and the rest. Answer: {@link FirewallReply.Status}.
     *
     * @param firstSequence number of the first chunk of {@code rest}, 0 if that is the whole table
     */
    record ImportTable(long epoch, int firstSequence, TableSnapshot rest, ActorRef<FirewallReply> replyTo)
            implements Transfer {}

    /** As {@link ImportTable}, of connections that went on since the table was written. Local only. */
    record RestoreTable(long epoch, SavedTable table, ActorRef<FirewallReply> replyTo) implements Request {}

    /**
     * Begins to enforce, but never under rules below {@code minimumRevision}: waits for them, for a bounded time. Answer:
     * {@link FirewallReply.Activated}.
     *
     * @param forwardedFrames frames that the source sent through the tunnel before it sealed; 0 without a cut-over
     */
    record Activate(long epoch, long forwardedFrames, long minimumRevision, ActorRef<FirewallReply> replyTo)
            implements Request, CborSerializable {}

    /**
     * At a source that is cutting over or sealed: enforces again under {@code newEpoch}. Once it is answered with
     * {@link FirewallReply.Status}, commands with lower epochs are refused.
     */
    record Reclaim(long newEpoch, ActorRef<FirewallReply> replyTo) implements Request, CborSerializable {}

    /**
     * As {@link Reclaim}, but a vNIC that was handed over stays sealed where its destination cannot be asked: refused with
     * {@link RefusalCode#HOST_UNAVAILABLE}.
     */
    record AskBack(long newEpoch, ActorRef<FirewallReply> replyTo) implements Request, CborSerializable {}

    /**
     * Forgets a vNIC that has moved away; late frames are still forwarded. Answer: {@link FirewallReply.Released}, also when nothing
     * was there.
     *
     * @param epoch any epoch up to this one is released
     * @param movedTo where the vNIC is now, under {@code movedEpoch}
     */
    record Release(long epoch, HostId movedTo, long movedEpoch, ActorRef<FirewallReply> replyTo)
            implements Request, CborSerializable {}

    /** Closes the port and forgets the vNIC. Answer: {@link FirewallReply.Released}, also when nothing was there. */
    record Detach(long epoch, ActorRef<FirewallReply> replyTo) implements Request, CborSerializable {}

    /** Messages of the firewall to itself. */
    sealed interface Own extends FirewallCommand {}

    /** What the data path already had when the actor started; null if nothing. */
    record Adopted(@Nullable VnicStatus status) implements Own {}

    /**
     * A command of the data path is done.
     *
     * @param status of the vNIC after it; null if the command failed
     * @param reply what the asker is told
     */
    record Done(@Nullable VnicStatus status, FirewallReply reply, ActorRef<FirewallReply> replyTo) implements Own {}

    /** An attach or release is done, and commands that came meanwhile can go on. */
    record Settled(Done done, boolean gone) implements Own {}

    /** The rules that an activation waits for did not come. */
    record RulesOverdue(Activate activate) implements Own {}

    /** Nobody asked for long where the vNIC went. */
    record TombstoneOverdue() implements Own {}

    /** Nothing was asked for some time. */
    record Idle() implements Own {}

    /** The stop message of the entity. The data path goes on enforcing. */
    record Stop() implements Own, CborSerializable {}
}
