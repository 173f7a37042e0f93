package io.portcullis.cluster;

import io.portcullis.vnic.HostDirectory;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.ClusterDomainEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberDowned;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberExited;
import org.apache.pekko.cluster.ClusterEvent.MemberJoined;
import org.apache.pekko.cluster.ClusterEvent.MemberLeft;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.ClusterEvent.MemberWeaklyUp;
import org.apache.pekko.cluster.ClusterEvent.ReachabilityEvent;
import org.apache.pekko.cluster.ClusterEvent.ReachableMember;
import org.apache.pekko.cluster.ClusterEvent.UnreachableMember;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;

/** Says in the node's log who comes and goes, by the names that an operator gave. */
final class MembershipLog {
    private MembershipLog() {}

    static Behavior<ClusterDomainEvent> create() {
        return Behaviors.setup(context -> {
            context.setLoggerName(MembershipLog.class);
            Cluster cluster = Cluster.get(context.getSystem());
            cluster.subscriptions().tell(Subscribe.create(context.getSelf().narrow(), MemberEvent.class));
            cluster.subscriptions().tell(Subscribe.create(context.getSelf().narrow(), ReachabilityEvent.class));
            return Behaviors.receive(ClusterDomainEvent.class)
                    .onAnyMessage(event -> {
                        if (!isEnding(cluster.selfMember()) || isAbout(event, cluster.selfMember())) {
                            log(context.getLog(), event);
                        }
                        return Behaviors.same();
                    })
                    .build();
        });
    }

    /** A node that ends sees all others go, which says nothing of them. */
    private static boolean isAbout(ClusterDomainEvent event, Member self) {
        return event instanceof MemberEvent change
                && change.member().uniqueAddress().equals(self.uniqueAddress());
    }

    private static void log(Logger log, ClusterDomainEvent event) {
        switch (event) {
            case MemberJoined joined -> log.info("{} joins", name(joined.member()));
            case MemberUp up -> log.info("{} is up", name(up.member()));
            case MemberWeaklyUp up -> log.info("{} is up, but not all nodes have seen it", name(up.member()));
            case MemberLeft left -> log.info("{} leaves", name(left.member()));
            case MemberExited _ -> {}
            case MemberDowned downed ->
                log.warn("{} is taken out: it did not answer for too long", name(downed.member()));
            case MemberRemoved removed -> log.info("{} is gone", name(removed.member()));
            case UnreachableMember silent
            when !isEnding(silent.member()) -> log.warn("{} does not answer", name(silent.member()));
            case ReachableMember again -> log.info("{} answers again", name(again.member()));
            default -> {}
        }
    }

    private static boolean isEnding(Member member) {
        return member.status().equals(MemberStatus.exiting())
                || member.status().equals(MemberStatus.down())
                || member.status().equals(MemberStatus.removed());
    }

    private static String name(Member member) {
        String host = member.getRoles().stream()
                .filter(role -> role.startsWith(HostDirectory.HOST_ID_ROLE_PREFIX))
                .map(role -> role.substring(HostDirectory.HOST_ID_ROLE_PREFIX.length()))
                .findFirst()
                .orElse("a node");
        return host + " (" + member.address().hostPort().replaceFirst(".*@", "") + ")";
    }
}
