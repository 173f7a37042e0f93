package io.portcullis.migration;

import io.portcullis.policy.HostId;
import io.portcullis.vnic.HostDirectory;
import io.portcullis.vnic.HostNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;

/** Hosts as the cluster knows them; their migration actors are found by address and name, so that none is found too late. */
final class ClusterHosts implements HostLookup {
    private final ActorSystem<?> system;
    private final HostDirectory directory;

    ClusterHosts(ActorSystem<?> system, HostDirectory directory) {
        this.system = system;
        this.directory = directory;
    }

    @Override
    public Presence presence(HostId host) {
        Optional<HostNode> node = directory.find(host);
        if (node.isEmpty()) {
            return Presence.ABSENT;
        }
        return node.get().stays() ? Presence.UP : Presence.UNAVAILABLE;
    }

    @Override
    public Set<HostId> up() {
        return directory.all().entrySet().stream()
                .filter(entry -> entry.getValue().stays())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    @Override
    public RecipientRef<AgentCommand> agent(HostId host) {
        return directory
                .find(host)
                .<ActorRef<AgentCommand>>map(node -> ActorRefResolver.get(system)
                        .resolveActorRef(node.address().address() + "/user/" + MigrationAgent.NAME))
                .orElseGet(system::deadLetters);
    }

    @Override
    public Optional<ActorRef<ReplicaCommand>> replicas(HostId host) {
        return directory
                .find(host)
                .filter(HostNode::stays)
                .map(node -> ActorRefResolver.get(system)
                        .resolveActorRef(
                                node.address().address() + "/user/" + MigrationAgent.NAME + "/" + Replicas.NAME));
    }

    @Override
    public boolean understands(HostId host, int minorVersion) {
        return directory
                .find(host)
                .filter(node -> node.understands(minorVersion))
                .isPresent();
    }

    @Override
    public Optional<String> node(HostId host) {
        return directory.find(host).map(node -> node.address().toString());
    }
}
