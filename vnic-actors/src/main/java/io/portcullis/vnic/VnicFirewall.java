package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** The firewall of one vNIC on one host. */
public final class VnicFirewall {
    public static final EntityTypeKey<FirewallCommand> TYPE_KEY =
            EntityTypeKey.create(FirewallCommand.class, "vnic-firewall");

    private VnicFirewall() {}

    /** {@code host|tenant/vm/vnic}. */
    public static String entityId(HostId host, VnicId vnic) {
        return host + "|" + vnic;
    }
}
