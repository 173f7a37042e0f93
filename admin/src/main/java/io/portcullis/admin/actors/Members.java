package io.portcullis.admin.actors;

import io.portcullis.api.ClusterView;
import io.portcullis.api.MemberView;
import io.portcullis.vnic.HostDirectory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/** The cluster's members as this node sees them. Thread-safe. */
final class Members {
    private final ActorSystem<?> system;
    private final String version;

    Members(ActorSystem<?> system, String version) {
        this.system = system;
        this.version = version;
    }

    boolean selfIsUp() {
        return Cluster.get(system).selfMember().status().equals(MemberStatus.up());
    }

    ClusterView view() {
        Cluster cluster = Cluster.get(system);
        ClusterEvent.CurrentClusterState state = cluster.state();
        Set<Member> unreachable = state.getUnreachable();
        List<MemberView> members = new ArrayList<>();
        for (Member member : state.getMembers()) {
            members.add(new MemberView(
                    member.address().hostPort(),
                    member.getRoles().stream()
                            .filter(role -> role.startsWith(HostDirectory.HOST_ID_ROLE_PREFIX))
                            .map(role -> role.substring(HostDirectory.HOST_ID_ROLE_PREFIX.length()))
                            .findFirst()
                            .orElse(null),
                    List.copyOf(new TreeSet<>(member.getRoles())),
                    member.status().toString(),
                    !unreachable.contains(member),
                    member.uniqueAddress().equals(cluster.selfMember().uniqueAddress())));
        }
        members.sort(Comparator.comparing(MemberView::address));
        Address leader = state.getLeader();
        return new ClusterView(system.name(), version, leader == null ? null : leader.hostPort(), members);
    }
}
