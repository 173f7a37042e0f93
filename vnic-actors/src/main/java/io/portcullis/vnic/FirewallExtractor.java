package io.portcullis.vnic;

import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.ShardingMessageExtractor;

/** The shard of a firewall is its host: {@code host|tenant/vm/vnic} belongs to shard {@code host}. */
final class FirewallExtractor extends ShardingMessageExtractor<ShardingEnvelope<FirewallCommand>, FirewallCommand> {
    @Override
    public String entityId(ShardingEnvelope<FirewallCommand> envelope) {
        return envelope.entityId();
    }

    @Override
    public String shardId(String entityId) {
        int bar = entityId.indexOf('|');
        return bar < 0 ? entityId : entityId.substring(0, bar);
    }

    @Override
    public FirewallCommand unwrapMessage(ShardingEnvelope<FirewallCommand> envelope) {
        return envelope.message();
    }
}
