package io.portcullis.vnic;

import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** The names of all tenants. */
public final class TenantRegistry {
    public static final EntityTypeKey<RegistryCommand> TYPE_KEY =
            EntityTypeKey.create(RegistryCommand.class, "tenant-registry");
    /** The only entity of its type. */
    public static final String ENTITY_ID = "tenants";

    private TenantRegistry() {}
}
