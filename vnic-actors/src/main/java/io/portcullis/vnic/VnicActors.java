package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;

/** Finds the actors of this module, wherever in the cluster they are. Any thread. */
public interface VnicActors {
    HostDirectory hosts();

    /** The firewall of a vNIC on a host; empty if the host is not up, so that no message waits for it unseen. */
    Optional<RecipientRef<FirewallCommand>> firewall(HostId host, VnicId vnic);

    /** The agent of a host; empty if the host is not up. */
    Optional<ActorRef<HostCommand>> hostAgent(HostId host);

    RecipientRef<TenantCommand> tenantPolicy(TenantId tenant);

    RecipientRef<RegistryCommand> tenantRegistry();
}
