package io.portcullis.vnic;

import io.portcullis.persistence.CborSerializable;
import io.portcullis.policy.TenantId;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;

/** What {@link TenantRegistry} understands. Every command is answered with {@link Tenants}: the tenants there are then. */
public sealed interface RegistryCommand extends CborSerializable {
    record ListTenants(ActorRef<Tenants> replyTo) implements RegistryCommand {}

    record AddTenant(TenantId tenant, ActorRef<Tenants> replyTo) implements RegistryCommand {}

    record RemoveTenant(TenantId tenant, ActorRef<Tenants> replyTo) implements RegistryCommand {}

    /** The stop message of the entity. */
    record Stop() implements RegistryCommand {}

    /** Names of all tenants, ascending. */
    record Tenants(SortedSet<String> names) implements CborSerializable {
        public Tenants {
            names = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(names));
        }
    }
}
