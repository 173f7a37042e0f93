package io.portcullis.migration;

import io.portcullis.migration.model.ReplicaSending;
import io.portcullis.persistence.CheckpointPosition;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.HostCommand;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.parcel.Parcels;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Keeps replicas of VMs, at both ends: sends what is new in the checkpoints of those VMs of this host that are to have one, and keeps what other hosts
 * send. Child of {@link MigrationAgent}, so that its messages take the stream for large ones.
 *
 * <p>{@link ReplicaSending} decides what goes where; {@link ReplicaStore} is what came. A replica is bytes: nothing of it is attached, no epoch is granted by it, and so
 * it cannot enforce. Pieces take turns with those of migrations in {@link BulkWindow}: all replicas for one host have there what one migration has.
 */
final class Replicas extends AbstractBehavior<ReplicaCommand> {
    static final String NAME = "replicas";

    /** How often VMs are asked for, which a restart of the host's agent forgets, and held ones are looked at. */
    private static final Duration REVIEW_INTERVAL = Duration.ofSeconds(10);
    /** After which a host asks whether a replica of which it hears nothing is still wanted. */
    private static final long SILENT_MILLIS = 60_000;

    /** The way to one host. */
    private static final class Lane {
        final Address address;
        final BulkWindow.Share share;
        /** What is to be sent there, one piece of each VM at most. */
        final Map<VmId, ReplicaSending.Send> waiting = new LinkedHashMap<>();
        /** VMs of which a piece is on its way. */
        final Set<VmId> sent = new HashSet<>();

        Lane(Address address, BulkWindow.Share share) {
            this.address = address;
            this.share = share;
        }
    }

    private final ReplicaEnvironment environment;
    private final HostId host;
    private final BulkWindow window;
    private final TimerScheduler<ReplicaCommand> timers;
    private final ActorRef<HostCommand.Replicated> listener;
    private final ReplicaSending sending;
    private final ReplicaStore store;
    private final long stream = ThreadLocalRandom.current().nextLong();
    private final Map<HostId, Lane> lanes = new HashMap<>();
    private final Set<VnicId> followed = new HashSet<>();
    private boolean draining;

    static Behavior<ReplicaCommand> create(ReplicaEnvironment environment, BulkWindow window) {
        Behavior<ReplicaCommand> replicas = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Replicas(context, timers, environment, window)));
        return Behaviors.supervise(replicas).onFailure(SupervisorStrategy.restart());
    }

    private Replicas(
            ActorContext<ReplicaCommand> context,
            TimerScheduler<ReplicaCommand> timers,
            ReplicaEnvironment environment,
            BulkWindow window) {
        super(context);
        context.setLoggerName(Replicas.class);
        this.environment = environment;
        this.host = environment.host();
        this.window = window;
        this.timers = timers;
        this.sending = new ReplicaSending(environment.settings().limits());
        this.store = new ReplicaStore(environment.settings().maxBytes());
        this.listener = context.messageAdapter(
                HostCommand.Replicated.class, replicated -> new ReplicaCommand.Wanted(replicated.vms()));
        timers.startTimerWithFixedDelay(new ReplicaCommand.Review(), Duration.ZERO, REVIEW_INTERVAL);
    }

    @Override
    public Receive<ReplicaCommand> createReceive() {
        return newReceiveBuilder()
                .onSignal(PreRestart.class, _ -> {
                    closeLanes();
                    return this;
                })
                .onSignal(PostStop.class, _ -> {
                    closeLanes();
                    return this;
                })
                .onAnyMessage(this::onMessage)
                .build();
    }

    private Behavior<ReplicaCommand> onMessage(ReplicaCommand message) {
        switch (message) {
            case ReplicaCommand.Piece piece -> onPiece(piece);
            case ReplicaCommand.Taken taken -> onTaken(taken);
            case ReplicaCommand.NotTaken not -> onNotTaken(not);
            case ReplicaCommand.Fetch fetch -> onFetch(fetch);
            case ReplicaCommand.Describe describe ->
                Parcels.get(getContext().getSystem())
                        .tell(
                                describe.replyTo(),
                                new ReplicaReply.Kept(
                                        host,
                                        store.describe(describe.tenant(), describe.vm(), System.currentTimeMillis())),
                                ReplicaReply.InPieces::new);
            case ReplicaCommand.Drop drop -> {
                store.drop(drop.vm(), drop.epoch());
                count();
            }
            case ReplicaCommand.Wanted wanted -> onWanted(wanted.vms());
            case ReplicaCommand.Draining set -> draining = set.draining();
            case ReplicaCommand.Tick _ -> onTick();
            case ReplicaCommand.Review _ -> onReview();
            case ReplicaCommand.Granted granted -> onGranted(granted.to());
            case ReplicaCommand.Read read -> onRead(read);
        }
        return this;
    }

    private void onReview() {
        environment.agent().get().ifPresent(agent -> agent.tell(new HostCommand.WatchReplicated(listener)));
        if (!store.isEmpty()) {
            store.silentSince(System.currentTimeMillis() - SILENT_MILLIS)
                    .forEach((vm, epoch) ->
                            environment.placements().apply(vm).tell(new PlacementCommand.ReplicaHeld(host, epoch)));
            count();
        }
    }

    // ---- what this host keeps for others

    private void onPiece(ReplicaCommand.Piece piece) {
        VmId vm = piece.vnic().vm();
        if (draining) {
            refuse(piece, "it is being drained");
            return;
        }
        long taken = store.take(piece, System.currentTimeMillis());
        if (taken == ReplicaStore.FULL) {
            environment.counters().refused();
            refuse(piece, "it keeps as many bytes of replicas as portcullis.migration.replica.max-bytes allows");
        } else if (taken == ReplicaStore.OLDER) {
            refuse(piece, "it has a replica of " + vm + " of a later epoch");
        } else {
            piece.replyTo()
                    .tell(new ReplicaCommand.Taken(piece.vnic(), host, stream, piece.stream(), piece.file(), taken));
        }
        count();
    }

    private void refuse(ReplicaCommand.Piece piece, String why) {
        piece.replyTo().tell(new ReplicaCommand.NotTaken(piece.vnic().vm(), host, why));
    }

    private void onFetch(ReplicaCommand.Fetch fetch) {
        ReplicaReply tables = store.find(fetch.vm(), fetch.epoch(), System.currentTimeMillis());
        if (tables == null) {
            fetch.replyTo()
                    .tell(new ReplicaReply.None(
                            "host " + host + " has no replica of " + fetch.vm() + " of epoch " + fetch.epoch()));
        } else {
            Parcels.get(getContext().getSystem()).tell(fetch.replyTo(), tables, ReplicaReply.InPieces::new);
        }
    }

    private void count() {
        environment.counters().held(store.values(System.currentTimeMillis()));
    }

    // ---- what others keep for this host

    private void onWanted(List<VmSpec> vms) {
        Map<VmId, List<VnicId>> wanted = new HashMap<>();
        vms.forEach(spec -> wanted.put(spec.vm(), spec.vnicIds()));
        Set<VnicId> vnics = new HashSet<>();
        wanted.values().forEach(vnics::addAll);
        followed.removeIf(vnic -> {
            boolean isOver = !vnics.contains(vnic);
            if (isOver) {
                environment.checkpoints().unfollow(vnic);
            }
            return isOver;
        });
        List<VnicId> added = vnics.stream().filter(followed::add).toList();
        if (!added.isEmpty()) {
            environment.blocking().execute(() -> added.forEach(environment.checkpoints()::follow));
        }
        lanes.values().forEach(lane -> lane.waiting.keySet().retainAll(wanted.keySet()));
        sending.wanted(wanted);
        if (sending.isIdle()) {
            timers.cancel(new ReplicaCommand.Tick());
            closeLanes();
        } else if (!timers.isTimerActive(new ReplicaCommand.Tick())) {
            timers.startTimerWithFixedDelay(
                    new ReplicaCommand.Tick(), environment.settings().interval());
        }
    }

    private void onTick() {
        Set<HostId> others = new HashSet<>(environment.hosts().up());
        others.remove(host);
        lanes.entrySet().removeIf(entry -> {
            boolean isGone = !others.contains(entry.getKey());
            if (isGone) {
                close(entry.getValue());
            }
            return isGone;
        });
        run(sending.tick(environment.checkpoints()::position, others, System.nanoTime()));
    }

    private void run(List<ReplicaSending.Order> orders) {
        orders.forEach(order -> {
            switch (order) {
                case ReplicaSending.Send send -> ask(send);
                case ReplicaSending.Say(var vm, var epoch, var at, var problem) ->
                    environment
                            .placements()
                            .apply(vm)
                            .tell(new PlacementCommand.ReplicaReport(host, epoch, at, problem));
            }
        });
    }

    private void ask(ReplicaSending.Send send) {
        Lane lane = lane(send.to());
        if (lane == null) {
            sending.unsent(send.vnic().vm());
            return;
        }
        release(lane, send.vnic().vm());
        if (lane.waiting.put(send.vnic().vm(), send) == null) {
            lane.share.ask();
        }
    }

    private @Nullable Lane lane(HostId to) {
        ActorRef<ReplicaCommand> there = environment.hosts().replicas(to).orElse(null);
        if (there == null) {
            return null;
        }
        Lane lane = lanes.get(to);
        if (lane == null || !lane.address.equals(there.path().address())) {
            if (lane != null) {
                close(lane);
            }
            ActorRef<ReplicaCommand> self = getContext().getSelf();
            Address address = there.path().address();
            lane = new Lane(address, window.share(address, null, () -> self.tell(new ReplicaCommand.Granted(to))));
            lanes.put(to, lane);
        }
        return lane;
    }

    private void close(Lane lane) {
        lane.share.close();
        lane.waiting.keySet().forEach(sending::unsent);
    }

    private void closeLanes() {
        lanes.values().forEach(this::close);
        lanes.clear();
    }

    private static void release(@Nullable Lane lane, VmId vm) {
        if (lane != null && lane.sent.remove(vm)) {
            lane.share.giveBack();
        }
    }

    private void onGranted(HostId to) {
        Lane lane = lanes.get(to);
        if (lane == null) {
            return;
        }
        if (lane.waiting.isEmpty()) {
            lane.share.giveBack();
            return;
        }
        VmId vm = lane.waiting.keySet().iterator().next();
        ReplicaSending.Send send = Objects.requireNonNull(lane.waiting.remove(vm));
        lane.sent.add(vm);
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(() -> read(send), environment.blocking()),
                        (bytes, _) -> new ReplicaCommand.Read(send, bytes));
    }

    private byte @Nullable [] read(ReplicaSending.Send send) {
        CheckpointPosition at = send.at();
        if (send.from() >= at.bytes()) {
            return new byte[0];
        }
        try {
            return environment
                    .checkpoints()
                    .read(send.vnic(), at, send.from(), ReplicaSending.PIECE_BYTES)
                    .orElse(null);
        } catch (IOException unreadable) {
            // the next round of the checkpoint begins it anew, and says why
            return null;
        }
    }

    private void onRead(ReplicaCommand.Read read) {
        ReplicaSending.Send send = read.send();
        byte[] bytes = read.bytes();
        Lane lane = lanes.get(send.to());
        ActorRef<ReplicaCommand> there = environment.hosts().replicas(send.to()).orElse(null);
        if (bytes == null || lane == null || there == null) {
            release(lane, send.vnic().vm());
            sending.unsent(send.vnic().vm());
            return;
        }
        lane.share.sent(bytes.length);
        sending.sent(send.vnic().vm(), System.nanoTime());
        environment.counters().sent(bytes.length);
        there.tell(new ReplicaCommand.Piece(
                send.vnic(),
                send.at().epoch(),
                host,
                stream,
                send.at().file(),
                send.from(),
                bytes,
                send.isCurrent(),
                send.at().entries(),
                System.currentTimeMillis(),
                getContext().getSelf()));
    }

    private void onTaken(ReplicaCommand.Taken taken) {
        release(lanes.get(taken.by()), taken.vnic().vm());
        if (taken.stream() == stream) {
            run(sending.taken(taken.vnic(), taken.by(), taken.store(), taken.file(), taken.bytes(), System.nanoTime()));
        }
    }

    private void onNotTaken(ReplicaCommand.NotTaken not) {
        release(lanes.get(not.by()), not.vm());
        getContext().getLog().warn("host {} takes no replica of VM {}: {}", not.by(), not.vm(), not.why());
        sending.refused(not.vm(), not.by(), not.why(), System.nanoTime());
    }
}
