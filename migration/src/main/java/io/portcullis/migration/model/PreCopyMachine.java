package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.track.TableSum;
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
import org.jspecify.annotations.Nullable;

/**
 * Decides what the source of a migration sends ahead of the cut while it enforces: in rounds, vNIC after vNIC, until what changes meanwhile is
 * little enough ({@link PreCopyPlan}). Nothing is lost when it ends early: then the destination is cleared.
 *
 * <pre>
 * COPYING ─ enough: AskTurn, and when that has come, or need not be awaited, SayPreCopied, and again whenever the placement asks ─▶ WAITING
 *                   others are before it: that it waits is said likewise; too long: GiveUp ─▶ the end
 * WAITING ─ Finish ─▶ FINISHING
 * WAITING ─ the placement asks again, now and then while its turn is awaited ─▶ REFRESHING ─ what had changed meanwhile is sent ─▶ WAITING; Finish ─▶ FINISHING
 * FINISHING ─ what had changed meanwhile is sent, too: Cut ─▶ the end
 * any ─ the destination has not what was sent: SendAnew, once ─▶ the end
 * any ─ Stop, Refused, nothing moves, nobody asks any more: GiveUp ─▶ the end
 * </pre>
 *
 * What gets lost is sent again from the oldest chunk on that was not acknowledged. Pure but for its own state, which holds chunks of tables and therefore
 * is not copied with each decision as that of the other machines; used by one thread.
 */
public final class PreCopyMachine {
    private enum Step {
        COPYING,
        WAITING,
        REFRESHING,
        FINISHING
    }

    /** Pieces that are asked of a table at once: while one is encoded the next is copied. */
    private static final int PIECES_AT_ONCE = 2;
    /** No piece is asked for while so many chunks wait to be sent, or pieces for an earlier one. */
    private static final int MOST_WAITING = 4;
    /** So often all is sent, where the destination has something else than was sent. */
    private static final int MOST_ATTEMPTS = 2;
    /** Rounds between the order to cut and the cut. */
    private static final int LAST_ROUNDS = 3;

    /** What it knows of its turn to be cut. */
    private enum Turn {
        NOT_ASKED,
        ASKED,
        PUT_OFF,
        HERE
    }

    private final PreCopyTask task;
    private final List<VnicCopy> copies;
    private final Queue<StateChunk> waiting = new ArrayDeque<>();
    private final Map<ChunkName, StateChunk> unacknowledged = new LinkedHashMap<>();
    /** By the last chunk of each piece: what the destination has with it. */
    private final Map<ChunkName, TableSum> expected = new HashMap<>();

    private final List<CopyRound> rounds = new ArrayList<>();
    private List<PreCopyOrder> orders = new ArrayList<>();

    private Step step = Step.COPYING;
    private int current;
    private boolean isGrantAsked;
    private long roundBeganNanos;
    /** Whether nothing is on its way because leave to send is awaited, and since when. */
    private boolean isKeptWaiting;

    private long keptWaitingNanos;
    private int lastRounds;
    /** Whether the round under way was begun to send what had changed while the order to cut was awaited. */
    private boolean isRefreshed;

    private boolean awaitsTurn;
    private Turn turn = Turn.NOT_ASKED;
    private long turnAskedNanos;
    private long waitedNanos;
    private long refreshedNanos;

    private boolean isOver;
    private boolean progressed = true;
    private long progressedNanos;
    private long heardNanos;

    public PreCopyMachine(PreCopyTask task) {
        this.task = task;
        this.awaitsTurn = task.awaitsTurn();
        this.copies = task.vnics().stream().map(VnicCopy::new).toList();
    }

    /** What {@code input} means at this time. */
    public List<PreCopyOrder> decide(PreCopyInput input, long nowNanos) {
        if (!isOver) {
            switch (input) {
                case PreCopyInput.Started _ -> start(nowNanos);
                case PreCopyInput.Taken in -> taken(in, nowNanos);
                case PreCopyInput.Refused in -> giveUp(in.refusal());
                case PreCopyInput.AskedAgain in -> askedAgain(in, nowNanos);
                case PreCopyInput.TurnPutOff _ -> {
                    turn = Turn.PUT_OFF;
                    sayWhereItStands(nowNanos);
                }
                case PreCopyInput.TurnCame _ -> turnCame(nowNanos);
                case PreCopyInput.Finish _ -> finish(nowNanos);
                case PreCopyInput.Stop in -> giveUp(in.refusal());
                case PreCopyInput.Exported in -> exported(in, nowNanos);
                case PreCopyInput.Granted _ -> granted();
                case PreCopyInput.Tick _ -> tick(nowNanos);
            }
            noteWaiting(nowNanos);
        }
        List<PreCopyOrder> decided = orders;
        orders = new ArrayList<>();
        return decided;
    }

    private void start(long now) {
        heardNanos = now;
        progressedNanos = now;
        orders.add(new PreCopyOrder.Open());
        beginRound(now);
    }

    // ---- rounds

    private void beginRound(long now) {
        current = 0;
        roundBeganNanos = now;
        beginCopy(now);
    }

    private void beginCopy(long now) {
        copies.get(current).beginRound(now);
        askForPieces();
    }

    private void askForPieces() {
        VnicCopy copy = copies.get(current);
        // the first round is long; the others end with their first piece, mostly
        int atOnce = copy.isFirstRound() ? PIECES_AT_ONCE : 1;
        while (!copy.isExported() && copy.underWay() < atOnce && waiting.size() + copy.early() < MOST_WAITING) {
            orders.add(new PreCopyOrder.Export(copy.vnic, copy.ask()));
        }
    }

    private void exported(PreCopyInput.Exported in, long now) {
        ExportedBatch batch = in.batch();
        VnicCopy copy = copies.get(current);
        if (batch == null) {
            giveUp(
                    in.refusal() != null
                            ? in.refusal()
                            : new Refusal(RefusalCode.INVALID, "the table of " + in.vnic() + " was not exported"));
        } else if (copy.vnic.equals(in.vnic())) {
            copy.came(in.piece(), batch);
            for (ExportedBatch next = copy.takeNext(); next != null; next = copy.takeNext()) {
                send(copy, next);
            }
            askForPieces();
            askToSend();
            goOn(now);
        }
    }

    private void send(VnicCopy copy, ExportedBatch piece) {
        ChunkName last = null;
        for (byte[] bytes : piece.chunks()) {
            last = new ChunkName(copy.vnic, copy.nextChunk());
            waiting.add(new StateChunk(task.id(), copy.vnic, last.sequence(), true, bytes));
        }
        if (last != null) {
            expected.put(last, piece.sum());
        }
    }

    /** Whether anything of the vNIC's round is under way, or what comes next. */
    private void goOn(long now) {
        VnicCopy copy = copies.get(current);
        boolean isUnderWay = copy.underWay() + copy.early() > 0 || !waiting.isEmpty() || !unacknowledged.isEmpty();
        if (step == Step.WAITING || isUnderWay || !copy.isExported()) {
            return;
        }
        copy.endRound(now, isRefreshed);
        current++;
        if (current < copies.size()) {
            beginCopy(now);
        } else if (isRefreshed) {
            isRefreshed = false;
            if (step == Step.REFRESHING) {
                step = Step.WAITING;
            } else {
                beginRound(now);
            }
        } else {
            rounds.add(together(now));
            afterRound(now);
        }
    }

    /** The round of all vNICs. */
    private CopyRound together(long now) {
        long entries = 0;
        long removals = 0;
        long bytes = 0;
        long changed = 0;
        long waited = 0;
        for (VnicCopy copy : copies) {
            CopyRound last = copy.lastRound();
            entries += last.entries();
            removals += last.removals();
            bytes += last.bytes();
            changed += last.changed();
            waited += last.waitNanos();
        }
        return new CopyRound(entries, removals, bytes, now - roundBeganNanos, changed, waited);
    }

    private void afterRound(long now) {
        boolean isEnough = PreCopyPlan.after(rounds, task.budget()) != PreCopyPlan.Next.ROUND;
        if (step == Step.FINISHING && (isEnough || ++lastRounds >= LAST_ROUNDS)) {
            cut();
        } else if (step == Step.COPYING && isEnough) {
            step = Step.WAITING;
            refreshedNanos = now;
            askTurn(now);
        } else {
            beginRound(now);
        }
    }

    // ---- orders

    private void askTurn(long now) {
        if (awaitsTurn) {
            turn = Turn.ASKED;
            turnAskedNanos = now;
            orders.add(new PreCopyOrder.AskTurn());
        } else {
            sayWhereItStands(now);
        }
    }

    private void turnCame(long now) {
        if (turn == Turn.PUT_OFF) {
            waitedNanos = Math.max(1, now - turnAskedNanos);
        }
        turn = Turn.HERE;
        sayWhereItStands(now);
    }

    private boolean waitsForTurn() {
        return awaitsTurn && (turn == Turn.ASKED || turn == Turn.PUT_OFF);
    }

    private void sayWhereItStands(long now) {
        heardNanos = now;
        if (step == Step.WAITING || step == Step.REFRESHING) {
            orders.add(new PreCopyOrder.SayPreCopied(
                    problem(), waitsForTurn(), waitsForTurn() ? now - turnAskedNanos : waitedNanos));
        }
    }

    private @Nullable String problem() {
        String left = PreCopyPlan.problem(rounds, task.budget());
        if (task.attempt() == 1) {
            return left;
        }
        String again = "the target had not what was sent at first: all was sent " + task.attempt() + " times";
        return left == null ? again : again + "; " + left;
    }

    /** Whoever waits long for the order to cut has less to send then; while many wait for their turn, those that have theirs want the processors. */
    private void askedAgain(PreCopyInput.AskedAgain in, long now) {
        awaitsTurn = in.awaitsTurn();
        if (step == Step.WAITING && (!waitsForTurn() || now - refreshedNanos >= task.refreshNanos())) {
            refreshedNanos = now;
            step = Step.REFRESHING;
            isRefreshed = true;
            beginRound(now);
        }
        sayWhereItStands(now);
    }

    private void finish(long now) {
        heardNanos = now;
        boolean isIdle = step == Step.WAITING;
        step = Step.FINISHING;
        if (isIdle) {
            beginRound(now);
        }
    }

    private void cut() {
        Map<VnicId, Precopied> sent = new LinkedHashMap<>();
        copies.forEach(copy -> sent.put(copy.vnic, copy.sent()));
        end(new PreCopyOrder.Cut(sent));
    }

    // ---- sending

    private void askToSend() {
        if (!isGrantAsked && !waiting.isEmpty()) {
            isGrantAsked = true;
            orders.add(new PreCopyOrder.AskToSend());
        }
    }

    private void granted() {
        isGrantAsked = false;
        StateChunk chunk = waiting.poll();
        if (chunk == null) {
            orders.add(new PreCopyOrder.GiveBack());
            return;
        }
        unacknowledged.put(new ChunkName(chunk.vnic(), chunk.sequence()), chunk);
        orders.add(new PreCopyOrder.Send(chunk));
        askToSend();
        askForPieces();
    }

    private void noteWaiting(long now) {
        boolean waits = isGrantAsked && unacknowledged.isEmpty();
        if (waits && !isKeptWaiting) {
            keptWaitingNanos = now;
        } else if (!waits && isKeptWaiting) {
            copies.get(Math.min(current, copies.size() - 1)).waited(now - keptWaitingNanos);
        }
        isKeptWaiting = waits;
    }

    private void taken(PreCopyInput.Taken in, long now) {
        if (unacknowledged.remove(in.chunk()) == null) {
            return;
        }
        progressed = true;
        orders.add(new PreCopyOrder.GiveBack());
        TableSum there = in.here();
        TableSum sent = expected.remove(in.chunk());
        if (sent == null || there == null || sent.equals(there)) {
            goOn(now);
        } else {
            notWhatWasSent(in.chunk().vnic(), sent, there);
        }
    }

    /** In the pause the destination would find out. Here nothing is lost but time: the first piece of the next attempt ends what this one has begun. */
    private void notWhatWasSent(VnicId vnic, TableSum sent, TableSum there) {
        String what = "the target had not what was sent of " + vnic + " (" + sent + ", " + there + ")";
        if (task.attempt() < MOST_ATTEMPTS) {
            end(new PreCopyOrder.SendAnew(what));
        } else {
            giveUp(new Refusal(RefusalCode.INVALID, what));
        }
    }

    private void tick(long now) {
        if (progressed || step == Step.WAITING || unacknowledged.isEmpty()) {
            // who waits for leave to send is not kept waiting by the destination
            progressed = false;
            progressedNanos = now;
        } else {
            orders.add(new PreCopyOrder.Open());
            unacknowledged.values().forEach(chunk -> orders.add(new PreCopyOrder.Send(chunk)));
        }
        Duration patience = Duration.ofNanos(task.patienceNanos());
        if (waitsForTurn() && now - turnAskedNanos > task.turnNanos()) {
            orders.add(new PreCopyOrder.CountMissedTurn());
            giveUp(new Refusal(
                    RefusalCode.TIMEOUT,
                    "it was not its turn to be cut within " + Duration.ofNanos(task.turnNanos())
                            + " (portcullis.migration.turns.timeout): too many others go to the same host"));
        } else if (now - progressedNanos > task.patienceNanos()) {
            giveUp(new Refusal(RefusalCode.TIMEOUT, "the target has taken nothing for " + patience));
        } else if (now - heardNanos > task.patienceNanos()) {
            giveUp(new Refusal(RefusalCode.TIMEOUT, "nobody has asked for the pre-copy for " + patience));
        }
    }

    // ---- the end

    private void giveUp(Refusal why) {
        end(new PreCopyOrder.GiveUp(why));
    }

    private void end(PreCopyOrder last) {
        isOver = true;
        orders.add(last);
    }
}
