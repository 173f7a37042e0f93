package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.AheadChunks;
import io.portcullis.migration.model.AheadOrder;
import io.portcullis.migration.model.ChunkName;
import io.portcullis.migration.model.ImportReport;
import io.portcullis.migration.model.IncomingTurn;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PlacementOrder;
import io.portcullis.migration.model.PreCopyInput;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.SourceInput;
import io.portcullis.migration.model.TargetInput;
import io.portcullis.migration.model.TargetMachine;
import io.portcullis.migration.model.TargetOrder;
import io.portcullis.migration.model.TargetState;
import io.portcullis.migration.model.TargetStep;
import io.portcullis.migration.model.TargetTask;
import io.portcullis.migration.model.Transition;
import io.portcullis.migration.model.VnicHandover;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The destination's side of one migration: {@link TargetMachine}, and around it what the actor TargetSession does with its orders. */
final class SimTarget {
    private static final long CLEAR_MILLIS = 1_000;
    private static final long LINGER_MILLIS = 30_000;
    private static final long TURN_WAIT_MILLIS = 1_500;

    private final SimHost host;
    private final World world;
    private final VmSpec spec;
    private final PlacementOrder.PrepareTarget order;
    private final int actors;
    private final Map<VnicId, NavigableMap<Integer, byte[]>> kept = new HashMap<>();
    private final AheadChunks<SimPreCopy> ahead = new AheadChunks<>();
    private final Set<SimPreCopy> sources = new HashSet<>();
    private final IncomingTurn<SourceInput> turn;
    private TargetState state;
    private @Nullable SimSource source;
    private boolean isOver;

    SimTarget(SimHost host, VmSpec spec, PlacementOrder.PrepareTarget order) {
        this.host = host;
        this.world = host.world();
        this.spec = spec;
        this.order = order;
        this.actors = host.actorsIncarnation();
        this.turn = new IncomingTurn<>(
                host.precopies().incoming(),
                host.id(),
                order.id(),
                TimeUnit.MILLISECONDS.toNanos(TURN_WAIT_MILLIS),
                taken -> world.log(host.id().value(), order.id() + " is cut without waiting: " + taken));
        this.state = TargetState.of(new TargetTask(order.id(), spec.vm(), spec.vnicIds(), order.epoch()));
        decide(new TargetInput.Started());
        world.time.after(SimPlacement.TICK_MILLIS, this::tick);
    }

    SimHost host() {
        return host;
    }

    String id() {
        return order.id();
    }

    SessionName name() {
        return new SessionName(Side.TARGET, order.id());
    }

    /** A bug stops it. */
    void die() {
        isOver = true;
        endTurn();
        host.sessionDied(spec, name(), order.epoch());
    }

    void onAbort(String why, boolean mayBeCut) {
        decide(new TargetInput.Abort(why, mayBeCut));
    }

    /** A message of the source; null is the first, which only says who sends the state. */
    void onSource(SimSource from, @Nullable TargetInput input) {
        if (input == null || input instanceof TargetInput.Rehearse || input instanceof TargetInput.Handover) {
            source = from;
        }
        if (input != null) {
            decide(input);
        }
    }

    private void tick() {
        if (!isOver && host.isRunning(actors)) {
            decide(new TargetInput.Tick());
            world.time.after(SimPlacement.TICK_MILLIS, this::tick);
        }
    }

    void decide(TargetInput input) {
        if (isOver || !host.isRunning(actors)) {
            return;
        }
        Transition<TargetState, TargetOrder> transition = TargetMachine.decide(before(input), input);
        if (transition.state().step() != state.step()) {
            world.log(
                    host.id().value(),
                    "target " + order.id() + " " + transition.state().step());
        }
        state = transition.state();
        transition.orders().forEach(this::run);
    }

    /** With a mistake perhaps. */
    private TargetState before(TargetInput input) {
        boolean breaksPromise = world.has(Mutant.BREAK_PROMISE)
                && state.step() == TargetStep.GIVEN_UP
                && input instanceof TargetInput.Handover;
        boolean asksNobody = world.has(Mutant.PROMISE_FOR_ARMED)
                && state.step() == TargetStep.ARMED
                && input instanceof TargetInput.Abort;
        return breaksPromise || asksNobody
                ? new TargetState(
                        state.task(),
                        TargetStep.READY,
                        state.policyRevision(),
                        state.expecting(),
                        state.incoming(),
                        state.arming(),
                        state.activating(),
                        state.activations(),
                        state.attempts(),
                        state.problems(),
                        null,
                        false,
                        false)
                : state;
    }

    private void run(TargetOrder ordered) {
        switch (ordered) {
            case TargetOrder.Admit _ ->
                host.vnics()
                        .attach(
                                spec,
                                order.epoch(),
                                false,
                                (revision, refused) ->
                                        decide(new TargetInput.Admitted(revision == null ? 0 : revision, refused)));
            case TargetOrder.ExpectCutover(VnicId vnic) ->
                host.cutovers()
                        .expectCutover(
                                vnic,
                                order.epoch(),
                                (_, refused) -> decide(new TargetInput.CutoverExpected(vnic, refused)));
            case TargetOrder.AnswerRehearsal _ -> {
                host.vnics().keepAhead(spec, order.epoch());
                answerRehearsal(turn.rehearsed(
                        new SourceInput.Rehearsed(),
                        TimeUnit.MILLISECONDS.toNanos(world.time.now()),
                        () -> world.time.after(0, this::turnCame)));
            }
            case TargetOrder.KeepChunk(StateChunk chunk) -> {
                if (!world.has(Mutant.TRUST_STATE) || chunk.sequence() != 1) {
                    kept.computeIfAbsent(chunk.vnic(), _ -> new TreeMap<>()).put(chunk.sequence(), chunk.bytes());
                }
            }
            case TargetOrder.AcknowledgeChunk(var chunk) -> tellSource(new SourceInput.ChunkAcknowledged(chunk));
            case TargetOrder.Import(VnicHandover table) -> importTable(table);
            case TargetOrder.Activate activate -> activate(activate);
            case TargetOrder.Arm(VnicId vnic) ->
                host.arming()
                        .arm(
                                vnic,
                                order.epoch(),
                                order.id(),
                                spec.vnics().size(),
                                (done, refused) -> decide(new TargetInput.SelfActivated(vnic, done, refused)));
            case TargetOrder.Disarm(VnicId vnic) ->
                host.arming()
                        .disarm(vnic, order.epoch(), (enforces, _) -> decide(new TargetInput.Disarmed(vnic, enforces)));
            case TargetOrder.Look _ ->
                host.vnics()
                        .statuses(
                                spec,
                                (found, _) ->
                                        decide(new TargetInput.LookedAt(found == null ? null : enforcing(found))));
            case TargetOrder.AcceptHandover(var vnics, var problems) -> {
                endTurn();
                tellSource(new SourceInput.HandoverAccepted(vnics, problems));
            }
            case TargetOrder.RefuseHandover(Refusal refusal) -> tellSource(new SourceInput.HandoverRefused(refusal));
            case TargetOrder.ClearLater _ -> {
                endTurn();
                world.time.after(CLEAR_MILLIS, () -> decide(new TargetInput.ClearNow()));
            }
            case TargetOrder.Clear _ ->
                host.vnics()
                        .leave(spec, order.epoch(), false, (_, refused) -> decide(new TargetInput.Cleared(refused)));
            case TargetOrder.Report(PlacementInput.TargetIsReady ready) -> host.targetReady(spec.vm(), ready, this);
            case TargetOrder.Report(PlacementInput report) -> host.report(spec.vm(), report);
            case TargetOrder.EndLater _ -> world.time.after(LINGER_MILLIS, () -> decide(new TargetInput.End()));
            case TargetOrder.End(PlacementInput last) -> {
                isOver = true;
                endTurn();
                host.sessionEnded(name(), last);
            }
        }
    }

    private static Set<VnicId> enforcing(List<VnicStatus> found) {
        return found.stream()
                .filter(status -> status.mode() == VnicMode.ENFORCING)
                .map(VnicStatus::vnic)
                .collect(Collectors.toSet());
    }

    private void importTable(VnicHandover table) {
        Map<Integer, byte[]> rest = kept.getOrDefault(table.vnic(), new TreeMap<>());
        host.tables()
                .importTable(
                        table.vnic(),
                        order.epoch(),
                        table.precopied(),
                        List.copyOf(rest.values()),
                        new TableSum(table.entries(), table.digest()),
                        (found, refused) -> decide(new TargetInput.Imported(
                                table.vnic(), found == null ? null : report(table, found), refused)));
    }

    private ImportReport report(VnicHandover table, TableSum found) {
        return world.has(Mutant.TRUST_STATE)
                ? new ImportReport(table.entries(), table.digest())
                : new ImportReport(found.entries(), found.digest());
    }

    // ---- ahead of the cut

    void onOpenPreCopy(SimPreCopy by) {
        if (!isOver && host.isRunning(actors)) {
            sources.add(by);
            ahead.opened(by);
        }
    }

    /** Whether chunks of an earlier source may come late, and be taken for those of the one that sends now. */
    boolean hasSeveralSources() {
        return sources.size() > 1;
    }

    void onAheadChunk(StateChunk chunk) {
        if (isOver || !host.isRunning(actors)) {
            return;
        }
        List<AheadOrder> orders = ahead.arrived(chunk, state);
        boolean isTaken = orders.stream().anyMatch(AheadOrder.Import.class::isInstance);
        boolean isTakenAgain =
                world.has(Mutant.TAKE_TWICE) && orders.stream().anyMatch(AheadOrder.Acknowledge.class::isInstance);
        boolean isTakenEarly = world.has(Mutant.TAKE_OUT_OF_ORDER) && orders.isEmpty();
        orders.forEach(this::run);
        if (!isTaken && (isTakenAgain || isTakenEarly)) {
            run(new AheadOrder.Import(-1, chunk));
        }
    }

    private void run(AheadOrder ordered) {
        SimPreCopy sender = ahead.source();
        switch (ordered) {
            case AheadOrder.Import(int attempt, StateChunk chunk) ->
                host.tables()
                        .importNext(
                                chunk.vnic(),
                                order.epoch(),
                                chunk.sequence(),
                                chunk.bytes(),
                                (here, refused) -> imported(attempt, chunk, here, refused));
            case AheadOrder.Acknowledge(ChunkName chunk, TableSum here) ->
                tell(sender, new PreCopyInput.Taken(chunk, here));
            case AheadOrder.Refuse(Refusal why) -> tell(sender, new PreCopyInput.Refused(why));
            case AheadOrder.Abort(String why) -> decide(new TargetInput.Abort(why, false));
        }
    }

    private void imported(int attempt, StateChunk chunk, @Nullable TableSum here, @Nullable Refusal refused) {
        if (!isOver && host.isRunning(actors)) {
            ahead.imported(attempt, new ChunkName(chunk.vnic(), chunk.sequence()), here, refused)
                    .forEach(this::run);
        }
    }

    private void tell(@Nullable SimPreCopy sender, PreCopyInput answer) {
        if (sender != null) {
            world.network.send(host, sender.host(), () -> sender.decide(answer));
        }
    }

    private void activate(TargetOrder.Activate activate) {
        long minimum = world.has(Mutant.ACTIVATE_BELOW_REVISION) ? 0 : activate.minimumRevision();
        host.vnics()
                .activate(
                        activate.vnic(),
                        order.epoch(),
                        minimum,
                        (_, refused) -> decide(new TargetInput.Activated(
                                activate.vnic(), refused == null ? new ActivationReport(0, 0, 0, 0) : null, refused)));
    }

    private void turnCame() {
        if (!isOver && host.isRunning(actors)) {
            answerRehearsal(turn.come());
        }
    }

    private void answerRehearsal(@Nullable SourceInput answer) {
        if (answer != null) {
            tellSource(answer);
        }
    }

    private void endTurn() {
        if (!world.has(Mutant.KEEP_INCOMING_TURN)) {
            turn.end();
        }
    }

    private void tellSource(SourceInput answer) {
        SimSource to = source;
        if (to != null) {
            world.network.send(host, to.host(), () -> to.decide(answer));
        }
    }
}
