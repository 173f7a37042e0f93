package io.portcullis.vnic;

import io.portcullis.policy.HostId;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/**
 * {@link HostDirectory} from the members of the cluster and their roles, as this node knows them now. It is asked before every command to a host, so the members are
 * looked through once for each state of the cluster, not once for each command.
 */
public final class ClusterHostDirectory implements HostDirectory {
    private static final Set<MemberStatus> PRESENT =
            Set.of(MemberStatus.up(), MemberStatus.weaklyUp(), MemberStatus.leaving());

    private static final Pattern PROTOCOL_ROLE = Pattern.compile(PROTOCOL_ROLE_PREFIX + "[0-9]{1,6}\\.([0-9]{1,6})");

    /** The hosts of one state of the cluster, which never changes. */
    private record Look(ClusterEvent.CurrentClusterState state, Map<HostId, HostNode> hosts) {}

    private final Cluster cluster;
    private volatile @Nullable Look last;

    public ClusterHostDirectory(ActorSystem<?> system) {
        cluster = Cluster.get(system);
    }

    @Override
    public Optional<HostNode> find(HostId host) {
        return Optional.ofNullable(all().get(host));
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // each state is an object of its own, which never changes
    public Map<HostId, HostNode> all() {
        ClusterEvent.CurrentClusterState state = cluster.state();
        Look look = last;
        if (look == null || look.state() != state) {
            look = new Look(state, hosts(state));
            last = look;
        }
        return look.hosts();
    }

    private static Map<HostId, HostNode> hosts(ClusterEvent.CurrentClusterState state) {
        Set<Member> unreachable = Set.copyOf(state.getUnreachable());
        Map<HostId, HostNode> hosts = new HashMap<>();
        for (Member member : state.getMembers()) {
            if (PRESENT.contains(member.status())) {
                for (String role : member.getRoles()) {
                    if (role.startsWith(HOST_ID_ROLE_PREFIX)) {
                        HostId host = new HostId(role.substring(HOST_ID_ROLE_PREFIX.length()));
                        HostNode node = new HostNode(
                                host,
                                member.uniqueAddress(),
                                member.status().toString(),
                                !unreachable.contains(member),
                                protocolMinor(member));
                        // A node that was started again joins while its predecessor is still being removed.
                        hosts.merge(host, node, (before, now) -> now.reachable() ? now : before);
                    }
                }
            }
        }
        return Map.copyOf(hosts);
    }

    private static int protocolMinor(Member member) {
        for (String role : member.getRoles()) {
            Matcher version = PROTOCOL_ROLE.matcher(role);
            if (version.matches()) {
                return Integer.parseInt(Objects.requireNonNull(version.group(1)));
            }
        }
        return 0;
    }
}
