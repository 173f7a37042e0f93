package io.portcullis.migration;

import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.migration.model.ChunkName;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.Precopied;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.SourceInput;
import io.portcullis.migration.model.SourceMachine;
import io.portcullis.migration.model.SourceOrder;
import io.portcullis.migration.model.SourceState;
import io.portcullis.migration.model.SourceStep;
import io.portcullis.migration.model.SourceTask;
import io.portcullis.migration.model.TargetMachine;
import io.portcullis.migration.model.VnicHandover;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The source's side of one migration, child of the {@link MigrationAgent}. {@link SourceMachine} decides; its class comment has the
 * steps. This holds what does not concern the protocol: the bytes of the sealed tables, and where the destination is.
 */
final class SourceSession extends MigrationSession<SourceCommand, SourceState, SourceInput, SourceOrder> {
    private final AgentCommand.StartCutover order;
    private final Map<VnicId, CutoverTarget> targets = new HashMap<>();
    private final Map<VnicId, Precopied> ahead;
    private final Map<VnicId, TableSnapshot> tables = new HashMap<>();
    private final Runnable pauseEnds;

    /** @param pauseEnds is called when the pause is over, and perhaps again; what ends the session ends that, too */
    static Behavior<SourceCommand> create(
            AgentCommand.StartCutover order,
            Map<VnicId, Precopied> ahead,
            AgentEnvironment environment,
            Runnable pauseEnds,
            ActorRef<AgentCommand> agent) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new SourceSession(context, timers, order, ahead, environment, pauseEnds, agent)));
    }

    private SourceSession(
            ActorContext<SourceCommand> context,
            TimerScheduler<SourceCommand> timers,
            AgentCommand.StartCutover order,
            Map<VnicId, Precopied> ahead,
            AgentEnvironment environment,
            Runnable pauseEnds,
            ActorRef<AgentCommand> agent) {
        super(
                context,
                new SessionName(Side.SOURCE, order.id()),
                order,
                environment,
                agent,
                SourceMachine::decide,
                SourceState.of(task(order, environment.settings())));
        this.order = order;
        this.ahead = ahead;
        this.pauseEnds = pauseEnds;
        order.targets().forEach(target -> targets.put(target.vnic(), target.target()));
        timers.startTimerWithFixedDelay(
                local(new SourceInput.Tick()), environment.settings().retryInterval());
        context.getSelf().tell(local(new SourceInput.Started()));
    }

    private static SourceTask task(AgentCommand.StartCutover order, MigrationSettings settings) {
        return new SourceTask(
                order.id(),
                order.vm(),
                order.targets().stream().map(VnicTarget::vnic).toList(),
                order.epoch(),
                order.targetEpoch(),
                order.reclaimEpoch(),
                order.targetRevision() > 0,
                settings.chunkWindow());
    }

    @Override
    Behavior<SourceCommand> onMessage(SourceCommand message) {
        return switch (message) {
            case SourceCommand.FromTarget answer -> answer.id().equals(order.id()) ? decide(input(answer)) : this;
            case SourceCommand.Local(SourceInput input) -> onLocal(input);
            case SourceCommand.CutOver cut -> onCutOver(cut);
        };
    }

    @Override
    SourceCommand local(SourceInput input) {
        return new SourceCommand.Local(input);
    }

    private static SourceInput input(SourceCommand.FromTarget answer) {
        return switch (answer) {
            case SourceCommand.Rehearsed a -> new SourceInput.Rehearsed();
            case SourceCommand.ChunkAcknowledged a ->
                new SourceInput.ChunkAcknowledged(new ChunkName(a.vnic(), a.sequence()));
            case SourceCommand.HandoverAccepted a -> new SourceInput.HandoverAccepted(a.vnics(), a.problems());
            case SourceCommand.HandoverRefused a -> new SourceInput.HandoverRefused(a.refusal());
        };
    }

    private Behavior<SourceCommand> onLocal(SourceInput input) {
        switch (input) {
            case SourceInput.Reclaimed(var refusal)
            when refusal != null -> getContext().getLog().error("{} not reclaimed yet: {}", order.vm(), refusal);
            case SourceInput.Released(var refusal)
            when refusal != null -> getContext().getLog().warn("{} not released yet: {}", order.vm(), refusal);
            default -> {}
        }
        return decide(input);
    }

    private Behavior<SourceCommand> onCutOver(SourceCommand.CutOver cut) {
        SealedVnic sealed = cut.sealed();
        if (sealed != null) {
            tables.put(cut.vnic(), sealed.table());
        }
        return decide(new SourceInput.CutOver(
                cut.vnic(), sealed == null ? null : handover(cut.vnic(), sealed), cut.refusal()));
    }

    private VnicHandover handover(VnicId vnic, SealedVnic sealed) {
        TableSnapshot table = sealed.table();
        Precopied sent = ahead.getOrDefault(vnic, Precopied.NOTHING);
        return new VnicHandover(
                vnic,
                sealed.isRest() ? sent.chunks() : 0,
                table.chunks().size(),
                table.entries(),
                table.bytes(),
                table.digest(),
                sealed.policyRevision(),
                sealed.forwardedFrames(),
                sealed.freezeNanos(),
                sent.rounds());
    }

    /** What an earlier session may have begun to send is of no use to this one. */
    private CompletionStage<SealedVnic> cutOver(VnicId vnic) {
        CutoverTarget target = Objects.requireNonNull(targets.get(vnic));
        return ahead.containsKey(vnic)
                ? host.cutOver(vnic, order.epoch(), target)
                : host.endExport(vnic, order.epoch())
                        .handle((ended, failure) -> target)
                        .thenCompose(known -> host.cutOver(vnic, order.epoch(), known));
    }

    @Override
    void run(SourceOrder ordered) {
        switch (ordered) {
            case SourceOrder.Look _ -> look();
            case SourceOrder.Rehearse _ -> rehearse();
            case SourceOrder.CutOver(VnicId vnic) ->
                pipe(cutOver(vnic), (done, refused) -> new SourceCommand.CutOver(vnic, done, refused));
            case SourceOrder.OpenTransfer _ ->
                order.session()
                        .tell(new TargetCommand.OpenTransfer(
                                order.id(), getContext().getSelf()));
            case SourceOrder.SendChunk(ChunkName chunk) -> order.chunks().tell(chunk(chunk));
            case SourceOrder.HandOver(List<VnicHandover> vnics) ->
                order.session()
                        .tell(new TargetCommand.Handover(
                                order.id(),
                                order.targetEpoch(),
                                vnics,
                                getContext().getSelf()));
            case SourceOrder.Reclaim _ ->
                pipe(
                        host.reclaim(order.spec(), order.reclaimEpoch()),
                        (done, refused) -> local(new SourceInput.Reclaimed(refused)));
            case SourceOrder.TellTargetThatSourceEnforces _ ->
                order.session().tell(new TargetCommand.SourceEnforces(order.id()));
            case SourceOrder.Release(var movedTo, long targetEpoch) -> {
                tables.clear();
                pauseEnds.run();
                pipe(
                        host.release(order.spec(), order.epoch(), movedTo, targetEpoch),
                        (done, refused) -> local(new SourceInput.Released(refused)));
            }
            case SourceOrder.Report(var report) -> {
                // Who has it needs no copy here.
                if (state().step() == SourceStep.ACTIVATED) {
                    tables.clear();
                    pauseEnds.run();
                }
                report(report);
            }
            case SourceOrder.AskPlacement _ ->
                placement().tell(new PlacementCommand.SourceWaits(order.id(), host.host(), order.spec()));
            case SourceOrder.End(var last) -> {
                if (last instanceof PlacementInput.SourceKept) {
                    ahead.keySet().forEach(vnic -> host.endExport(vnic, order.epoch()));
                }
                end(last);
            }
        }
    }

    private void look() {
        pipe(
                host.statuses(order.spec()),
                (found, refused) -> local(new SourceInput.LookedAt(
                        found == null || found.stream().anyMatch(status -> status.policyRevision() > 0), refused)));
    }

    /** What a hand-over sends, with empty tables and made-up numbers; it changes nothing at the destination. */
    private void rehearse() {
        List<VnicHandover> like = order.spec().vnicIds().stream()
                .map(vnic -> VnicHandover.announced(
                        vnic, ahead.getOrDefault(vnic, Precopied.NOTHING).rounds()))
                .toList();
        order.session()
                .tell(new TargetCommand.Rehearse(order.id(), like, getContext().getSelf(), order.vmStopped()));
        VnicId any = order.spec().vnicIds().getFirst();
        order.chunks().tell(new StateChunk(order.id(), any, TargetMachine.REHEARSAL, false, new byte[0]));
    }

    private StateChunk chunk(ChunkName name) {
        List<byte[]> chunks = Objects.requireNonNull(tables.get(name.vnic())).chunks();
        return new StateChunk(order.id(), name.vnic(), name.sequence(), false, chunks.get(name.sequence()));
    }
}
