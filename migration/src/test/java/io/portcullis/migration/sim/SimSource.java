package io.portcullis.migration.sim;

import io.portcullis.migration.model.ChunkName;
import io.portcullis.migration.model.PlacementOrder;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The source's side of one migration: {@link SourceMachine}, and around it what the actor SourceSession does with its orders. */
final class SimSource {
    static final int CONNECTIONS_PER_CHUNK = 2;

    private static final int WINDOW = 2;
    private static final int SILENT_TICKS = 3;

    private final SimHost host;
    private final World world;
    private final VmSpec spec;
    private final PlacementOrder.StartCutover order;
    private final SimTarget target;
    private final int actors;
    private final Map<VnicId, List<byte[]>> tables = new HashMap<>();
    private SourceState state;
    private boolean isOver;
    private int ticks;

    SimSource(SimHost host, VmSpec spec, PlacementOrder.StartCutover order, SimTarget target, boolean targetHasRules) {
        this.host = host;
        this.world = host.world();
        this.spec = spec;
        this.order = order;
        this.target = target;
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
                        .map(vnic -> VnicHandover.announced(vnic, List.of()))
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
                if (world.has(Mutant.IGNORE_RELEASE)) {
                    decide(new SourceInput.Released(null));
                } else {
                    host.vnics().leave(spec, order.epoch(), (_, refused) -> decide(new SourceInput.Released(refused)));
                }
            }
            case SourceOrder.Report(var report) -> host.report(spec.vm(), report);
            case SourceOrder.AskPlacement _ -> host.sourceWaits(spec.vm(), order.id());
            case SourceOrder.End(var last) -> {
                isOver = true;
                host.sessionEnded(name(), last);
            }
        }
    }

    private void cutOver(VnicId vnic) {
        host.cutovers().cutOver(vnic, order.epoch(), target.host(), order.targetEpoch(), (handed, refused) -> {
            if (handed == null) {
                decide(new SourceInput.CutOver(vnic, null, refused));
                return;
            }
            List<byte[]> chunks = chunks(handed.connections());
            tables.put(vnic, chunks);
            decide(new SourceInput.CutOver(
                    vnic,
                    new VnicHandover(
                            vnic,
                            0,
                            chunks.size(),
                            handed.connections().size(),
                            handed.connections().size(),
                            digest(handed.connections()),
                            handed.revision(),
                            0,
                            0,
                            List.of()),
                    null));
        });
    }

    static List<byte[]> chunks(Set<Integer> connections) {
        List<Integer> all = new ArrayList<>(connections);
        List<byte[]> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += CONNECTIONS_PER_CHUNK) {
            List<Integer> part = all.subList(from, Math.min(all.size(), from + CONNECTIONS_PER_CHUNK));
            byte[] bytes = new byte[part.size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = part.get(i).byteValue();
            }
            chunks.add(bytes);
        }
        return chunks;
    }

    static long digest(Set<Integer> connections) {
        return connections.stream()
                .mapToLong(connection -> 0x9e3779b97f4a7c15L * (connection + 1))
                .sum();
    }

    private void send(ChunkName name, byte[] bytes) {
        tell(new TargetInput.ChunkArrived(new StateChunk(order.id(), name.vnic(), name.sequence(), false, bytes)));
    }

    private void tell(@org.jspecify.annotations.Nullable TargetInput input) {
        world.network.send(host, target.host(), () -> target.onSource(this, input));
    }
}
