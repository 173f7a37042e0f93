package io.portcullis.migration.sim;

import io.portcullis.migration.model.ChunkName;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PlacementOrder;
import io.portcullis.migration.model.Precopied;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.SourceInput;
import io.portcullis.migration.model.SourceMachine;
import io.portcullis.migration.model.SourceOrder;
import io.portcullis.migration.model.SourceState;
import io.portcullis.migration.model.SourceStep;
import io.portcullis.migration.model.SourceTask;
import io.portcullis.migration.model.TargetInput;
import io.portcullis.migration.model.TargetMachine;
import io.portcullis.migration.model.Transition;
import io.portcullis.migration.model.VnicHandover;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The source's side of one migration: {@link SourceMachine}, and around it what the actor SourceSession does with its orders. */
final class SimSource {
    private static final int WINDOW = 2;
    private static final int SILENT_TICKS = 3;

    private final SimHost host;
    private final World world;
    private final VmSpec spec;
    private final PlacementOrder.StartCutover order;
    private final SimTarget target;
    private final int actors;
    private final Map<VnicId, List<byte[]>> tables = new HashMap<>();
    private final Map<VnicId, Precopied> ahead;
    private SourceState state;
    private boolean isOver;
    private int ticks;

    SimSource(
            SimHost host,
            VmSpec spec,
            PlacementOrder.StartCutover order,
            SimTarget target,
            boolean targetHasRules,
            Map<VnicId, Precopied> ahead) {
        this.host = host;
        this.world = host.world();
        this.spec = spec;
        this.order = order;
        this.target = target;
        this.ahead = ahead;
        this.actors = host.actorsIncarnation();
        this.state = SourceState.of(new SourceTask(
                order.id(),
                spec.vm(),
                spec.vnicIds(),
                order.epoch(),
                order.targetEpoch(),
                order.reclaimEpoch(),
                targetHasRules,
                WINDOW));
        decide(new SourceInput.Started());
        world.time.after(SimPlacement.TICK_MILLIS, this::tick);
    }

    SimHost host() {
        return host;
    }

    SessionName name() {
        return new SessionName(Side.SOURCE, order.id());
    }

    /** A bug stops it. */
    void die() {
        isOver = true;
        host.sessionDied(spec, name(), order.epoch());
    }

    private void tick() {
        if (!isOver && host.isRunning(actors)) {
            boolean isSilent = state.step() == SourceStep.TRANSFERRING && ++ticks > SILENT_TICKS;
            decide(
                    isSilent && world.has(Mutant.TAKE_SILENCE_FOR_NO)
                            ? new SourceInput.Reclaim()
                            : new SourceInput.Tick());
            world.time.after(SimPlacement.TICK_MILLIS, this::tick);
        }
    }

    void decide(SourceInput input) {
        if (isOver || !host.isRunning(actors)) {
            return;
        }
        Transition<SourceState, SourceOrder> transition = SourceMachine.decide(state, input);
        if (transition.state().step() != state.step()) {
            world.log(
                    host.id().value(),
                    "source " + order.id() + " " + transition.state().step());
        }
        state = transition.state();
        transition.orders().forEach(this::run);
    }

    private void run(SourceOrder ordered) {
        switch (ordered) {
            case SourceOrder.Look _ ->
                host.vnics()
                        .statuses(
                                spec,
                                (found, refused) -> decide(new SourceInput.LookedAt(
                                        found == null || found.stream().anyMatch(status -> status.policyRevision() > 0),
                                        refused)));
            case SourceOrder.Rehearse _ -> {
                List<VnicHandover> like = spec.vnicIds().stream()
                        .map(vnic -> VnicHandover.announced(
                                vnic,
                                ahead.getOrDefault(vnic, Precopied.NOTHING).rounds()))
                        .toList();
                tell(new TargetInput.Rehearse(like));
                send(new ChunkName(spec.vnicIds().getFirst(), TargetMachine.REHEARSAL), new byte[0]);
            }
            case SourceOrder.CutOver(VnicId vnic) -> cutOver(vnic);
            case SourceOrder.OpenTransfer _ -> tell(null);
            case SourceOrder.SendChunk(ChunkName chunk) ->
                send(chunk, Objects.requireNonNull(tables.get(chunk.vnic())).get(chunk.sequence()));
            case SourceOrder.HandOver(List<VnicHandover> vnics) ->
                tell(new TargetInput.Handover(order.targetEpoch(), vnics));
            case SourceOrder.Reclaim _ ->
                host.cutovers()
                        .reclaim(
                                spec,
                                world.has(Mutant.RECLAIM_OLD_EPOCH) ? order.epoch() : order.reclaimEpoch(),
                                (_, refused) -> decide(new SourceInput.Reclaimed(refused)));
            case SourceOrder.TellTargetThatSourceEnforces _ -> tell(new TargetInput.SourceEnforces());
            case SourceOrder.Release(var movedTo, long targetEpoch) -> {
                host.precopies().endTurn(order.id());
                if (world.has(Mutant.IGNORE_RELEASE)) {
                    decide(new SourceInput.Released(null));
                } else {
                    host.vnics()
                            .leave(
                                    spec,
                                    order.epoch(),
                                    true,
                                    (_, refused) -> decide(new SourceInput.Released(refused)));
                }
            }
            case SourceOrder.Report(var report) -> {
                if (state.step() == SourceStep.ACTIVATED) {
                    host.precopies().endTurn(order.id());
                }
                host.report(spec.vm(), report);
            }
            case SourceOrder.AskPlacement _ -> host.sourceWaits(spec.vm(), order.id());
            case SourceOrder.End(var last) -> {
                isOver = true;
                if (last instanceof PlacementInput.SourceKept) {
                    ahead.keySet().forEach(host.tables()::endExport);
                }
                host.sessionEnded(name(), last);
            }
        }
    }

    /** What an earlier session may have begun to send is of no use to this one. */
    private void cutOver(VnicId vnic) {
        if (!ahead.containsKey(vnic)) {
            host.tables().endExport(vnic);
        }
        host.cutovers().cutOver(vnic, order.epoch(), target.host(), order.targetEpoch(), (handed, refused) -> {
            if (handed == null) {
                decide(new SourceInput.CutOver(vnic, null, refused));
                return;
            }
            tables.put(vnic, handed.chunks());
            decide(new SourceInput.CutOver(vnic, handover(vnic, handed), null));
        });
    }

    private VnicHandover handover(VnicId vnic, SimCutovers.Sealed handed) {
        Precopied sent = ahead.getOrDefault(vnic, Precopied.NOTHING);
        return new VnicHandover(
                vnic,
                handed.isRest() ? sent.chunks() : 0,
                handed.chunks().size(),
                handed.sum().entries(),
                handed.chunks().stream().mapToLong(chunk -> chunk.length).sum(),
                handed.sum().digest(),
                handed.revision(),
                0,
                0,
                sent.rounds());
    }

    private void send(ChunkName name, byte[] bytes) {
        tell(new TargetInput.ChunkArrived(new StateChunk(order.id(), name.vnic(), name.sequence(), false, bytes)));
    }

    private void tell(@org.jspecify.annotations.Nullable TargetInput input) {
        world.network.send(host, target.host(), () -> target.onSource(this, input));
    }
}
