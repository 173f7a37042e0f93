package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.migration.model.ChunkName;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PreCopyBudget;
import io.portcullis.migration.model.PreCopyInput;
import io.portcullis.migration.model.PreCopyMachine;
import io.portcullis.migration.model.PreCopyOrder;
import io.portcullis.migration.model.PreCopyTask;
import io.portcullis.migration.model.Precopied;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.VmSpec;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a source sends ahead of the cut: {@link PreCopyMachine}, and around it what the actor PreCopySource does with its orders. */
final class SimPreCopy {
    private static final PreCopyBudget BUDGET = new PreCopyBudget(TimeUnit.MICROSECONDS.toNanos(100), 4);
    static final long PATIENCE_MILLIS = 5_000;
    static final long TURN_MILLIS = 3_000;
    private static final long REFRESH_MILLIS = 1_000;
    private static final int WINDOW = 3;
    private static final int LATE_ANSWER_MILLIS = 4;

    private final SimHost host;
    private final World world;
    private final VmSpec spec;
    private final String id;
    private final long epoch;
    private final SimTarget target;
    private final boolean awaitsTurn;
    private final int attempt;
    private final int actors;
    private final PreCopyMachine machine;
    /** What was made of each vNIC's table for this attempt. */
    private final Map<VnicId, Made> made = new HashMap<>();

    private final Map<VnicId, Integer> answered = new HashMap<>();
    private final Set<ChunkName> sentOnce = new HashSet<>();
    private final Set<VnicId> sentTwice = new HashSet<>();
    private int waiting;
    private int granted;
    private boolean isOver;

    SimPreCopy(SimHost host, VmSpec spec, String id, long epoch, SimTarget target, boolean awaitsTurn, int attempt) {
        this.host = host;
        this.world = host.world();
        this.spec = spec;
        this.id = id;
        this.epoch = epoch;
        this.target = target;
        this.awaitsTurn = awaitsTurn;
        this.attempt = attempt;
        this.actors = host.actorsIncarnation();
        this.machine = new PreCopyMachine(new PreCopyTask(
                id,
                spec.vnicIds(),
                attempt,
                BUDGET,
                TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS),
                awaitsTurn,
                TimeUnit.MILLISECONDS.toNanos(TURN_MILLIS),
                TimeUnit.MILLISECONDS.toNanos(REFRESH_MILLIS)));
    }

    void start() {
        decide(new PreCopyInput.Started());
        world.time.after(SimPlacement.TICK_MILLIS, this::tick);
    }

    SimHost host() {
        return host;
    }

    String id() {
        return id;
    }

    SimPreCopy anew() {
        return new SimPreCopy(host, spec, id, epoch, target, awaitsTurn, attempt + 1);
    }

    /** A bug stops it. */
    void die() {
        isOver = true;
        endExports();
        host.sessionDied(spec, name(), epoch);
    }

    private SessionName name() {
        return new SessionName(Side.SOURCE, id);
    }

    private void tick() {
        if (!isOver && host.isRunning(actors)) {
            decide(new PreCopyInput.Tick());
            world.time.after(SimPlacement.TICK_MILLIS, this::tick);
        }
    }

    void decide(PreCopyInput input) {
        if (!isOver && host.isRunning(actors)) {
            machine.decide(withMistake(input), TimeUnit.MILLISECONDS.toNanos(world.time.now()))
                    .forEach(this::run);
        }
    }

    private PreCopyInput withMistake(PreCopyInput input) {
        return world.has(Mutant.SKIP_SUMS) && input instanceof PreCopyInput.Taken(var chunk, var _)
                ? new PreCopyInput.Taken(chunk, null)
                : input;
    }

    private void run(PreCopyOrder ordered) {
        switch (ordered) {
            case PreCopyOrder.Open _ -> world.network.stream(host, target.host(), () -> target.onOpenPreCopy(this));
            case PreCopyOrder.Export(VnicId vnic, int piece) -> export(vnic, piece);
            case PreCopyOrder.AskToSend _ -> {
                waiting++;
                grant();
            }
            case PreCopyOrder.GiveBack _ -> {
                granted--;
                grant();
            }
            case PreCopyOrder.Send(StateChunk chunk) -> {
                if (!sentOnce.add(new ChunkName(chunk.vnic(), chunk.sequence()))) {
                    sentTwice.add(chunk.vnic());
                }
                world.network.stream(host, target.host(), () -> target.onAheadChunk(chunk));
            }
            case PreCopyOrder.AskTurn _ -> askTurn();
            case PreCopyOrder.CountMissedTurn _ -> world.log(host.id().value(), "the turn of " + id + " did not come");
            case PreCopyOrder.SayPreCopied said -> host.preCopied(spec.vm(), id, said);
            case PreCopyOrder.Cut(var sent) -> {
                isOver = true;
                world.log(host.id().value(), "pre-copy " + id + " is done: " + sent);
                sent.forEach(this::check);
                host.precopies().done(id, world.has(Mutant.COUNT_TWICE) ? countedTwice(sent) : sent, made);
            }
            case PreCopyOrder.SendAnew(String why) -> {
                isOver = true;
                checkDifference(why);
                host.precopies().endTurn(id);
                host.precopies().anew(this);
            }
            case PreCopyOrder.GiveUp(Refusal why) -> giveUp(why);
        }
    }

    private void askTurn() {
        boolean isHere =
                host.precopies().askTurn(target, () -> world.time.after(0, () -> decide(new PreCopyInput.TurnCame())));
        decide(isHere ? new PreCopyInput.TurnCame() : new PreCopyInput.TurnPutOff());
    }

    /** A host with several threads may answer the second question first. */
    private void export(VnicId vnic, int piece) {
        host.tables().exportNext(vnic, epoch, piece == 0, (batch, refused) -> {
            if (batch != null) {
                made.computeIfAbsent(vnic, _ -> new Made()).add(batch);
            }
            world.time.after(world.random.nextInt(LATE_ANSWER_MILLIS), () -> exported(vnic, piece, batch, refused));
        });
    }

    private void exported(VnicId vnic, int piece, @Nullable ExportedBatch batch, @Nullable Refusal refused) {
        int number = answered.merge(vnic, 1, Integer::sum) - 1;
        decide(new PreCopyInput.Exported(vnic, world.has(Mutant.SEND_AS_ANSWERED) ? number : piece, batch, refused));
    }

    private void grant() {
        while (waiting > 0 && granted < WINDOW) {
            waiting--;
            granted++;
            world.time.after(0, () -> decide(new PreCopyInput.Granted()));
        }
    }

    private void giveUp(Refusal why) {
        isOver = true;
        if (why.message().contains(" had not what was sent ")) {
            checkDifference(why.message());
        }
        world.log(host.id().value(), "pre-copy " + id + " ends: " + why.message());
        endExports();
        PlacementInput kept = new PlacementInput.SourceKept(id, why);
        host.report(spec.vm(), kept);
        host.sessionEnded(name(), kept);
    }

    private void endExports() {
        spec.vnicIds().forEach(host.tables()::endExport);
    }

    // ---- what is checked

    /** The destination has all that was sent before the VM is stopped for it. */
    private void check(VnicId vnic, Precopied sent) {
        SimVnic there = target.host().vnics().find(vnic);
        SimVnic here = host.vnics().find(vnic);
        if (sent.chunks() == 0 || target.hasSeveralSources() || there == null || here == null) {
            return;
        }
        SimIncoming came = there.incoming;
        SimExport export = here.table.export();
        if (came != null && export != null && !export.sum().equals(came.sumAfter(sent.chunks()))) {
            throw new Violation("the target of " + id + " has not what was sent of " + vnic + ", and nobody noticed");
        }
    }

    /** It may have something else only where that was damaged, or chunks of an earlier source came late. */
    private void checkDifference(String why) {
        if (!target.hasSeveralSources() && spec.vnicIds().stream().noneMatch(world::isDamaged)) {
            throw new Violation(why + ", though nothing was damaged");
        }
    }

    private Map<VnicId, Precopied> countedTwice(Map<VnicId, Precopied> sent) {
        Map<VnicId, Precopied> wrong = new HashMap<>(sent);
        sentTwice.forEach(vnic -> wrong.computeIfPresent(
                vnic,
                (_, one) -> new Precopied(
                        one.chunks(),
                        one.rounds().stream().map(round -> round.and(round)).toList())));
        return wrong;
    }
}
