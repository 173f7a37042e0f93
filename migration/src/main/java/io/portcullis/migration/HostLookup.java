package io.portcullis.migration;

import io.portcullis.policy.HostId;
import java.util.Set;
import org.apache.pekko.actor.typed.RecipientRef;

/** Which hosts there are, and the migration actors on them. Thread-safe, answers at once. */
public interface HostLookup {
    /** What the cluster knows of a host. */
    enum Presence {
        /** An up member. */
        UP,
        /** A member that joins, leaves or is down; or one that was a member before. */
        DOWN,
        /** Never seen. */
        UNKNOWN
    }

    Presence presence(HostId host);

    Set<HostId> up();

    /** The agent of a host that is UP; of another one, a reference whose messages may be lost. */
    RecipientRef<AgentCommand> agent(HostId host);

    RecipientRef<EvacuationCommand> evacuation(HostId host);

    default boolean isUp(HostId host) {
        return presence(host) == Presence.UP;
    }
}
