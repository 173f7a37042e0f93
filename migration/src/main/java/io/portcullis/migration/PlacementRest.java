package io.portcullis.migration;

import io.portcullis.policy.VmId;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;

/**
 * Lets a placement stop that has nothing to do and was asked nothing for a while, as nearly all of many VMs': the next command starts it again, from its journal.
 * A command that comes after the shard was asked to stop it goes back to the shard, which keeps it for the next incarnation. Used by its placement only.
 */
final class PlacementRest {
    /** Without a command for so long a settled placement stops. */
    static final Duration REST_AFTER = Duration.ofSeconds(30);

    private final VmId vm;
    private final ActorContext<PlacementCommand> context;
    private final PlacementEnvironment environment;
    private final ActorRef<ClusterSharding.ShardCommand> shard;
    private boolean isAsked;

    PlacementRest(
            VmId vm,
            ActorContext<PlacementCommand> context,
            PlacementEnvironment environment,
            ActorRef<ClusterSharding.ShardCommand> shard) {
        this.vm = vm;
        this.context = context;
        this.environment = environment;
        this.shard = shard;
    }

    /** The placement has recovered: from now on time without commands counts. */
    void begin() {
        isAsked = false;
        context.setReceiveTimeout(REST_AFTER, new PlacementCommand.Idle());
    }

    /** It has nothing to do: the shard may stop it. */
    void askToStop() {
        if (!isAsked) {
            isAsked = true;
            shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
        }
    }

    /** Whether this incarnation is over but for its stop, and takes no commands. */
    boolean isAsked() {
        return isAsked;
    }

    /** For the next incarnation. */
    void passOn(PlacementCommand command) {
        environment.placements().apply(vm).tell(command);
    }
}
