package io.portcullis.cluster;

import io.portcullis.vnic.HostDirectory;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import org.apache.pekko.dispatch.Futures;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;

/**
 * Pins each shard to the node of the host that it is named after, and never rebalances: a firewall is moved by a
 * migration, not by sharding. While the host is not in the cluster its shard has no home; senders learn that from
 * {@link HostDirectory}, not from here.
 */
final class HostShardAllocationStrategy extends ShardCoordinator.AbstractShardAllocationStrategy {
    private final Cluster cluster;

    HostShardAllocationStrategy(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public Future<ActorRef> allocateShard(
            ActorRef requester, String shardId, Map<ActorRef, IndexedSeq<String>> currentShardAllocations) {
        Optional<Address> home = nodeOf(shardId);
        return currentShardAllocations.keySet().stream()
                .filter(region -> home.isPresent() && addressOf(region).equals(home.get()))
                .findFirst()
                .map(Futures::successful)
                .orElseGet(() -> Futures.failed(new HostNotUpException(shardId)));
    }

    @Override
    public Future<Set<String>> rebalance(
            Map<ActorRef, IndexedSeq<String>> currentShardAllocations, Set<String> rebalanceInProgress) {
        return Futures.successful(Set.of());
    }

    private Optional<Address> nodeOf(String host) {
        String role = HostDirectory.HOST_ID_ROLE_PREFIX + host;
        for (Member member : cluster.state().getMembers()) {
            if (member.hasRole(role) && member.status().equals(MemberStatus.up())) {
                return Optional.of(member.address());
            }
        }
        return Optional.empty();
    }

    private Address addressOf(ActorRef region) {
        Address address = region.path().address();
        return address.hasLocalScope() ? cluster.selfAddress() : address;
    }

    /** Nothing is wrong: sharding logs it whenever a host has left, and asks again. No stack trace. */
    static final class HostNotUpException extends RuntimeException {
        HostNotUpException(String host) {
            super("host " + host + " is not up", null, false, false);
        }
    }
}
