package io.portcullis.cluster.multinode;

import io.portcullis.migration.PlacementCommand;
import io.portcullis.policy.VmId;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Around a VM's placement: what it tells itself to begin the pre-copy waits at a closed gate. Everything else goes on. */
final class HeldPlacement extends BehaviorInterceptor<PlacementCommand, PlacementCommand> {
    private final VmId vm;
    private final MigrationGates gates;

    private HeldPlacement(VmId vm, MigrationGates gates) {
        super(PlacementCommand.class);
        this.vm = vm;
        this.gates = gates;
    }

    static Behavior<PlacementCommand> around(VmId vm, Behavior<PlacementCommand> placement, MigrationGates gates) {
        return Behaviors.intercept(() -> new HeldPlacement(vm, gates), placement);
    }

    @Override
    public Behavior<PlacementCommand> aroundReceive(
            TypedActorContext<PlacementCommand> context,
            PlacementCommand message,
            ReceiveTarget<PlacementCommand> placement) {
        if (message instanceof PlacementCommand.BeginPreCopy && gates.isClosed(HoldPoint.PREPARED, vm)) {
            var self = context.asJava().getSelf();
            gates.pass(HoldPoint.PREPARED, vm).thenRun(() -> self.tell(message));
            return Behaviors.same();
        }
        return placement.apply(context, message);
    }
}
