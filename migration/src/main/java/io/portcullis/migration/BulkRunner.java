package io.portcullis.migration;

import io.portcullis.migration.model.BulkEvent;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.BulkSchedule;
import io.portcullis.migration.model.BulkSchedule.HeldBack;
import io.portcullis.migration.model.BulkState;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PlacementPlanner;
import io.portcullis.migration.model.VmLoad;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Begins and watches the migrations of bulk operations, within their budgets. Belongs to {@link BulkOperations}, on its thread. */
final class BulkRunner {
    private final ActorContext<BulkCommand> context;
    private final BulkEnvironment environment;
    private final HostSurvey survey;
    private final ActorRef<MigrationUpdate> updates;

    /** VMs whose placement was asked to move them and has not answered. */
    private final Map<VmId, HostId> asked = new HashMap<>();

    /** Where VMs went since hosts were looked at. */
    private final Map<VmId, HostId> placedSince = new HashMap<>();

    private final Map<TenantId, Long> lastTurns = new HashMap<>();

    /** By operation, how many VMs waited and why when hosts were looked at last. */
    private Map<String, Map<HeldBack, Integer>> heldBack = Map.of();

    BulkRunner(ActorContext<BulkCommand> context, BulkEnvironment environment, HostSurvey survey) {
        this.context = context;
        this.environment = environment;
        this.survey = survey;
        this.updates = context.messageAdapter(MigrationUpdate.class, BulkCommand.MoveUpdated::new);
    }

    Set<VmId> asked() {
        return Set.copyOf(asked.keySet());
    }

    /** How many of the operation's VMs wait, by the reason, as far as is known; empty for one that is not running. */
    Map<HeldBack, Integer> heldBack(BulkOperation operation) {
        return operation.phase() == BulkOperation.Phase.RUNNING
                ? heldBack.getOrDefault(operation.id(), Map.of())
                : Map.of();
    }

    /** VMs whose move began since hosts were looked at, or before and they do not count them where it went. */
    Set<VmId> placedSince() {
        return Set.copyOf(placedSince.keySet());
    }

    /** VMs that hosts count where they are now, as they are not on their way any more. */
    Set<VmId> arrived(Set<VmId> onTheirWay) {
        Set<VmId> arrived = new HashSet<>(placedSince.keySet());
        arrived.removeAll(onTheirWay);
        return arrived;
    }

    /** Hosts were looked at. What began since they were asked, and may have ended, they did not count where it went. */
    void surveyed(Set<VmId> arrived) {
        placedSince.keySet().removeAll(arrived);
    }

    void watch(BulkState state) {
        for (BulkOperation operation : state.operations()) {
            operation.with(BulkMove.State.MOVING).forEach(this::watch);
        }
    }

    private void watch(BulkMove move) {
        String id = move.migration();
        if (id != null) {
            environment.placements().apply(move.vm()).tell(new PlacementCommand.WatchMigration(id, updates));
        }
    }

    void watch(VmId vm, String migration) {
        environment.placements().apply(vm).tell(new PlacementCommand.WatchMigration(migration, updates));
    }

    /**
     * Begins as many as may be under way, with what is known of hosts.
     *
     * @return what to journal of VMs for which there is no host
     */
    List<BulkEvent> begin(BulkState state) {
        PlacementPlanner planner = new PlacementPlanner(
                survey.rooms(), environment.settings().bulk().policy());
        placedSince.forEach((vm, to) -> planner.place(survey.of(vm), to));
        Set<VmId> underWay = new HashSet<>(asked.keySet());
        asked.forEach((vm, to) -> planner.place(survey.of(vm), to));
        for (BulkOperation operation : state.operations()) {
            for (BulkMove move : operation.with(BulkMove.State.MOVING)) {
                HostId to = move.to();
                if (to != null) {
                    planner.place(survey.of(move.vm()), to);
                    underWay.add(move.vm());
                }
            }
        }
        BulkSchedule schedule = new BulkSchedule(
                state.operations(),
                asked,
                lastTurns,
                environment.settings().bulk().budget(),
                vm -> survey.of(vm).bytes());
        List<BulkEvent> homeless = new ArrayList<>();
        for (Optional<BulkSchedule.Turn> next = schedule.next(); next.isPresent(); next = schedule.next()) {
            BulkSchedule.Turn turn = next.get();
            VmLoad vm = survey.of(turn.move().vm());
            if (environment.hosts().presence(turn.move().from()) != HostLookup.Presence.UP
                    || survey.mayBeApart(vm.vm())) {
                schedule.skip(turn, HeldBack.SILENCE);
                continue;
            }
            Predicate<HostId> allowed = allowed(state, turn);
            Optional<HostId> to = planner.choose(vm, host -> allowed.test(host) && schedule.mayTake(host, vm.vm()));
            if (to.isPresent()) {
                schedule.begin(turn, to.get());
                planner.place(vm, to.get());
                underWay.add(vm.vm());
                ask(turn, to.get());
            } else {
                schedule.skip(turn, whyNone(planner, vm, allowed, schedule));
                // Room may turn up when what is under way has ended.
                if (underWay.isEmpty()) {
                    homeless.add(failed(turn.operation(), vm.vm(), planner.whyNone(vm, allowed)));
                }
            }
        }
        heldBack = schedule.heldBack();
        return homeless;
    }

    private static HeldBack whyNone(
            PlacementPlanner planner, VmLoad vm, Predicate<HostId> allowed, BulkSchedule schedule) {
        if (planner.choose(vm, allowed).isEmpty()) {
            return HeldBack.ROOM;
        }
        return planner.choose(vm, host -> allowed.test(host) && schedule.mayHaveOneMore(host))
                        .isEmpty()
                ? HeldBack.HOST
                : HeldBack.MEMORY;
    }

    private static Predicate<HostId> allowed(BulkState state, BulkSchedule.Turn turn) {
        BulkOperation operation = turn.operation();
        BulkMove move = turn.move();
        return host -> !state.closes(host)
                && !host.equals(move.from())
                && (move.chosen()
                        ? host.equals(move.to())
                        : operation.to().isEmpty() || operation.to().contains(host));
    }

    private void ask(BulkSchedule.Turn turn, HostId to) {
        BulkOperation operation = turn.operation();
        VmId vm = turn.move().vm();
        asked.put(vm, to);
        placedSince.put(vm, to);
        String by = operation.kind() == BulkOperation.Kind.REBALANCE
                ? "rebalance by " + operation.by()
                : "evacuation of " + operation.host() + " by " + operation.by();
        context.ask(
                PlacementReply.class,
                environment.placements().apply(vm),
                environment.settings().checkTimeout().multipliedBy(2),
                replyTo -> new PlacementCommand.MigrateVm(
                        to,
                        by + " (" + operation.id() + ")",
                        false,
                        Mover.PRODUCT,
                        operation.pace(turn.move().from()),
                        replyTo),
                (reply, failure) -> new BulkCommand.MoveAnswered(operation.id(), vm, to, reply));
    }

    // ---- what became of it

    /** What to journal of the answer to an order to migrate; empty for nothing. */
    Optional<BulkEvent> answered(BulkState state, BulkCommand.MoveAnswered answered) {
        VmId vm = answered.vm();
        asked.remove(vm);
        return state.find(answered.id()).flatMap(operation -> switch (answered.reply()) {
            case PlacementReply.MigrationAccepted accepted ->
                Optional.of(new BulkEvent.MoveBegun(operation.id(), vm, answered.to(), accepted.id(), now()));
            case PlacementReply.Refused refused -> refused(operation, vm, refused);
            case null -> unanswered(operation, vm);
            case PlacementReply.Attached _,
                    PlacementReply.Detached _,
                    PlacementReply.Cancelled _,
                    PlacementReply.MigrationPossible _,
                    PlacementReply.Placement _ ->
                Optional.of(failed(operation, vm, "unexpected answer " + answered.reply()));
        });
    }

    /**
     * The placement starts at another node, or the database is away. What was asked may still be done, then the next answer says so; as long as nobody answers nothing was tried,
     * and the VM waits.
     */
    private Optional<BulkEvent> unanswered(BulkOperation operation, VmId vm) {
        context.getLog().warn("the placement of {} did not answer {}, which asks again", vm, operation.id());
        placedSince.remove(vm);
        return Optional.empty();
    }

    private Optional<BulkEvent> refused(BulkOperation operation, VmId vm, PlacementReply.Refused refused) {
        if (refused.code() == RefusalCode.MOVING) {
            // Somebody else moves it: the directory will say where it is.
            placedSince.remove(vm);
            return Optional.empty();
        }
        return Optional.of(
                refused.code() == RefusalCode.SAME_HOST
                        ? new BulkEvent.MoveDone(operation.id(), vm, now())
                        : failed(operation, vm, refused.message()));
    }

    /** What to journal of news of a migration; empty for nothing. */
    Optional<BulkEvent> updated(BulkState state, MigrationUpdate update) {
        for (BulkOperation operation : state.operations()) {
            for (BulkMove move : operation.with(BulkMove.State.MOVING)) {
                if (update.id().equals(move.migration())) {
                    return updated(operation, move.vm(), update);
                }
            }
        }
        return Optional.empty();
    }

    private Optional<BulkEvent> updated(BulkOperation operation, VmId vm, MigrationUpdate update) {
        return switch (update) {
            case MigrationUpdate.Progress progress -> {
                MigrationReceipt receipt = progress.receipt();
                if (!progress.ended() || receipt == null) {
                    yield Optional.empty();
                }
                yield Optional.of(
                        receipt.outcome() == MigrationOutcome.COMMITTED
                                ? new BulkEvent.MoveDone(operation.id(), vm, now())
                                : failed(
                                        operation,
                                        vm,
                                        receipt.outcome() + ": " + String.join("; ", receipt.problems())));
            }
            case MigrationUpdate.NotFound notFound ->
                Optional.of(failed(operation, vm, "migration " + notFound.id() + " is not known any more"));
        };
    }

    /** The VM stays where it is, and is tried again unless it was tried often enough. */
    private BulkEvent failed(BulkOperation operation, VmId vm, String why) {
        context.getLog().warn("{} is not moved by {}: {}", vm, operation.id(), why);
        placedSince.remove(vm);
        int attempts = operation.find(vm).map(BulkMove::attempts).orElse(0) + 1;
        boolean forGood = attempts >= environment.settings().evacuationAttempts();
        return new BulkEvent.MoveFailed(operation.id(), vm, why, forGood, now());
    }

    private long now() {
        return environment.wallClockMillis().getAsLong();
    }
}
