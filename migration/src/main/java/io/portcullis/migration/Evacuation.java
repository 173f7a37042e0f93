package io.portcullis.migration;

import io.portcullis.migration.AgentCommand.HostLoad;
import io.portcullis.migration.EvacuationCommand.EvacuationRefused;
import io.portcullis.migration.EvacuationCommand.EvacuationReply;
import io.portcullis.migration.EvacuationCommand.EvacuationState;
import io.portcullis.migration.EvacuationCommand.EvacuationStatus;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Empties the host that it runs on: the host takes no VM any more, and a bounded number of VMs at a time moves to the hosts that
 * carry the fewest. Must be spawned as {@link #NAME} directly under the guardian.
 *
 * <pre>
 * ACTIVE ─ StartDrain, StartLeave ─▶ DRAINING ─ no VM left ─▶ DRAINED ─ if it is to leave ─▶ LEAVING
 *   ▲                                   │ what is left was tried often enough ─▶ INCOMPLETE ─ StartDrain ─▶ DRAINING
 *   └──────────── StopDrain ────────────┴──────────────────────────────────────────┘
 * </pre>
 *
 * The directory says which VMs are here, again and again, so that a VM that arrived late or was moved by somebody else is seen.
 */
public final class Evacuation extends AbstractBehavior<EvacuationCommand> {
    public static final String NAME = "evacuation";

    private record Moving(HostId to, Optional<String> id) {}

    private final EvacuationEnvironment environment;
    private final MigrationSettings settings;
    private final HostId self;
    private final Queue<VmId> waiting = new ArrayDeque<>();
    private final Map<VmId, Moving> moving = new LinkedHashMap<>();
    private final Map<VmId, Integer> attempts = new HashMap<>();
    private final Map<VmId, String> lastProblem = new HashMap<>();
    private final Set<VmId> moved = new HashSet<>();
    private final ActorRef<MigrationUpdate> updates;

    private boolean draining;
    private boolean leave;
    private boolean leaving;
    private boolean empty;
    private boolean asking;
    private String by = "";

    public static Behavior<EvacuationCommand> create(EvacuationEnvironment environment) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new Evacuation(context, timers, environment)));
    }

    private Evacuation(
            ActorContext<EvacuationCommand> context,
            TimerScheduler<EvacuationCommand> timers,
            EvacuationEnvironment environment) {
        super(context);
        context.setLoggerName(Evacuation.class);
        this.environment = environment;
        this.settings = environment.settings();
        this.self = environment.host().host();
        this.updates = context.messageAdapter(MigrationUpdate.class, EvacuationCommand.MoveUpdated::new);
        timers.startTimerWithFixedDelay(new EvacuationCommand.Tick(), settings.evacuationRetry());
    }

    @Override
    public Receive<EvacuationCommand> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onMessage).build();
    }

    private Behavior<EvacuationCommand> onMessage(EvacuationCommand message) {
        switch (message) {
            case EvacuationCommand.StartDrain start -> setDraining(true, false, start.by(), start.replyTo());
            case EvacuationCommand.StartLeave start -> setDraining(true, true, start.by(), start.replyTo());
            case EvacuationCommand.StopDrain stop -> onStop(stop);
            case EvacuationCommand.GetDrain get -> get.replyTo().tell(status());
            case EvacuationCommand.DrainingSet set -> onDrainingSet(set);
            case EvacuationCommand.Tick tick -> onTick();
            case EvacuationCommand.VmsListed listed -> onVmsListed(listed);
            case EvacuationCommand.HostsListed listed -> onHostsListed(listed);
            case EvacuationCommand.MoveAnswered answered -> onAnswered(answered);
            case EvacuationCommand.MoveUpdated updated -> onUpdated(updated.update());
        }
        return this;
    }

    // ---- operators

    private void onStop(EvacuationCommand.StopDrain stop) {
        if (leaving) {
            stop.replyTo()
                    .tell(new EvacuationRefused(
                            RefusalCode.TOO_LATE, "host " + self + " has no VM any more and is leaving the cluster"));
        } else {
            setDraining(false, false, stop.by(), stop.replyTo());
        }
    }

    private void setDraining(boolean on, boolean thenLeave, String who, ActorRef<EvacuationReply> replyTo) {
        getContext()
                .pipeToSelf(
                        environment.host().setDraining(on),
                        (done, failure) -> new EvacuationCommand.DrainingSet(
                                on, thenLeave, who, replyTo, failure == null ? null : HostRefusal.of(failure)));
    }

    private void onDrainingSet(EvacuationCommand.DrainingSet set) {
        if (set.refusal() != null) {
            set.replyTo()
                    .tell(new EvacuationRefused(
                            set.refusal().code(), set.refusal().message()));
            return;
        }
        getContext().getLog().info("evacuation of {}: {} by {}", self, set.draining() ? "on" : "off", set.by());
        draining = set.draining();
        leave = set.draining() && (leave || set.leave());
        by = set.by();
        waiting.clear();
        attempts.clear();
        lastProblem.clear();
        empty = false;
        if (!draining) {
            moved.clear();
        }
        set.replyTo().tell(status());
        onTick();
    }

    private EvacuationStatus status() {
        Map<String, String> failed = new TreeMap<>();
        attempts.forEach((vm, count) -> {
            if (isGivenUp(vm)) {
                failed.put(vm.toString(), lastProblem.getOrDefault(vm, "unknown"));
            }
        });
        return new EvacuationStatus(
                self,
                state(!failed.isEmpty()),
                by,
                leave,
                moved.size() + moving.size() + waiting.size() + failed.size(),
                moved.size(),
                List.copyOf(moving.keySet()),
                waiting.size(),
                failed);
    }

    private EvacuationState state(boolean anyFailed) {
        if (!draining) {
            return EvacuationState.ACTIVE;
        }
        if (leaving) {
            return EvacuationState.LEAVING;
        }
        if (empty) {
            return EvacuationState.DRAINED;
        }
        return moving.isEmpty() && waiting.isEmpty() && anyFailed
                ? EvacuationState.INCOMPLETE
                : EvacuationState.DRAINING;
    }

    // ---- looking

    private void onTick() {
        moving.forEach((vm, move) -> move.id().ifPresent(id -> watch(vm, id)));
        if (draining && !leaving) {
            getContext()
                    .pipeToSelf(
                            environment.vmsHere().get(),
                            (vms, failure) -> failure == null
                                    ? new EvacuationCommand.VmsListed(vms, null)
                                    : new EvacuationCommand.VmsListed(List.of(), failure.toString()));
        }
    }

    private void onVmsListed(EvacuationCommand.VmsListed listed) {
        if (!draining || leaving) {
            return;
        }
        if (listed.failure() != null) {
            getContext().getLog().warn("directory not readable, trying again: {}", listed.failure());
            return;
        }
        waiting.clear();
        listed.vms().stream()
                .filter(vm -> !moving.containsKey(vm) && !moved.contains(vm) && !isGivenUp(vm))
                .forEach(waiting::add);
        empty = listed.vms().stream().allMatch(moved::contains) && moving.isEmpty();
        if (empty && leave) {
            leaving = true;
            getContext().getLog().info("host {} has no VM any more and leaves the cluster", self);
            environment.leaveCluster().run();
        } else {
            findHosts();
        }
    }

    private boolean isGivenUp(VmId vm) {
        return attempts.getOrDefault(vm, 0) >= settings.evacuationAttempts();
    }

    private void findHosts() {
        if (asking || waiting.isEmpty() || moving.size() >= settings.parallel()) {
            return;
        }
        asking = true;
        Map<VmId, HostId> onTheirWay = new HashMap<>();
        moving.forEach((vm, move) -> onTheirWay.put(vm, move.to()));
        List<CompletableFuture<Optional<HostLoad>>> loads = new ArrayList<>();
        for (HostId host : environment.hosts().up()) {
            if (!host.equals(self)) {
                loads.add(AskPattern.<AgentCommand, HostLoad>ask(
                                environment.hosts().agent(host),
                                replyTo -> new AgentCommand.GetLoad(List.copyOf(onTheirWay.keySet()), replyTo),
                                settings.checkTimeout(),
                                getContext().getSystem().scheduler())
                        .handle((load, failure) -> Optional.ofNullable(load))
                        .toCompletableFuture());
            }
        }
        getContext()
                .pipeToSelf(
                        CompletableFuture.allOf(loads.toArray(CompletableFuture<?>[]::new)),
                        (done, failure) -> new EvacuationCommand.HostsListed(
                                loads.stream()
                                        .flatMap(load -> load.join().stream())
                                        .toList(),
                                onTheirWay));
    }

    // ---- moving

    private void onHostsListed(EvacuationCommand.HostsListed listed) {
        asking = false;
        Map<HostId, Integer> given = new HashMap<>();
        listed.onTheirWay().values().forEach(to -> given.merge(to, 1, Integer::sum));
        while (draining && !waiting.isEmpty() && moving.size() < settings.parallel()) {
            VmId vm = waiting.element();
            Optional<HostId> to = listed.hosts().stream()
                    .filter(load -> load.takesVms() && load.freeVnics() > given.getOrDefault(load.host(), 0))
                    .min(Comparator.comparingInt((HostLoad load) -> load.vms() + given.getOrDefault(load.host(), 0))
                            .thenComparing(load -> load.host().value()))
                    .map(HostLoad::host);
            if (to.isEmpty() && !moving.isEmpty()) {
                return; // room that is counted twice may turn up when the moves have ended
            }
            waiting.remove();
            if (to.isPresent()) {
                given.merge(to.get(), 1, Integer::sum);
                move(vm, to.get());
            } else {
                failed(vm, "no other host takes VMs and has room");
            }
        }
    }

    private void move(VmId vm, HostId to) {
        moving.put(vm, new Moving(to, Optional.empty()));
        getContext()
                .ask(
                        PlacementReply.class,
                        environment.placements().apply(vm),
                        settings.checkTimeout().multipliedBy(2),
                        replyTo -> new PlacementCommand.MigrateVm(to, "evacuation of " + self + " by " + by, replyTo),
                        (reply, failure) -> new EvacuationCommand.MoveAnswered(vm, to, reply));
    }

    private void onAnswered(EvacuationCommand.MoveAnswered answered) {
        VmId vm = answered.vm();
        switch (answered.reply()) {
            case PlacementReply.MigrationAccepted accepted -> {
                moving.put(vm, new Moving(answered.to(), Optional.of(accepted.id())));
                watch(vm, accepted.id());
            }
            case PlacementReply.Refused refused -> failed(vm, refused.message());
            case null -> failed(vm, "the VM's placement did not answer");
            case PlacementReply.Attached reply -> failed(vm, "unexpected answer " + reply);
            case PlacementReply.Detached reply -> failed(vm, "unexpected answer " + reply);
            case PlacementReply.Cancelled reply -> failed(vm, "unexpected answer " + reply);
            case PlacementReply.Placement reply -> failed(vm, "unexpected answer " + reply);
        }
    }

    private void watch(VmId vm, String id) {
        environment.placements().apply(vm).tell(new PlacementCommand.WatchMigration(id, updates));
    }

    private void onUpdated(MigrationUpdate update) {
        moving.entrySet().stream()
                .filter(entry -> entry.getValue().id().equals(Optional.of(update.id())))
                .map(Map.Entry::getKey)
                .findFirst()
                .ifPresent(vm -> onUpdated(vm, update));
    }

    private void onUpdated(VmId vm, MigrationUpdate update) {
        switch (update) {
            case MigrationUpdate.Progress progress -> {
                MigrationReceipt receipt = progress.receipt();
                if (progress.ended() && receipt != null) {
                    onEnded(vm, receipt);
                }
            }
            case MigrationUpdate.NotFound notFound ->
                failed(vm, "migration " + notFound.id() + " is not known any more");
        }
    }

    private void onEnded(VmId vm, MigrationReceipt receipt) {
        if (receipt.outcome() == MigrationOutcome.COMMITTED) {
            moving.remove(vm);
            moved.add(vm);
            attempts.remove(vm);
            onTick();
        } else {
            failed(vm, receipt.outcome() + ": " + String.join("; ", receipt.problems()));
        }
    }

    /** It is tried again when it is listed again, unless it was tried often enough. */
    private void failed(VmId vm, String problem) {
        getContext().getLog().warn("{} not evacuated from {}: {}", vm, self, problem);
        moving.remove(vm);
        attempts.merge(vm, 1, Integer::sum);
        lastProblem.put(vm, problem);
    }
}
