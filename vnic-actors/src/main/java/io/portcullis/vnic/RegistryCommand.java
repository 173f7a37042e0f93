package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.TenantId;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What {@link TenantRegistry} understands. Every command is answered: those about names with {@link Tenants}, the tenants there are
 * then; those about VLANs with {@link VlanReply}.
 */
public sealed interface RegistryCommand extends CborSerializable {
    record ListTenants(ActorRef<Tenants> replyTo) implements RegistryCommand {}

    record AddTenant(TenantId tenant, ActorRef<Tenants> replyTo) implements RegistryCommand {}

    record RemoveTenant(TenantId tenant, ActorRef<Tenants> replyTo) implements RegistryCommand {}

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

    /** Names of all tenants, ascending. */
    record Tenants(SortedSet<String> names) implements CborSerializable {
        public Tenants {
            names = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(names));
        }
    }
}
