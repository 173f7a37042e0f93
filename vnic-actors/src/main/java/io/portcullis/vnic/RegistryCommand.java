package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.TenantId;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What {@link TenantRegistry} understands. Every command is answered: the question for names with {@link Names}, a change of them with
 * {@link Registered} once it is so; those about VLANs with {@link VlanReply}.
 */
public sealed interface RegistryCommand extends CborSerializable {
    record ListTenants(ActorRef<Names> replyTo) implements RegistryCommand {}

    record AddTenant(TenantId tenant, ActorRef<Registered> replyTo) implements RegistryCommand {}

    record RemoveTenant(TenantId tenant, ActorRef<Registered> replyTo) implements RegistryCommand {}

    /**
     * The tenant wants to have exactly these VLANs; those that it had and that are not among them become free. It gets all or,
     * if another tenant has one of them, none, and keeps what it had.
     */
    record ReserveVlans(TenantId tenant, SortedSet<Integer> vlans, ActorRef<VlanReply> replyTo)
            implements RegistryCommand {
        public ReserveVlans {
            vlans = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(vlans));
        }
    }

    /** Would {@link ReserveVlans} succeed now? Changes nothing. */
    record CheckVlans(TenantId tenant, SortedSet<Integer> vlans, ActorRef<VlanReply> replyTo)
            implements RegistryCommand {
        public CheckVlans {
            vlans = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(vlans));
        }
    }

    /**
     * Answer to {@link ReserveVlans} and {@link CheckVlans}.
     *
     * @param taken those of the wanted VLANs that other tenants have; none means that the tenant has, or would get, what it wanted
     */
    record VlanReply(SortedSet<Integer> taken) implements CborSerializable {
        public VlanReply {
            taken = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(taken));
        }
    }

    /** The stop message of the entity. */
    record Stop() implements RegistryCommand {}

    /** The tenant is in the registry, or is not any more. */
    record Registered() implements CborSerializable {}

    /** Answer to {@link ListTenants}. */
    sealed interface Names extends CborSerializable {
        /** Names that go in one message. */
        int MAX_INLINE = 1_000;

        /** All of them, fetched if they came in pieces; fails as {@link Parcels#fetch} does. */
        default CompletionStage<Tenants> whole(Parcels parcels) {
            return switch (this) {
                case Tenants tenants -> CompletableFuture.completedFuture(tenants);
                case TenantsInPieces pieces -> parcels.fetch(pieces.tenants()).thenApply(Tenants.class::cast);
            };
        }

        /** Answers, in pieces where it may be too large for one message to another node. */
        static void tell(ActorRef<Names> asker, Tenants tenants, Parcels parcels) {
            if (tenants.names().size() > MAX_INLINE) {
                parcels.tell(asker, tenants, TenantsInPieces::new);
            } else {
                asker.tell(tenants);
            }
        }
    }

    /** {@link Tenants} that are too many for one message. */
    record TenantsInPieces(Parcel tenants) implements Names {}

    /** Names of all tenants, ascending. */
    record Tenants(SortedSet<String> names) implements Names {
        public Tenants {
            names = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(names));
        }
    }
}
