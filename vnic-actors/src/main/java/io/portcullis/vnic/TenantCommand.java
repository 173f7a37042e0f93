package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.Action;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.parcel.Parcel;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What {@link TenantPolicy} understands. Every request is answered, with what its comment names, with
 * {@link TenantReply.UnknownTenant} or with {@link Refused}; the asker sets the deadline.
 */
public sealed interface TenantCommand {
    /** Comes from outside and is answered. */
    sealed interface Request extends TenantCommand, CborSerializable {
        ActorRef<TenantReply> replyTo();
    }

    /** Creates the tenant, or gives an existing one these defaults. Answer: {@link TenantReply.Applied}. */
    record PutTenant(
            Action defaultAction,
            boolean looseTracking,
            TimeoutPreset timeouts,
            String by,
            ActorRef<TenantReply> replyTo)
            implements Request {}

    /** Deletes a tenant that has no VM any more. Answer: {@link TenantReply.TenantDeleted}. */
    record DeleteTenant(String by, ActorRef<TenantReply> replyTo) implements Request {}

    /**
     * Applies all of the edits or none. Answer: {@link TenantReply.Applied}, {@link TenantReply.Rejected} or
     * {@link TenantReply.StaleRevision}.
     *
     * @param expectedRevision null, or the only revision that the edits may be applied to
     * @param by who wants it, for the record
     * @param note why, for the record; empty for none
     */
    record Edit(
            List<TenantEdit> edits,
            @Nullable Long expectedRevision,
            String by,
            String note,
            ActorRef<TenantReply> replyTo)
            implements Request {
        public Edit {
            edits = List.copyOf(edits);
        }

        /** Without a note. */
        public Edit(List<TenantEdit> edits, @Nullable Long expectedRevision, String by, ActorRef<TenantReply> replyTo) {
            this(edits, expectedRevision, by, "", replyTo);
        }
    }

    /**
     * Would {@link Edit} be applied now? Changes and reserves nothing. Answer: {@link TenantReply.Acceptable}, else as for an edit.
     */
    record CheckEdit(List<TenantEdit> edits, @Nullable Long expectedRevision, ActorRef<TenantReply> replyTo)
            implements Request {
        public CheckEdit {
            edits = List.copyOf(edits);
        }
    }

    /** Answer: {@link TenantReply.Model}, as it was then, or {@link TenantReply.NoRevision}. */
    record GetModelAt(long revision, ActorRef<TenantReply> replyTo) implements Request {}

    /**
     * Answer: {@link TenantReply.History}, newest first.
     *
     * @param before only revisions below this one
     */
    record GetHistory(long before, int limit, ActorRef<TenantReply> replyTo) implements Request {}

    /**
     * Answer: {@link TenantReply.Model}, or {@link TenantReply.ModelDelta} to somebody on another node who has an older one.
     *
     * @param known the model that the asker has; null if it has none
     */
    record GetModel(@Nullable ModelVersion known, ActorRef<TenantReply> replyTo) implements Request {
        /** By somebody who has none. */
        public GetModel(ActorRef<TenantReply> replyTo) {
            this(null, replyTo);
        }
    }

    /** Answer: {@link TenantReply.Rules}. */
    record GetRuleTables(Set<VnicId> vnics, ActorRef<TenantReply> replyTo) implements Request {
        public GetRuleTables {
            vnics = Set.copyOf(vnics);
        }
    }

    /** Which table each of these vNICs should have. Answer: {@link TenantReply.Assignments}. */
    record GetAssignments(Set<VnicId> vnics, ActorRef<TenantReply> replyTo) implements Request {
        public GetAssignments {
            vnics = Set.copyOf(vnics);
        }
    }

    /** Which VMs have tags of this scope. Answer: {@link TenantReply.Labels}. */
    record GetLabels(String scope, ActorRef<TenantReply> replyTo) implements Request {}

    /**
     * Answer: {@link TenantReply.Realization}, when every attached vNIC enforces the revision or a later one, or when the time is over. After a start of the
     * tenant that takes a look into the directory, to know which hosts have its vNICs.
     *
     * @param revision null for the newest that there is now
     * @param waitMillis for how long; at most 10 s
     */
    record GetRealization(@Nullable Long revision, long waitMillis, ActorRef<TenantReply> replyTo) implements Request {
        /** At once. */
        public GetRealization(ActorRef<TenantReply> replyTo) {
            this(null, 0, replyTo);
        }
    }

    /** What only the provider is for. */
    sealed interface ToProvider extends TenantCommand {}

    /**
     * From a tenant to the provider: which policies hold above its own? Answer: {@link TenantReply.Provider} if there are newer ones than it knows, else
     * {@link TenantReply.ProviderUnchanged}.
     *
     * @param known revision of the provider's policies that it has; 0 for none
     * @param state how far it is; null for a tenant that is about to be created
     */
    record AskProvider(
            TenantId tenant, long known, @Nullable TenantAdoption state, ActorRef<TenantReply> replyTo)
            implements Request, ToProvider {}

    /** From a tenant to the provider: it is deleted, or was not created. */
    record LeaveProvider(TenantId tenant) implements ToProvider, CborSerializable {}

    /** From the provider to a tenant: its policies have this revision now. The tenant asks for them. */
    record ProviderChanged(long revision) implements TenantCommand, CborSerializable {}

    /** Another command, too large for one message. */
    record InPieces(Parcel command) implements TenantCommand, CborSerializable {}

    /**
     * From a host: it has exactly these vNICs of the tenant, with these rules in force. What differs from the tenant's rules is
     * sent at once, what changes later as it changes, until the host says otherwise; nothing is sent to one
     * that is not heard of for {@link TenantPolicy#SUBSCRIPTION_TTL}. Sent again and again: it is also what heals whatever was lost.
     */
    record SubscribeHost(HostId host, Map<VnicId, Realized> vnics, ActorRef<HostCommand> agent)
            implements TenantCommand, CborSerializable {
        public SubscribeHost {
            vnics = Map.copyOf(vnics);
        }
    }

    /**
     * From a host that has subscribed: these vNICs have come, these have gone, and all of them make this {@link RealizedVnics#digest}. Without any it says that nothing has
     * changed, and costs the same however many vNICs it has. Answered with {@link HostCommand.Subscribed}; nodes of older builds know neither, so a host that hears
     * nothing says everything.
     */
    record ChangeSubscription(
            HostId host, Map<VnicId, Realized> added, Set<VnicId> removed, long digest, ActorRef<HostCommand> agent)
            implements TenantCommand, CborSerializable {
        public ChangeSubscription {
            added = Map.copyOf(added);
            removed = Set.copyOf(removed);
        }
    }

    /** From a host: what it has in force now for some of its vNICs. */
    record ReportRealized(HostId host, Map<VnicId, Realized> vnics) implements TenantCommand, CborSerializable {
        public ReportRealized {
            vnics = Map.copyOf(vnics);
        }
    }

    /**
     * From a host: addresses that these vNICs, which are enforced there or are to be, were found to have. What it does not know of them, it is told
     * with {@link HostCommand.KnownAddresses}.
     */
    record ReportDiscovered(HostId host, Map<VnicId, Discovery> vnics, ActorRef<HostCommand> agent)
            implements TenantCommand, CborSerializable {
        public ReportDiscovered {
            vnics = Map.copyOf(vnics);
        }
    }

    /**
     * What a host has in force for a vNIC.
     *
     * @param enforcing whether it decides with it, or is only prepared to
     * @param epoch under which it enforces: of two hosts that say so the one with the lower epoch counts for nothing. 0 if it does not, and from hosts of builds
     *     that did not say
     */
    record Realized(RuleAssignment rules, boolean enforcing, long epoch) {
        /** Without an epoch. */
        public Realized(RuleAssignment rules, boolean enforcing) {
            this(rules, enforcing, 0);
        }
    }

    /** Messages of the tenant to itself. */
    sealed interface Own extends TenantCommand {}

    /** The registry has the tenant, or was asked in vain; either way the asker gets its answer. */
    record Registered(TenantReply reply, ActorRef<TenantReply> replyTo) implements Own {}

    /**
     * The registry's answer to the VLANs that an edit needs.
     *
     * @param reply null if there was none in time
     */
    record VlansAnswered(Edit edit, RegistryCommand.@Nullable VlanReply reply) implements Own {}

    /**
     * The registry's answer to whether an edit would get its VLANs.
     *
     * @param candidate the model that the edit would make
     * @param reply null if there was none in time
     */
    record VlansChecked(TenantModel candidate, RegistryCommand.@Nullable VlanReply reply, ActorRef<TenantReply> replyTo)
            implements Own {}

    /**
     * The provider's answer.
     *
     * @param put what creates the tenant; null for a tenant that exists
     * @param reply null if there was none in time
     */
    record ProviderAnswered(
            @Nullable PutTenant put, @Nullable TenantReply reply) implements Own {}

    /** Of a tenant, time to ask the provider; of the provider, time to see who is behind. */
    record ReviewProvider() implements Own {}

    /**
     * Which tenants there are.
     *
     * @param waiting who wants to know how far they are; null if nobody does
     * @param tenants null if the registry did not answer in time
     */
    record TenantsListed(@Nullable GetRealization waiting, RegistryCommand.@Nullable Tenants tenants)
            implements Own, ToProvider {}

    /** A policy may have become active or inactive, or a rule may have expired. */
    record CheckClock() implements Own {}

    /** Time to record what hosts have discovered. */
    record RecordDiscovered() implements Own {}

    /** Time to see which hosts were not heard of. */
    record ReviewHosts() implements Own {}

    /**
     * What the directory says about the tenant's VMs.
     *
     * @param hosts null if it could not be read
     */
    record PlacementsRead(
            @Nullable Map<VmId, HostId> hosts, @Nullable Throwable failure) implements Own {}
    /** A command has arrived in pieces; null if it was lost, so whoever sent it asks again or in vain. */
    record Arrived(@Nullable Object command) implements Own {}

    /** Time is over for whoever waits for a realization. */
    record RealizationOverdue(GetRealization waiting) implements Own {}

    /** The stop message of the entity. */
    record Stop() implements Own, CborSerializable {}
}
