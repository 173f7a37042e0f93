package io.portcullis.migration;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The destination's side of one migration, child of the {@link MigrationAgent}. It alone decides whether the migration commits:
 * either all is verified and it activates, or it promises never to.
 *
 * <pre>
 * ADMITTING ─ attached passive, with rules ─▶ EXPECTING ─ every data path ready ─▶ READY (reported to the placement)
 * READY ─ Handover, and every chunk is there ─▶ IMPORTING ─ every table verified ─▶ ACTIVATING ─ every vNIC enforces ─▶ ACTIVE
 * ADMITTING, EXPECTING ─ refused ─▶ CLEARING
 * READY, IMPORTING ─ Abort, import refused ─▶ GIVEN_UP (promise reported) ─ source enforces again, or time ─▶ CLEARING
 *                    (at once if the source cannot have cut)
 * ACTIVATING ─ a vNIC refused too often ─▶ LOOKING ─ one enforces: roll forward ─▶ ACTIVE
 *                                                  ─ none ─▶ CLEARING, and only then the promise
 * CLEARING ─ nothing is left ─▶ the end
 * </pre>
 */
final class TargetSession extends MigrationSession<TargetCommand> {
    private enum Step {
        ADMITTING,
        EXPECTING,
        READY,
        IMPORTING,
        ACTIVATING,
        LOOKING,
        ACTIVE,
        GIVEN_UP,
        CLEARING
    }

    private static final int ACTIVATION_ATTEMPTS = 3;

    private final AgentCommand.PrepareTarget order;
    private final TimerScheduler<TargetCommand> timers;
    private final ActorRef<StateChunk> chunks;
    private final TargetState received;

    private Step step = Step.ADMITTING;
    private long policyRevision;
    private int attempts;
    private @Nullable ActorRef<SourceCommand> source;
    private @Nullable Refusal refusal;
    private boolean promised;
    /** Whether the host was told to detach and has not answered. */
    private boolean waitsForHost;

    static Behavior<TargetCommand> create(
            AgentCommand.PrepareTarget order, AgentEnvironment environment, ActorRef<AgentCommand> agent) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new TargetSession(context, timers, order, environment, agent)));
    }

    private TargetSession(
            ActorContext<TargetCommand> context,
            TimerScheduler<TargetCommand> timers,
            AgentCommand.PrepareTarget order,
            AgentEnvironment environment,
            ActorRef<AgentCommand> agent) {
        super(context, AgentCommand.Side.TARGET, order.id(), order.vm(), environment, agent);
        this.order = order;
        this.timers = timers;
        this.chunks = context.messageAdapter(StateChunk.class, TargetCommand.ChunkArrived::new);
        this.received = new TargetState(order.spec().vnicIds());
        timers.startTimerWithFixedDelay(
                new TargetCommand.Tick(), environment.settings().retryInterval());
        pipe(
                host.admit(order.spec(), order.epoch()),
                (revision, refused) -> new TargetCommand.Admitted(revision == null ? 0 : revision, refused));
    }

    @Override
    Behavior<TargetCommand> onMessage(TargetCommand message) {
        return switch (message) {
            case TargetCommand.Admitted admitted -> onAdmitted(admitted);
            case TargetCommand.CutoverExpected expected -> onExpected(expected);
            case TargetCommand.Rehearse rehearse -> onRehearse(rehearse);
            case TargetCommand.OpenTransfer open -> onOpen(open);
            case TargetCommand.ChunkArrived(StateChunk chunk) -> onChunk(chunk);
            case TargetCommand.Handover handover -> onHandover(handover);
            case TargetCommand.Imported imported -> onImported(imported);
            case TargetCommand.Activated activated -> onActivated(activated);
            case TargetCommand.LookedAt looked -> onLookedAt(looked);
            case TargetCommand.Abort abort -> onAbort(abort);
            case TargetCommand.SourceEnforces enforces -> step == Step.GIVEN_UP ? clear() : this;
            case TargetCommand.ClearNow now -> step == Step.GIVEN_UP ? clear() : this;
            case TargetCommand.Cleared cleared -> onCleared(cleared);
            case TargetCommand.Report report -> report();
            case TargetCommand.Tick tick -> onTick();
            case TargetCommand.End end -> end();
        };
    }

    // ---- making ready

    private Behavior<TargetCommand> onAdmitted(TargetCommand.Admitted admitted) {
        if (step != Step.ADMITTING) {
            return this;
        }
        if (admitted.refusal() != null) {
            return giveUp(admitted.refusal(), false);
        }
        step = Step.EXPECTING;
        policyRevision = admitted.policyRevision();
        for (VnicId vnic : order.spec().vnicIds()) {
            pipe(
                    host.expectCutover(vnic, order.epoch()),
                    (target, refused) -> new TargetCommand.CutoverExpected(vnic, target, refused));
        }
        return this;
    }

    private Behavior<TargetCommand> onExpected(TargetCommand.CutoverExpected expected) {
        if (step != Step.EXPECTING) {
            return this;
        }
        if (expected.refusal() != null || expected.target() == null) {
            return giveUp(orUnknown(expected.refusal()), false);
        }
        if (received.expect(new VnicTarget(expected.vnic(), expected.target()))) {
            step = Step.READY;
            return report();
        }
        return this;
    }

    // ---- receiving

    private Behavior<TargetCommand> onRehearse(TargetCommand.Rehearse rehearse) {
        if (rehearse.id().equals(order.id())) {
            source = rehearse.source();
            if (step == Step.READY) {
                source.tell(new SourceCommand.Rehearsed(order.id(), TargetState.like(rehearse.like())));
            } else {
                answerRefusal();
            }
        }
        return this;
    }

    private Behavior<TargetCommand> onOpen(TargetCommand.OpenTransfer open) {
        source = open.source();
        return this;
    }

    private Behavior<TargetCommand> onChunk(StateChunk chunk) {
        boolean ours = chunk.migrationId().equals(order.id());
        boolean isRehearsal = chunk.sequence() == StateTransfer.REHEARSAL;
        if (!ours || (step == Step.READY && !isRehearsal && !received.take(chunk))) {
            return this;
        }
        // One that overtook the source's first message is acknowledged when it is sent again.
        if (source != null) {
            source.tell(new SourceCommand.ChunkAcknowledged(order.id(), chunk.vnic(), chunk.sequence()));
        }
        importIfComplete();
        return this;
    }

    private Behavior<TargetCommand> onHandover(TargetCommand.Handover handover) {
        if (!handover.id().equals(order.id())) {
            return this;
        }
        source = handover.source();
        switch (step) {
            case READY -> beginImport(handover);
            case ACTIVE -> answerSource();
            case GIVEN_UP, CLEARING -> answerRefusal();
            case ADMITTING, EXPECTING, IMPORTING, ACTIVATING, LOOKING -> {}
        }
        return this;
    }

    private void beginImport(TargetCommand.Handover handover) {
        Refusal mismatch = received.handOver(handover, order.epoch());
        if (mismatch != null) {
            giveUp(mismatch, true);
        } else {
            importIfComplete();
        }
    }

    private void importIfComplete() {
        if (step != Step.READY || !received.isComplete()) {
            return;
        }
        step = Step.IMPORTING;
        received.forEachTable((vnic, table) -> pipe(
                host.importTable(vnic, order.epoch(), table),
                (done, refused) -> new TargetCommand.Imported(vnic, done, refused)));
    }

    private Behavior<TargetCommand> onImported(TargetCommand.Imported imported) {
        if (step != Step.IMPORTING) {
            return this;
        }
        Refusal why = imported.refusal() != null || imported.report() == null
                ? orUnknown(imported.refusal())
                : received.imported(imported.vnic(), imported.report());
        if (why != null) {
            return giveUp(why, true);
        }
        if (received.allImported()) {
            step = Step.ACTIVATING;
            activate(order.spec().vnicIds());
        }
        return this;
    }

    // ---- activating

    private void activate(List<VnicId> vnics) {
        attempts++;
        received.activating(vnics);
        for (VnicId vnic : vnics) {
            TargetCommand.VnicHandover handover = received.handover(vnic);
            pipe(
                    host.activate(vnic, order.epoch(), handover.forwardedFrames(), handover.policyRevision()),
                    (report, refused) -> new TargetCommand.Activated(vnic, report, refused));
        }
    }

    private Behavior<TargetCommand> onActivated(TargetCommand.Activated activated) {
        if (step != Step.ACTIVATING) {
            return this;
        }
        if (activated.report() == null) {
            refusal = orUnknown(activated.refusal());
            getContext().getLog().warn("{}: not activated: {}", activated.vnic(), refusal.message());
        }
        received.activated(activated.vnic(), activated.report());
        if (received.activationsOpen() > 0) {
            return this;
        }
        List<VnicId> missing = received.notActivated();
        if (missing.isEmpty()) {
            return becomeActive();
        }
        if (attempts < ACTIVATION_ATTEMPTS) {
            activate(missing);
        } else {
            step = Step.LOOKING;
            look();
        }
        return this;
    }

    private void look() {
        pipe(
                host.statuses(order.spec()),
                (found, refused) -> new TargetCommand.LookedAt(
                        found == null
                                ? null
                                : found.stream()
                                        .filter(status -> status.mode() == VnicMode.ENFORCING)
                                        .map(VnicStatus::vnic)
                                        .collect(Collectors.toSet())));
    }

    private Behavior<TargetCommand> onLookedAt(TargetCommand.LookedAt looked) {
        if (step != Step.LOOKING || looked.enforcing() == null) {
            return this;
        }
        if (looked.enforcing().isEmpty()) {
            return clear();
        }
        received.rollForward(looked.enforcing(), orUnknown(refusal));
        return becomeActive();
    }

    private Behavior<TargetCommand> becomeActive() {
        step = Step.ACTIVE;
        answerSource();
        timers.startSingleTimer(new TargetCommand.End(), environment.settings().linger());
        return report();
    }

    private void answerSource() {
        if (source != null) {
            source.tell(new SourceCommand.HandoverAccepted(order.id(), received.transfers(), received.problems()));
        }
    }

    // ---- giving up

    private Behavior<TargetCommand> onAbort(TargetCommand.Abort abort) {
        return switch (step) {
            case ADMITTING, EXPECTING, READY, IMPORTING ->
                giveUp(new Refusal(RefusalCode.INVALID, abort.why()), abort.mayBeCut());
            case ACTIVATING, LOOKING -> this;
            case ACTIVE, GIVEN_UP, CLEARING -> report();
        };
    }

    /** From here on it never activates. If the source may have cut, it must enforce again before this side is cleared. */
    private Behavior<TargetCommand> giveUp(Refusal why, boolean mayBeCut) {
        refusal = why;
        getContext().getLog().warn("migration {} given up: {}", order.id(), why.message());
        if (!mayBeCut) {
            return clear();
        }
        step = Step.GIVEN_UP;
        promised = true;
        answerRefusal();
        timers.startSingleTimer(
                new TargetCommand.ClearNow(), environment.settings().clearDelay());
        return report();
    }

    private void answerRefusal() {
        if (source != null && promised) {
            source.tell(new SourceCommand.HandoverRefused(order.id(), orUnknown(refusal)));
        }
    }

    private Behavior<TargetCommand> clear() {
        step = Step.CLEARING;
        waitsForHost = true;
        pipe(host.detach(order.spec(), order.epoch()), (done, refused) -> new TargetCommand.Cleared(refused));
        return this;
    }

    private Behavior<TargetCommand> onCleared(TargetCommand.Cleared cleared) {
        if (step != Step.CLEARING) {
            return this;
        }
        waitsForHost = false;
        if (cleared.refusal() != null) {
            getContext().getLog().warn("migration {} not cleared: {}", order.id(), cleared.refusal());
            return this;
        }
        promised = true;
        answerRefusal();
        report();
        return end();
    }

    // ---- reporting

    private Behavior<TargetCommand> onTick() {
        switch (step) {
            case READY, ACTIVE, GIVEN_UP -> report();
            case LOOKING -> look();
            case CLEARING -> {
                if (!waitsForHost) {
                    clear();
                }
            }
            case ADMITTING, EXPECTING, IMPORTING, ACTIVATING -> {}
        }
        return this;
    }

    private Behavior<TargetCommand> report() {
        PlacementCommand.HostReport report = finalReport();
        if (step == Step.READY) {
            report = new PlacementCommand.TargetReady(
                    order.id(), policyRevision, received.targets(), getContext().getSelf(), chunks);
        }
        if (report != null) {
            tellPlacement(report);
        }
        return this;
    }

    private PlacementCommand.@Nullable HostReport finalReport() {
        if (step == Step.ACTIVE) {
            List<VnicTransfer> transfers = received.transfers();
            return new PlacementCommand.TargetActivated(order.id(), transfers, received.problems());
        }
        return promised ? new PlacementCommand.TargetGaveUp(order.id(), orUnknown(refusal)) : null;
    }

    private Behavior<TargetCommand> end() {
        PlacementCommand.HostReport last = finalReport();
        return last == null ? Behaviors.stopped() : end(last);
    }

    private static Refusal orUnknown(@Nullable Refusal refusal) {
        return refusal == null ? new Refusal(RefusalCode.INVALID, "no reason given") : refusal;
    }
}
