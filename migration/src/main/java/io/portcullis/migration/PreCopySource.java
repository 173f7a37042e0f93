package io.portcullis.migration;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.migration.model.CopyRound;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PreCopyPlan;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.persistence.StateChunk;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Sends the tables of a VM to the destination of a migration while the source enforces, child of the {@link MigrationAgent}: in
 * rounds, vNIC after vNIC, until what changes meanwhile is little enough ({@link PreCopyPlan}). The vNICs notice nothing of it, and nothing is lost
 * when it ends early: then the destination is cleared.
 *
 * <pre>
 * COPYING ─ enough: PreCopied to the placement, and again whenever it asks ─▶ WAITING ─ Finish ─▶ FINISHING
 * WAITING ─ the placement asks again ─▶ REFRESHING ─ what had changed meanwhile is sent ─▶ WAITING; Finish ─▶ FINISHING
 * FINISHING ─ what had changed meanwhile is sent, too: PreCopyDone to the agent ─▶ the end
 * any ─ the destination has not what was sent: all is sent anew by another of these, once
 * any ─ Stop, Refused, nothing moves, nobody asks any more ─▶ the tables note no changes any more, SourceKept ─▶ the end
 * </pre>
 *
 * Chunks go on the stream for large messages, as many at once as {@link BulkWindow} allows. What gets lost is sent again from the oldest chunk on that was not
 * acknowledged.
 */
final class PreCopySource extends AbstractBehavior<PreCopyCommand> {
    private enum Step {
        COPYING,
        WAITING,
        REFRESHING,
        FINISHING
    }

    /** Pieces that are asked of a table at once: while one is encoded the next is copied. */
    private static final int PIECES_AT_ONCE = 2;
    /** No piece is asked for while so many chunks wait to be sent. */
    private static final int MOST_WAITING = 4;
    /** So often all is sent, where the destination has something else than was sent. */
    private static final int MOST_ATTEMPTS = 2;
    /** Rounds between the order to cut and the cut. */
    private static final int LAST_ROUNDS = 3;

    /** What is known of one vNIC. */
    private static final class Copy {
        final VnicId vnic;
        final List<CopyRound> rounds = new ArrayList<>();
        int chunks;
        /** Pieces that were asked for. */
        int pieces;
        /** Those that have come, but for such as overtook others. */
        int taken;

        int pending;
        long entries;
        long removals;
        long bytes;
        long beganNanos;
        boolean isExported;

        Copy(VnicId vnic) {
            this.vnic = vnic;
        }

        void beginRound(long nowNanos) {
            isExported = false;
            entries = 0;
            removals = 0;
            bytes = 0;
            beganNanos = nowNanos;
        }

        void endRound(long nowNanos, boolean isRefreshed) {
            CopyRound round = new CopyRound(entries, removals, bytes, nowNanos - beganNanos, pending);
            // however long a hypervisor takes, the receipt does not grow
            rounds.add(isRefreshed ? rounds.removeLast().and(round) : round);
        }
    }

    private final AgentCommand.StartPreCopy order;
    private final int attempt;
    private final AgentEnvironment environment;
    private final VmHost host;
    private final ActorRef<AgentCommand> agent;
    private final BulkWindow.Share share;
    private final List<Copy> copies = new ArrayList<>();
    private final Queue<StateChunk> waiting = new ArrayDeque<>();
    private final Map<String, StateChunk> unacknowledged = new LinkedHashMap<>();
    /** By the last chunk of each piece: what the destination has with it. */
    private final Map<String, TableSum> expected = new HashMap<>();

    private final List<CopyRound> rounds = new ArrayList<>();

    private Step step = Step.COPYING;
    private int current;
    /** Pieces of the current vNIC that are being made. */
    private int asked;
    /** Of these, by their number, those that came before an earlier one: who asks twice may hear the second answer first. */
    private final Map<Integer, ExportedBatch> overtaking = new HashMap<>();

    private boolean isGrantAsked;
    private long roundBeganNanos;
    private int lastRounds;
    /** Whether the round under way was begun to send what had changed while the order to cut was awaited. */
    private boolean isRefreshed;

    private boolean isDone;
    private boolean progressed = true;
    private long progressedNanos;
    private long heardNanos;

    static Behavior<PreCopyCommand> create(
            AgentCommand.StartPreCopy order,
            int attempt,
            AgentEnvironment environment,
            BulkWindow window,
            ActorRef<AgentCommand> agent) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new PreCopySource(context, timers, order, attempt, environment, window, agent)));
    }

    private PreCopySource(
            ActorContext<PreCopyCommand> context,
            TimerScheduler<PreCopyCommand> timers,
            AgentCommand.StartPreCopy order,
            int attempt,
            AgentEnvironment environment,
            BulkWindow window,
            ActorRef<AgentCommand> agent) {
        super(context);
        this.order = order;
        this.attempt = attempt;
        this.environment = environment;
        this.host = environment.host();
        this.agent = agent;
        ActorRef<PreCopyCommand> self = context.getSelf();
        this.share = window.share(order.chunks().path().address(), () -> self.tell(new PreCopyCommand.Granted()));
        order.spec().vnicIds().forEach(vnic -> copies.add(new Copy(vnic)));
        timers.startTimerWithFixedDelay(
                new PreCopyCommand.Tick(), environment.settings().retryInterval());
        heardNanos = now();
        progressedNanos = heardNanos;
        open();
        beginRound();
    }

    @Override
    public Receive<PreCopyCommand> createReceive() {
        return newReceiveBuilder()
                .onSignal(PostStop.class, _ -> {
                    leave();
                    return this;
                })
                .onAnyMessage(this::onMessage)
                .build();
    }

    private Behavior<PreCopyCommand> onMessage(PreCopyCommand message) {
        return switch (message) {
            case PreCopyCommand.Taken taken -> taken.id().equals(order.id()) ? onTaken(taken) : this;
            case PreCopyCommand.Refused refused -> refused.id().equals(order.id()) ? giveUp(refused.refusal()) : this;
            case PreCopyCommand.Report _ -> onAskedAgain();
            case PreCopyCommand.Finish _ -> onFinish();
            case PreCopyCommand.Stop stop -> giveUp(stop.refusal());
            case PreCopyCommand.Exported exported -> onExported(exported);
            case PreCopyCommand.Granted _ -> onGranted();
            case PreCopyCommand.Tick _ -> onTick();
        };
    }

    // ---- rounds

    private void beginRound() {
        current = 0;
        roundBeganNanos = now();
        beginCopy();
    }

    private void beginCopy() {
        copies.get(current).beginRound(now());
        askForPieces();
    }

    private void askForPieces() {
        Copy copy = copies.get(current);
        // the first round is long; the others end with their first piece, mostly
        int atOnce = copy.rounds.isEmpty() ? PIECES_AT_ONCE : 1;
        while (!copy.isExported && asked < atOnce && waiting.size() < MOST_WAITING) {
            int piece = copy.pieces++;
            asked++;
            getContext()
                    .pipeToSelf(
                            host.exportNext(copy.vnic, order.epoch(), piece == 0),
                            (batch, failure) -> new PreCopyCommand.Exported(
                                    copy.vnic, piece, batch, failure == null ? null : HostRefusal.of(failure)));
        }
    }

    private Behavior<PreCopyCommand> onExported(PreCopyCommand.Exported exported) {
        ExportedBatch batch = exported.batch();
        asked--;
        if (batch == null) {
            return giveUp(
                    exported.refusal() != null
                            ? exported.refusal()
                            : new Refusal(
                                    RefusalCode.INVALID, "the table of " + exported.vnic() + " was not exported"));
        }
        Copy copy = copies.get(current);
        overtaking.put(exported.piece(), batch);
        ExportedBatch next = overtaking.remove(copy.taken);
        while (next != null) {
            take(copy, next);
            next = overtaking.remove(copy.taken);
        }
        askForPieces();
        askToSend();
        return goOn();
    }

    /** A later piece replaces what an earlier one said of a connection: they are sent in their order. */
    private void take(Copy copy, ExportedBatch batch) {
        copy.taken++;
        copy.entries += batch.entries();
        copy.removals += batch.removals();
        copy.bytes += batch.bytes();
        copy.pending = batch.pending();
        copy.isExported |= batch.endsRound();
        for (byte[] bytes : batch.chunks()) {
            waiting.add(new StateChunk(order.id(), copy.vnic, copy.chunks++, true, bytes));
        }
        if (!batch.chunks().isEmpty()) {
            expected.put(key(copy.vnic, copy.chunks - 1), batch.sum());
        }
    }

    /** Whether anything of the vNIC's round is under way, or what comes next. */
    private Behavior<PreCopyCommand> goOn() {
        if (step == Step.WAITING || asked > 0 || !waiting.isEmpty() || !unacknowledged.isEmpty()) {
            return this;
        }
        Copy copy = copies.get(current);
        if (!copy.isExported) {
            return this;
        }
        copy.endRound(now(), isRefreshed);
        current++;
        if (current < copies.size()) {
            beginCopy();
            return this;
        }
        if (isRefreshed) {
            isRefreshed = false;
            if (step == Step.REFRESHING) {
                step = Step.WAITING;
                return this;
            }
            beginRound();
            return this;
        }
        rounds.add(together());
        return afterRound();
    }

    /** The round of all vNICs. */
    private CopyRound together() {
        long entries = 0;
        long removals = 0;
        long bytes = 0;
        long changed = 0;
        for (Copy copy : copies) {
            CopyRound last = copy.rounds.getLast();
            entries += last.entries();
            removals += last.removals();
            bytes += last.bytes();
            changed += last.changed();
        }
        return new CopyRound(entries, removals, bytes, now() - roundBeganNanos, changed);
    }

    private Behavior<PreCopyCommand> afterRound() {
        PreCopyPlan.Next next =
                PreCopyPlan.after(rounds, environment.settings().preCopy().budget());
        boolean isEnough = next != PreCopyPlan.Next.ROUND;
        if (step == Step.FINISHING && (isEnough || ++lastRounds >= LAST_ROUNDS)) {
            return done();
        }
        if (step == Step.COPYING && isEnough) {
            step = Step.WAITING;
            return onReport();
        }
        beginRound();
        return this;
    }

    private Behavior<PreCopyCommand> onReport() {
        heardNanos = now();
        if (step == Step.WAITING || step == Step.REFRESHING) {
            environment.placements().apply(order.vm()).tell(new PlacementCommand.PreCopied(order.id(), problem()));
        }
        return this;
    }

    /** For the receipt; null if all is as it should be. */
    private @Nullable String problem() {
        String left =
                PreCopyPlan.problem(rounds, environment.settings().preCopy().budget());
        if (attempt == 1) {
            return left;
        }
        String again = "the target had not what was sent at first: all was sent " + attempt + " times";
        return left == null ? again : again + "; " + left;
    }

    /** Whoever waits long for the order to cut has less to send then. */
    private Behavior<PreCopyCommand> onAskedAgain() {
        if (step == Step.WAITING) {
            step = Step.REFRESHING;
            isRefreshed = true;
            beginRound();
        }
        return onReport();
    }

    private Behavior<PreCopyCommand> onFinish() {
        heardNanos = now();
        if (step == Step.WAITING) {
            step = Step.FINISHING;
            beginRound();
        } else {
            step = Step.FINISHING;
        }
        return this;
    }

    private Behavior<PreCopyCommand> done() {
        isDone = true;
        Map<VnicId, Precopied> sent = new LinkedHashMap<>();
        copies.forEach(copy -> sent.put(copy.vnic, new Precopied(copy.chunks, copy.rounds)));
        agent.tell(new AgentCommand.PreCopyDone(order.id(), sent));
        return Behaviors.stopped();
    }

    // ---- sending

    private void open() {
        order.session()
                .tell(new TargetCommand.OpenPreCopy(order.id(), getContext().getSelf()));
    }

    private void askToSend() {
        if (!isGrantAsked && !waiting.isEmpty()) {
            isGrantAsked = true;
            share.ask();
        }
    }

    private Behavior<PreCopyCommand> onGranted() {
        isGrantAsked = false;
        StateChunk chunk = waiting.poll();
        if (chunk == null) {
            share.giveBack();
            return this;
        }
        unacknowledged.put(key(chunk.vnic(), chunk.sequence()), chunk);
        order.chunks().tell(chunk);
        askToSend();
        askForPieces();
        return this;
    }

    private Behavior<PreCopyCommand> onTaken(PreCopyCommand.Taken taken) {
        if (unacknowledged.remove(key(taken.vnic(), taken.sequence())) == null) {
            return this;
        }
        progressed = true;
        share.giveBack();
        TableSum there = taken.here();
        TableSum sent = expected.remove(key(taken.vnic(), taken.sequence()));
        return sent == null || there == null || sent.equals(there) ? goOn() : notWhatWasSent(taken.vnic(), sent, there);
    }

    /** In the pause the destination would find out. Here nothing is lost but time. */
    private Behavior<PreCopyCommand> notWhatWasSent(VnicId vnic, TableSum sent, TableSum there) {
        String what = "the target had not what was sent of " + vnic + " (" + sent + ", " + there + ")";
        if (attempt >= MOST_ATTEMPTS) {
            return giveUp(new Refusal(RefusalCode.INVALID, what));
        }
        getContext().getLog().error("migration {}: {}; all is sent anew", order.id(), what);
        // the first piece of the next attempt ends what this one has begun
        isDone = true;
        agent.tell(new AgentCommand.PreCopyAnew(order, attempt + 1));
        return Behaviors.stopped();
    }

    private Behavior<PreCopyCommand> onTick() {
        long now = now();
        if (progressed || step == Step.WAITING || (waiting.isEmpty() && unacknowledged.isEmpty())) {
            progressed = false;
            progressedNanos = now;
        } else if (!unacknowledged.isEmpty()) {
            open();
            unacknowledged.values().forEach(order.chunks()::tell);
        }
        Duration patience = environment.settings().preCopy().patience();
        if (now - progressedNanos > patience.toNanos()) {
            return giveUp(new Refusal(RefusalCode.TIMEOUT, "the target has taken nothing for " + patience));
        }
        if (now - heardNanos > patience.toNanos()) {
            return giveUp(new Refusal(RefusalCode.TIMEOUT, "nobody has asked for the pre-copy for " + patience));
        }
        return this;
    }

    // ---- the end

    private Behavior<PreCopyCommand> giveUp(Refusal why) {
        getContext().getLog().info("migration {}: pre-copy ended: {}", order.id(), why.message());
        environment.placements().apply(order.vm()).tell(new PlacementCommand.SourceKept(order.id(), why));
        agent.tell(new AgentCommand.SessionEnded(
                new SessionName(Side.SOURCE, order.id()), new PlacementInput.SourceKept(order.id(), why)));
        return Behaviors.stopped();
    }

    /** Whatever ends it: only a cut needs to know what changes from here on. */
    private void leave() {
        share.close();
        if (!isDone) {
            copies.forEach(copy -> host.endExport(copy.vnic, order.epoch()));
        }
    }

    private static String key(VnicId vnic, int sequence) {
        return vnic + "#" + sequence;
    }

    private static long now() {
        return System.nanoTime();
    }
}
