package io.portcullis.migration;

import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The source's side of one migration, child of the {@link MigrationAgent}. Once it has sealed it keeps the state and offers it
 * again until the destination answers: silence is neither a yes nor a no.
 *
 * <pre>
 * LOOKING ─ only if the destination lacks rules; the source has some: SourceKept, the end; else ─▶ REHEARSING
 * REHEARSING ─ Rehearsed: the way to the destination is open and warm ─▶ CUTTING; HandoverRefused: SourceKept, the end
 * CUTTING ─ every vNIC sealed ─▶ TRANSFERRING ─ HandoverAccepted ─▶ ACTIVATED ─ Release ─▶ RELEASING ─▶ the end
 *    │ none sealed: SourceKept, the end          │ HandoverRefused, Reclaim ─▶ RECLAIMING ─ enforces again ─▶ the end
 *    └ some sealed or silent, or Reclaim: nothing was handed over ─▶ RECLAIMING
 * </pre>
 *
 * Release is obeyed in every step from TRANSFERRING on: only a commit leads to it.
 */
final class SourceSession extends MigrationSession<SourceCommand> {
    private enum Step {
        LOOKING,
        REHEARSING,
        CUTTING,
        TRANSFERRING,
        ACTIVATED,
        RECLAIMING,
        RELEASING
    }

    private final AgentCommand.StartCutover order;
    private final Map<VnicId, SealedVnic> sealed = new LinkedHashMap<>();
    private final Set<VnicId> cutting = new HashSet<>();

    private Step step = Step.LOOKING;
    private @Nullable StateTransfer transfer;
    private @Nullable Refusal refusal;
    private List<VnicTransfer> moved = List.of();
    private List<String> problems = List.of();
    private SourceCommand.@Nullable Release release;
    /** Whether the host was told to reclaim or release and has not answered. */
    private boolean waitsForHost;

    static Behavior<SourceCommand> create(
            AgentCommand.StartCutover order, AgentEnvironment environment, ActorRef<AgentCommand> agent) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new SourceSession(context, timers, order, environment, agent)));
    }

    private SourceSession(
            ActorContext<SourceCommand> context,
            TimerScheduler<SourceCommand> timers,
            AgentCommand.StartCutover order,
            AgentEnvironment environment,
            ActorRef<AgentCommand> agent) {
        super(context, AgentCommand.Side.SOURCE, order.id(), order.vm(), environment, agent);
        this.order = order;
        timers.startTimerWithFixedDelay(
                new SourceCommand.Tick(), environment.settings().retryInterval());
        if (order.targetRevision() > 0) {
            rehearse();
        } else {
            look();
        }
    }

    /** A destination without rules would keep the VM waiting in the pause: then there is no pause, unless here are none either. */
    private void look() {
        pipe(
                host.statuses(order.spec()),
                (found, refused) -> new SourceCommand.LookedAt(
                        found == null || found.stream().anyMatch(status -> status.policyRevision() > 0), refused));
    }

    private Behavior<SourceCommand> onLookedAt(SourceCommand.LookedAt looked) {
        if (step != Step.LOOKING) {
            return this;
        }
        if (looked.hasRules()) {
            refusal = looked.refusal() != null
                    ? looked.refusal()
                    : new Refusal(
                            RefusalCode.TIMEOUT, "the rules of VM " + order.vm() + " have not reached the target yet");
            return tellAndEnd(new PlacementCommand.SourceKept(order.id(), refusal));
        }
        rehearse();
        return this;
    }

    /** The vNICs enforce meanwhile. What gets lost is said again; the placement ends what takes too long. */
    private void rehearse() {
        step = Step.REHEARSING;
        StateTransfer.rehearse(order, getContext().getSelf());
    }

    private Behavior<SourceCommand> onRehearsed(SourceCommand.Rehearsed rehearsed) {
        if (step == Step.REHEARSING && rehearsed.id().equals(order.id())) {
            cutOver();
        }
        return this;
    }

    private void cutOver() {
        step = Step.CUTTING;
        for (VnicTarget target : order.targets()) {
            cutting.add(target.vnic());
            cutOver(target.vnic(), target.target());
        }
    }

    private void cutOver(VnicId vnic, CutoverTarget target) {
        pipe(
                host.cutOver(vnic, order.epoch(), target),
                (done, refused) -> new SourceCommand.CutOver(vnic, done, refused));
    }

    @Override
    Behavior<SourceCommand> onMessage(SourceCommand message) {
        return switch (message) {
            case SourceCommand.LookedAt looked -> onLookedAt(looked);
            case SourceCommand.Rehearsed rehearsed -> onRehearsed(rehearsed);
            case SourceCommand.CutOver cut -> onCutOver(cut);
            case SourceCommand.ChunkAcknowledged acknowledged -> onAcknowledged(acknowledged);
            case SourceCommand.HandoverAccepted accepted -> onAccepted(accepted);
            case SourceCommand.HandoverRefused refused -> onRefused(refused);
            case SourceCommand.Reclaim reclaim -> onReclaim();
            case SourceCommand.Reclaimed reclaimed -> onReclaimed(reclaimed);
            case SourceCommand.Release order -> onRelease(order);
            case SourceCommand.Released released -> onReleased(released);
            case SourceCommand.Report report -> report();
            case SourceCommand.Tick tick -> onTick();
        };
    }

    private Behavior<SourceCommand> onCutOver(SourceCommand.CutOver cut) {
        if (step != Step.CUTTING) {
            return this;
        }
        cutting.remove(cut.vnic());
        if (cut.sealed() != null) {
            sealed.put(cut.vnic(), cut.sealed());
        } else {
            refusal = cut.refusal();
        }
        if (!cutting.isEmpty()) {
            return this;
        }
        if (sealed.size() == order.targets().size()) {
            step = Step.TRANSFERRING;
            transfer = new StateTransfer(
                    order,
                    sealed,
                    environment.settings().chunkWindow(),
                    getContext().getSelf());
            transfer.start();
            return this;
        }
        // A firewall that did not answer in time may have sealed: silence is no no.
        if (!sealed.isEmpty() || why().code() == RefusalCode.TIMEOUT) {
            return reclaim();
        }
        return tellAndEnd(new PlacementCommand.SourceKept(order.id(), why()));
    }

    private Behavior<SourceCommand> onAcknowledged(SourceCommand.ChunkAcknowledged acknowledged) {
        if (step == Step.TRANSFERRING && transfer != null && acknowledged.id().equals(order.id())) {
            transfer.acknowledged(acknowledged.vnic(), acknowledged.sequence());
        }
        return this;
    }

    private Behavior<SourceCommand> onAccepted(SourceCommand.HandoverAccepted accepted) {
        if (step != Step.TRANSFERRING || !accepted.id().equals(order.id())) {
            return this;
        }
        step = Step.ACTIVATED;
        moved = accepted.vnics();
        problems = accepted.problems();
        transfer = null;
        sealed.clear();
        return report();
    }

    private Behavior<SourceCommand> onRefused(SourceCommand.HandoverRefused refused) {
        if (!refused.id().equals(order.id()) || (step != Step.REHEARSING && step != Step.TRANSFERRING)) {
            return this;
        }
        refusal = refused.refusal();
        return step == Step.REHEARSING ? tellAndEnd(new PlacementCommand.SourceKept(order.id(), refusal)) : reclaim();
    }

    private Behavior<SourceCommand> onReclaim() {
        return switch (step) {
            case LOOKING, REHEARSING, CUTTING, TRANSFERRING -> reclaim();
            case ACTIVATED -> report();
            case RECLAIMING, RELEASING -> this;
        };
    }

    private Behavior<SourceCommand> reclaim() {
        step = Step.RECLAIMING;
        waitsForHost = true;
        pipe(host.reclaim(order.spec(), order.reclaimEpoch()), (done, refused) -> new SourceCommand.Reclaimed(refused));
        return this;
    }

    private Behavior<SourceCommand> onReclaimed(SourceCommand.Reclaimed reclaimed) {
        if (step != Step.RECLAIMING) {
            return this;
        }
        waitsForHost = false;
        if (reclaimed.refusal() != null) {
            getContext().getLog().error("{} not reclaimed yet: {}", order.vm(), reclaimed.refusal());
            return this;
        }
        order.session().tell(new TargetCommand.SourceEnforces(order.id()));
        return tellAndEnd(new PlacementCommand.SourceReclaimed(order.id(), why()));
    }

    private Behavior<SourceCommand> onRelease(SourceCommand.Release command) {
        return switch (step) {
            case LOOKING, REHEARSING, CUTTING, RECLAIMING, RELEASING -> this;
            case TRANSFERRING, ACTIVATED -> {
                release = command;
                step = Step.RELEASING;
                yield release(command.movedTo(), command.targetEpoch());
            }
        };
    }

    private Behavior<SourceCommand> release(HostId movedTo, long targetEpoch) {
        waitsForHost = true;
        pipe(
                host.release(order.spec(), order.epoch(), movedTo, targetEpoch),
                (done, refused) -> new SourceCommand.Released(refused));
        return this;
    }

    private Behavior<SourceCommand> onReleased(SourceCommand.Released released) {
        waitsForHost = false;
        if (released.refusal() != null) {
            getContext().getLog().warn("{} not released yet: {}", order.vm(), released.refusal());
            return this;
        }
        return tellAndEnd(new PlacementCommand.SourceReleased(order.id()));
    }

    private Behavior<SourceCommand> onTick() {
        return switch (step) {
            case LOOKING, CUTTING -> this;
            case REHEARSING -> {
                rehearse();
                yield this;
            }
            case TRANSFERRING -> {
                if (transfer != null) {
                    transfer.repeatIfStuck();
                }
                tellPlacement(new PlacementCommand.SourceWaits(order.id(), host.host(), order.spec()));
                yield this;
            }
            case ACTIVATED -> report();
            case RECLAIMING -> waitsForHost ? this : reclaim();
            case RELEASING ->
                release == null || waitsForHost ? this : release(release.movedTo(), release.targetEpoch());
        };
    }

    private Behavior<SourceCommand> report() {
        if (step == Step.ACTIVATED) {
            tellPlacement(new PlacementCommand.TargetActivated(order.id(), moved, problems));
        }
        return this;
    }

    private Behavior<SourceCommand> tellAndEnd(PlacementCommand.HostReport last) {
        tellPlacement(last);
        return end(last);
    }

    private Refusal why() {
        return refusal == null ? new Refusal(RefusalCode.TIMEOUT, "the source was told to take the VM back") : refusal;
    }
}
