package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/** {@link HostDirectory} from the members of the cluster and their roles, as this node knows them now. */
public final class ClusterHostDirectory implements HostDirectory {
    private static final Set<MemberStatus> PRESENT =
            Set.of(MemberStatus.up(), MemberStatus.weaklyUp(), MemberStatus.leaving());

    private final Cluster cluster;

    public ClusterHostDirectory(ActorSystem<?> system) {
        cluster = Cluster.get(system);
    }

    @Override
    public Optional<HostNode> find(HostId host) {
        String role = HOST_ID_ROLE_PREFIX + host;
        ClusterEvent.CurrentClusterState state = cluster.state();
        HostNode found = null;
        for (Member member : state.getMembers()) {
            if (PRESENT.contains(member.status()) && member.getRoles().contains(role)) {
                HostNode node = node(host, member, state);
                // A node that was started again joins while its predecessor is still being removed.
                found = found == null || node.reachable() ? node : found;
            }
        }
        return Optional.ofNullable(found);
    }

    @Override
    public Map<HostId, HostNode> all() {
        ClusterEvent.CurrentClusterState state = cluster.state();
        Map<HostId, HostNode> hosts = new HashMap<>();
        for (Member member : state.getMembers()) {
            if (PRESENT.contains(member.status())) {
                for (String role : member.getRoles()) {
                    if (role.startsWith(HOST_ID_ROLE_PREFIX)) {
                        HostId host = new HostId(role.substring(HOST_ID_ROLE_PREFIX.length()));
                        HostNode node = node(host, member, state);
                        hosts.merge(host, node, (before, now) -> now.reachable() ? now : before);
                    }
                }
            }
        }
        return hosts;
    }

    private static HostNode node(HostId host, Member member, ClusterEvent.CurrentClusterState state) {
        return new HostNode(
                host,
                member.uniqueAddress(),
                member.status().toString(),
                !state.getUnreachable().contains(member));
    }
}
