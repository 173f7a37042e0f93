package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/** The agent of one host. */
public final class HostAgent {
    /** Name of the actor under the node's guardian. */
    public static final String NAME = "host-agent";

    private HostAgent() {}

    /** Under which the agent of a host is registered at the receptionist. */
    public static ServiceKey<HostCommand> key(HostId host) {
        return ServiceKey.create(HostCommand.class, "host-agent-" + host);
    }
}
