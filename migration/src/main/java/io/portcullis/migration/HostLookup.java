package io.portcullis.migration;

import io.portcullis.migration.model.Refusal;
import io.portcullis.policy.HostId;
import io.portcullis.vnic.RefusalCode;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.jspecify.annotations.Nullable;

/** Which hosts there are, and the migration actors on them. Thread-safe, answers at once. */
public interface HostLookup {
    /** What the cluster knows of a host. */
    enum Presence {
        /** A reachable member that is up. */
        UP,
        /** A member that does not answer, or joins or leaves. Unreachable is not gone: nothing is given up for that. */
        UNAVAILABLE,
        /** No member. If it was one, it was removed: it left, or is taken for dead. */
        ABSENT
    }

    Presence presence(HostId host);

    Set<HostId> up();

    /** The agent of a host that is UP; of another one, a reference whose messages may be lost. */
    RecipientRef<AgentCommand> agent(HostId host);

    /** Who keeps and sends replicas on a host that is UP; empty if it is none. */
    default Optional<ActorRef<ReplicaCommand>> replicas(HostId host) {
        return Optional.empty();
    }

    /** Whether the host's node understands what is new in this minor version of the protocol between nodes; any, where that is not known. */
    default boolean understands(HostId host, int minorVersion) {
        return true;
    }

    /** Which node the host is, as long as it is a member: another one when it has started again. */
    Optional<String> node(HostId host);

    /** Why a VM cannot be attached to, moved to or moved from a host now; null if it can, as far as membership goes. */
    default @Nullable Refusal whyNotUse(HostId host) {
        return switch (presence(host)) {
            case UP -> null;
            case UNAVAILABLE ->
                new Refusal(
                        RefusalCode.HOST_UNAVAILABLE,
                        "host " + host + " does not answer, or joins or leaves the cluster");
            case ABSENT ->
                new Refusal(RefusalCode.UNKNOWN, "no host " + host + " is a member of the cluster; up are " + up());
        };
    }
}
