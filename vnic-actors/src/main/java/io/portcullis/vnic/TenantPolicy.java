package io.portcullis.vnic;

import java.time.Duration;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** The policy of one tenant. */
public final class TenantPolicy {
    public static final EntityTypeKey<TenantCommand> TYPE_KEY =
            EntityTypeKey.create(TenantCommand.class, "tenant-policy");
    /** A host that did not subscribe for so long is forgotten. */
    public static final Duration SUBSCRIPTION_TTL = Duration.ofSeconds(15);

    private TenantPolicy() {}
}
