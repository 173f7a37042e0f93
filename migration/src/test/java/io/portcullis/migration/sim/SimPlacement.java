package io.portcullis.migration.sim;

import io.portcullis.migration.model.Decision;
import io.portcullis.migration.model.FormerHosts;
import io.portcullis.migration.model.Move;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PlacementEvent;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PlacementMachine;
import io.portcullis.migration.model.PlacementOrder;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.PlacementState;
import io.portcullis.migration.model.PreCopyOrder;
import io.portcullis.migration.model.ReplicaPlace;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.VmSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The placement of one VM: {@link PlacementMachine} with a journal, and around it what the actor VmPlacement does with its decisions. */
final class SimPlacement {
    static final long TICK_MILLIS = 500;
    private static final int TICKS_WHILE_WAITING = 4;
    private static final long CHECK_MILLIS = 2_000;
    private static final int CHECK_ATTEMPTS = 3;

    private final World world;
    private final VmSpec spec;

    // ---- durable
    private final List<PlacementEvent> journal = new ArrayList<>();

    // ---- gone when the node dies
    private boolean isUp = true;
    private FormerHosts formers = new FormerHosts();
    private int incarnation;
    private PlacementState state;
    private @Nullable SimTarget ready;
    private long readyRevision;
    private long recordSequence;
    private boolean isRecorded = true;
    private boolean hasFailed;
    private boolean ticks;
    private int tickCount;
    private int deadlines;
    /** Since when the source waits for its turn to be cut; 0 if it does not. */
    private long waitingSinceMillis;

    private @Nullable ReplicaPlace formerReplica;

    private final List<Runnable> whenRecorded = new ArrayList<>();
    private @Nullable Command waiting;

    private int migrations;
    private long highestGrant;
    private @Nullable String lastAccepted;

    SimPlacement(World world, VmSpec spec) {
        this.world = world;
        this.spec = spec;
        this.state = PlacementState.empty(spec.vm());
    }

    VmId vm() {
        return spec.vm();
    }

    VmSpec spec() {
        return spec;
    }

    PlacementState state() {
        return state;
    }

    int migrations() {
        return migrations;
    }

    boolean isUp() {
        return isUp;
    }

    @Nullable
    String lastAccepted() {
        return lastAccepted;
    }

    // ---- operators

    void onAttach(Command command, HostId host) {
        if (PlacementMachine.whyNotAttach(state, isLost()) != null || whyNotUse(host)) {
            command.answer();
        } else {
            ordered(command, new PlacementInput.AttachRequested(spec, host, "ann", isLost()), () -> waiting = command);
        }
    }

    void onDetach(Command command) {
        ordered(command, new PlacementInput.DetachRequested("ann"), () -> waiting = command);
    }

    void onCancel(Command command) {
        String id = lastAccepted == null ? "" : lastAccepted;
        ordered(command, new PlacementInput.CancelRequested(id, "bob"), command::answer);
    }

    /** The hypervisor has stopped the VM of the migration that was accepted last; it says so whatever became of that. */
    void onVmStopped(Command command) {
        String id = lastAccepted == null ? "" : lastAccepted;
        boolean isReady = ready != null && ready.id().equals(id) && state.isMoving(id);
        ordered(command, new PlacementInput.VmHasStopped(id, isReady), command::answer);
    }

    void onMigrate(Command command, HostId to, Mover mover, int attempt) {
        if (PlacementMachine.whyNotMigrate(state, to) != null
                || whyNotUse(to)
                || whyNotUse(Objects.requireNonNull(state.host()))) {
            command.answer();
            return;
        }
        int asker = incarnation;
        SimHost target = world.host(to);
        boolean[] answered = new boolean[1];
        world.network.send(null, target, () -> {
            if (target.isAnswering()) {
                world.network.send(target, null, () -> {
                    if (isUp && asker == incarnation && !answered[0]) {
                        answered[0] = true;
                        accept(command, to, mover);
                    }
                });
            }
        });
        world.time.after(CHECK_MILLIS, () -> {
            if (isUp && asker == incarnation && !answered[0]) {
                answered[0] = true;
                if (attempt < CHECK_ATTEMPTS) {
                    onMigrate(command, to, mover, attempt + 1);
                } else {
                    command.answer();
                }
            }
        });
    }

    private void accept(Command command, HostId to, Mover mover) {
        String id = spec.vm().name() + "-m" + ++migrations;
        ordered(command, new PlacementInput.MigrateRequested(id, to, "ann", mover), () -> {
            lastAccepted = id;
            whenRecorded.add(command::answer);
        });
    }

    private boolean whyNotUse(HostId host) {
        return world.host(host).presence() != SimHost.Presence.UP;
    }

    // ---- hosts

    void onReport(HostId from, PlacementInput report) {
        if (report instanceof PlacementInput.TargetIsReady) {
            throw new IllegalArgumentException("comes with its session");
        }
        if (report instanceof PlacementInput.HostDetached(long epoch) && formers.hasLetGo(state, from, epoch)) {
            tellOrders();
            return;
        }
        decide(report);
    }

    /** Only of a VM that stays where it is: what else it could meet is not what is looked for. */
    void onReplica(PlacementInput.ReplicaIsAt report) {
        if (isUp && !world.databaseAway && state.phase() == PlacementPhase.PLACED) {
            decide(report);
        }
    }

    void onPreCopied(String id, PreCopyOrder.SayPreCopied said) {
        boolean isWaited = said.waits() || said.waitedNanos() > 0;
        boolean begins = waitingSinceMillis == 0 && state.isMoving(id) && state.phase() == PlacementPhase.PRECOPYING;
        if (isWaited && begins) {
            waitingSinceMillis = world.time.now() - TimeUnit.NANOSECONDS.toMillis(said.waitedNanos());
        }
        if (!said.waits()) {
            decide(new PlacementInput.SourceHasPreCopied(id, said.problem(), waitingSinceMillis));
        } else if (begins) {
            startDeadline(SimPreCopy.TURN_MILLIS + SimPreCopy.PATIENCE_MILLIS);
        }
    }

    void onTargetReady(PlacementInput.TargetIsReady report, SimTarget session) {
        if (!state.isMoving(report.id())) {
            world.network.send(
                    null, session.host(), () -> session.onAbort("the placement knows no such migration", false));
            return;
        }
        if (state.phase().precedesCut()) {
            ready = session;
            readyRevision = report.policyRevision();
        }
        decide(report);
        if (ready != null && state.isMoving(report.id())) {
            decide(new PlacementInput.PreCopyOrdered(report.id()));
        }
    }

    void onSourceWaits(HostId host, String id) {
        PlacementOrder order = state.orderForWaiting(host, id);
        if (order != null) {
            tell(order);
        }
    }

    // ---- time

    private void tick(int ofIncarnation) {
        if (!isUp || ofIncarnation != incarnation) {
            return;
        }
        ticks = false;
        if (hasFailed) {
            record();
        }
        Decision lost = decision(new PlacementInput.HostsLost(lostHosts()));
        if (!lost.events().isEmpty()) {
            persist(lost);
        } else if (isRecorded && !world.has(Mutant.NEVER_REPEAT) && isToRepeat()) {
            tellOrders();
            preCopy();
        }
        runTicks();
    }

    private boolean isToRepeat() {
        boolean waitsForTurn = waitingSinceMillis > 0 && state.phase() == PlacementPhase.PRECOPYING;
        return !waitsForTurn || ++tickCount % TICKS_WHILE_WAITING == 0;
    }

    private boolean isLost() {
        HostId here = state.host();
        return here != null && world.host(here).presence() == SimHost.Presence.ABSENT;
    }

    private Set<HostId> lostHosts() {
        Set<HostId> lost = new HashSet<>();
        for (HostId host : state.hostsInvolved()) {
            if (world.host(host).presence() == SimHost.Presence.ABSENT) {
                lost.add(host);
            }
        }
        return lost;
    }

    private void runTicks() {
        if (isUp && !ticks && !(state.phase().settled() && isRecorded)) {
            ticks = true;
            int now = incarnation;
            world.time.after(TICK_MILLIS, () -> tick(now));
        }
    }

    private void startDeadline() {
        long limit = switch (state.phase()) {
            case ATTACHING, RESERVING, PREPARED -> 10_000;
            case PRECOPYING -> 20_000;
            case AWAITING_STOP -> 8_000;
            case CUTTING_OVER -> 15_000;
            case COMMITTED -> 5_000;
            case DETACHED, PLACED, DETACHING, ROLLING_BACK -> 0;
        };
        startDeadline(limit);
    }

    private void startDeadline(long limit) {
        PlacementPhase phase = state.phase();
        int size = journal.size();
        int deadline = ++deadlines;
        int now = incarnation;
        if (limit > 0) {
            world.time.after(limit, () -> {
                if (isUp && now == incarnation && deadline == deadlines && journal.size() == size) {
                    decide(new PlacementInput.DeadlinePassed(phase));
                }
            });
        }
    }

    // ---- deciding, journaling, telling

    private void ordered(Command command, PlacementInput input, Runnable accepted) {
        Decision decision = decision(input);
        if (decision.refusal() != null) {
            command.answer();
        } else {
            persist(decision, accepted);
        }
    }

    private void decide(PlacementInput input) {
        Decision decision = decision(input);
        if (!decision.events().isEmpty()) {
            persist(decision);
        }
    }

    private Decision decision(PlacementInput input) {
        return PlacementMachine.decide(state, input, world.time.now() + world.clockJumpMillis);
    }

    private void persist(Decision decision) {
        persist(decision, () -> {});
    }

    private void persist(Decision decision, Runnable accepted) {
        if (world.databaseAway) {
            // The actor stops, and its supervisor starts it again until the journal can be read.
            die(TICK_MILLIS);
            return;
        }
        PlacementState before = state;
        for (PlacementEvent event : decision.events()) {
            world.log(spec.vm().name(), event);
            checkGrant(event);
            if (event instanceof PlacementEvent.MigrationReserved reserved) {
                world.reserved(vm(), reserved.epoch());
            }
            if (event instanceof PlacementEvent.MigrationCommitted done) {
                world.checkReceipt(done);
                world.committed(vm(), state.currentMove().epoch());
            }
            journal.add(event);
            state = apply(state, event);
        }
        if (state.move() == null) {
            waitingSinceMillis = 0;
        }
        accepted.run();
        if (hasOutcome(before, decision.events()) && waiting != null && !world.has(Mutant.FORGET_ANSWER)) {
            Command command = waiting;
            waiting = null;
            whenRecorded.add(command::answer);
        }
        if (before.phase().sendsAhead()
                && !state.phase().sendsAhead()
                && state.phase() != PlacementPhase.CUTTING_OVER
                && world.sendsAhead) {
            Move over = before.currentMove();
            SimHost host = world.host(over.from());
            world.network.send(null, host, () -> host.precopies().stop(over.id(), "the placement gave up"));
        }
        if (before.phase() != state.phase()) {
            startDeadline();
        }
        record();
    }

    private PlacementState apply(PlacementState now, PlacementEvent event) {
        PlacementState next = now.apply(mutated(event));
        formerReplica = next.replica() == null ? formerReplica : next.replica();
        return world.has(Mutant.FORGET_GRANTED_EPOCH)
                ? new PlacementState(
                        next.vm(),
                        next.phase(),
                        next.epoch(),
                        next.epoch(),
                        next.spec(),
                        next.host(),
                        next.move(),
                        next.lastReceipt(),
                        next.takenFrom())
                : next;
    }

    private PlacementEvent mutated(PlacementEvent event) {
        return event instanceof PlacementEvent.AttachStarted e && world.has(Mutant.TAKE_OLD_REPLICA)
                ? new PlacementEvent.AttachStarted(
                        e.spec(), e.host(), e.epoch(), e.by(), e.atMillis(), e.takenFrom(), formerReplica)
                : event;
    }

    /** No epoch is granted twice, however the first grant ended. */
    private void checkGrant(PlacementEvent event) {
        long epoch = switch (event) {
            case PlacementEvent.AttachStarted e -> e.epoch();
            case PlacementEvent.MigrationReserved e -> e.epoch();
            default -> Long.MAX_VALUE;
        };
        if (epoch <= highestGrant) {
            throw new Violation("epoch " + epoch + " of " + vm() + " is granted again");
        }
        if (event instanceof PlacementEvent.MigrationReserved || event instanceof PlacementEvent.AttachStarted) {
            highestGrant = epoch;
        } else if (event instanceof PlacementEvent.MigrationRolledBack back) {
            highestGrant = Math.max(highestGrant, back.epoch());
        }
    }

    private static boolean hasOutcome(PlacementState before, List<PlacementEvent> events) {
        return events.stream()
                .anyMatch(event -> event instanceof PlacementEvent.VmAttached
                        || event instanceof PlacementEvent.AttachRefused
                        || event instanceof PlacementEvent.VmDetached
                        || (event instanceof PlacementEvent.DetachStarted
                                && before.phase() == PlacementPhase.ATTACHING));
    }

    /** Writes the directory; the orders of a phase follow only then. */
    private void record() {
        long mine = ++recordSequence;
        int now = incarnation;
        PlacementState written = state;
        isRecorded = false;
        hasFailed = false;
        world.time.after(1 + world.random.nextInt(10), () -> {
            boolean failed = world.databaseAway || world.directoryIsLate;
            if (!failed) {
                write(written);
            }
            if (isUp && now == incarnation && mine == recordSequence) {
                recorded(failed);
            }
        });
        runTicks();
    }

    private void write(PlacementState written) {
        switch (written.phase()) {
            case DETACHED, DETACHING -> world.removeRow(vm(), written.epoch());
            case ATTACHING -> {
                if (!world.has(Mutant.ATTACH_UNWRITTEN)) {
                    world.removeRow(vm(), written.epoch() - 1);
                }
            }
            case PLACED, RESERVING, PREPARED, PRECOPYING, AWAITING_STOP, CUTTING_OVER, COMMITTED, ROLLING_BACK ->
                world.putRow(vm(), Objects.requireNonNull(written.host()), written.epoch());
        }
    }

    private void recorded(boolean failed) {
        isRecorded = !failed;
        hasFailed = failed;
        List.copyOf(whenRecorded).forEach(Runnable::run);
        whenRecorded.clear();
        SimTarget session = ready;
        if (state.phase() == PlacementPhase.CUTTING_OVER && session != null && state.isMoving(session.id())) {
            ready = null;
            PlacementOrder.StartCutover order = (PlacementOrder.StartCutover) state.startCutover();
            boolean hasRules = readyRevision > 0;
            SimHost host = world.host(order.host());
            world.log(spec.vm().name(), order);
            world.network.send(null, host, () -> host.onStartCutover(spec, order, session, hasRules));
        } else if (isRecorded || !state.phase().waitsForDirectory() || world.has(Mutant.ATTACH_UNWRITTEN)) {
            tellOrders();
            preCopy();
        }
        runTicks();
    }

    /** The rounds before the cut change nothing at either side; the source says when they have done enough. */
    private void preCopy() {
        SimTarget session = ready;
        if (state.phase().sendsAhead() && session != null && state.isMoving(session.id())) {
            SimHost host = world.host(state.currentMove().from());
            long epoch = state.epoch();
            boolean awaitsTurn = state.currentMove().mover() == Mover.PRODUCT;
            world.network.send(null, host, () -> host.precopies().onStart(spec, session, epoch, awaitsTurn));
        }
    }

    private void tellOrders() {
        List<PlacementOrder> first = world.has(Mutant.ATTACH_BESIDE)
                ? List.of()
                : formers.orders(state, host -> world.host(host).presence() == SimHost.Presence.ABSENT);
        if (world.has(Mutant.ATTACH_BESIDE_EARLIER)) {
            first = first.stream()
                    .filter(order -> order.host().equals(state.takenFrom()))
                    .toList();
        }
        (first.isEmpty() ? state.orders() : first).forEach(this::tell);
    }

    private void tell(PlacementOrder order) {
        world.log(spec.vm().name(), order);
        SimHost host = world.host(order.host());
        world.network.send(null, host, () -> host.onOrder(spec, order));
    }

    // ---- dying and starting again

    /** The node dies; the placement starts elsewhere, from its journal, with the next message or so. */
    void die(long forMillis) {
        world.log(spec.vm().name(), "placement lost for " + forMillis + " ms");
        isUp = false;
        incarnation++;
        waiting = null;
        whenRecorded.clear();
        ready = null;
        ticks = false;
        waitingSinceMillis = 0;
        Command.lose(vm(), world);
        world.time.after(forMillis, this::startAgain);
    }

    private void startAgain() {
        if (isUp) {
            return;
        }
        if (world.databaseAway) {
            world.time.after(TICK_MILLIS, this::startAgain);
            return;
        }
        isUp = true;
        formers = new FormerHosts();
        PlacementState replayed = PlacementState.empty(vm());
        for (PlacementEvent event : journal) {
            replayed = apply(replayed, event);
        }
        state = replayed;
        isRecorded = true;
        hasFailed = false;
        if (state.phase() != PlacementPhase.DETACHED || state.epoch() > 0) {
            startDeadline();
            record();
        }
    }
}
