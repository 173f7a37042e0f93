package io.portcullis.migration.model;

import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides what the source of a migration does. Once it has sealed it keeps the state and offers it again until the destination answers:
 * silence is neither a yes nor a no. Pure: the same state and input always give the same transition.
 *
 * <pre>
 * LOOKING ─ only if the destination lacks rules; the source has some: SourceKept, the end; else ─▶ REHEARSING
 * REHEARSING ─ Rehearsed: the way to the destination is open and warm ─▶ CUTTING; HandoverRefused: SourceKept, the end
 * CUTTING ─ every vNIC sealed ─▶ TRANSFERRING ─ HandoverAccepted ─▶ ACTIVATED ─ Release ─▶ RELEASING ─▶ the end
 *    │ none sealed: SourceKept, the end          │ HandoverRefused, Reclaim ─▶ RECLAIMING ─ enforces again ─▶ the end
 *    └ some sealed or silent, or Reclaim: nothing was handed over ─▶ RECLAIMING
 * RECLAIMING ─ the destination's data path says that it enforces ─▶ ACTIVATED
 * </pre>
 *
 * Release is obeyed in every step from TRANSFERRING on: only a commit leads to it.
 */
public final class SourceMachine {
    private SourceMachine() {}

    /** What {@code input} means for a source in {@code state}. */
    public static Transition<SourceState, SourceOrder> decide(SourceState state, SourceInput input) {
        return switch (input) {
            case SourceInput.Started in ->
                state.task().targetHasRules() ? rehearse(state) : Transition.to(state, new SourceOrder.Look());
            case SourceInput.LookedAt in -> lookedAt(state, in);
            case SourceInput.Rehearsed in ->
                state.step() == SourceStep.REHEARSING ? cutOver(state) : Transition.to(state);
            case SourceInput.CutOver in -> state.step() == SourceStep.CUTTING ? cut(state, in) : Transition.to(state);
            case SourceInput.ChunkAcknowledged in ->
                state.outgoing() == null
                        ? Transition.to(state)
                        : sending(state, state.outgoing().acknowledged(in.chunk()));
            case SourceInput.HandoverAccepted in ->
                state.step() == SourceStep.TRANSFERRING ? report(state.activated(in)) : Transition.to(state);
            case SourceInput.HandoverRefused in -> refused(state, in);
            case SourceInput.Reclaim in -> toldToReclaim(state);
            case SourceInput.Reclaimed in -> reclaimed(state, in);
            case SourceInput.Release in -> release(state, in);
            case SourceInput.Released in -> released(state, in);
            case SourceInput.Report in -> report(state);
            case SourceInput.Tick in -> tick(state);
        };
    }

    /** A destination without rules would keep the VM waiting in the pause: then there is no pause, unless here are none either. */
    private static Transition<SourceState, SourceOrder> lookedAt(SourceState state, SourceInput.LookedAt in) {
        if (state.step() != SourceStep.LOOKING) {
            return Transition.to(state);
        }
        if (!in.hasRules()) {
            return rehearse(state);
        }
        return keep(state.because(
                in.refusal() != null
                        ? in.refusal()
                        : new Refusal(
                                RefusalCode.TIMEOUT,
                                "the rules of VM " + state.task().vm() + " have not reached the target yet")));
    }

    /** The vNICs enforce meanwhile. What gets lost is said again; the placement ends what takes too long. */
    private static Transition<SourceState, SourceOrder> rehearse(SourceState state) {
        return Transition.to(state.at(SourceStep.REHEARSING), new SourceOrder.Rehearse());
    }

    private static Transition<SourceState, SourceOrder> cutOver(SourceState state) {
        List<SourceOrder> orders = new ArrayList<>();
        state.task().vnics().forEach(vnic -> orders.add(new SourceOrder.CutOver(vnic)));
        return new Transition<>(state.cuttingAll(), orders);
    }

    private static Transition<SourceState, SourceOrder> cut(SourceState state, SourceInput.CutOver in) {
        SourceState next = state.cut(in.vnic(), in.sealed());
        if (in.sealed() == null) {
            next = next.because(in.refusal());
        }
        if (!next.cutting().isEmpty()) {
            return Transition.to(next);
        }
        if (next.sealed().size() == next.task().vnics().size()) {
            return sending(next, Outgoing.start(next.sealed(), next.task().chunkWindow()));
        }
        // A firewall that did not answer in time may have sealed: silence is no no.
        return !next.sealed().isEmpty() || next.why().code() == RefusalCode.TIMEOUT ? reclaim(next) : keep(next);
    }

    private static Transition<SourceState, SourceOrder> sending(
            SourceState state, Transition<Outgoing, SourceOrder> sent) {
        return new Transition<>(state.sending(sent.state()), sent.orders());
    }

    private static Transition<SourceState, SourceOrder> refused(SourceState state, SourceInput.HandoverRefused in) {
        return switch (state.step()) {
            case REHEARSING -> keep(state.because(in.refusal()));
            case TRANSFERRING -> reclaim(state.because(in.refusal()));
            case LOOKING, CUTTING, ACTIVATED, RECLAIMING, RELEASING -> Transition.to(state);
        };
    }

    /** The vNICs enforce under their old epoch, and never will seal for this migration. */
    private static Transition<SourceState, SourceOrder> keep(SourceState state) {
        return end(state, new PlacementInput.SourceKept(state.task().id(), state.why()));
    }

    private static Transition<SourceState, SourceOrder> toldToReclaim(SourceState state) {
        return switch (state.step()) {
            case LOOKING, REHEARSING, CUTTING, TRANSFERRING -> reclaim(state);
            case ACTIVATED -> report(state);
            case RECLAIMING, RELEASING -> Transition.to(state);
        };
    }

    private static Transition<SourceState, SourceOrder> reclaim(SourceState state) {
        return Transition.to(state.reclaiming(), new SourceOrder.Reclaim());
    }

    private static Transition<SourceState, SourceOrder> reclaimed(SourceState state, SourceInput.Reclaimed in) {
        if (state.step() != SourceStep.RECLAIMING) {
            return Transition.to(state);
        }
        SourceState next = state.waiting(false);
        if (in.refusal() != null && in.refusal().code() == RefusalCode.TOO_LATE) {
            return report(next.activated(new SourceInput.HandoverAccepted(List.of(), List.of(unheard(in.refusal())))));
        }
        if (in.refusal() != null) {
            return Transition.to(next);
        }
        PlacementInput last = new PlacementInput.SourceHasReclaimed(next.task().id(), next.why());
        return new Transition<>(
                next,
                List.of(
                        new SourceOrder.TellTargetThatSourceEnforces(),
                        new SourceOrder.Report(last),
                        new SourceOrder.End(last)));
    }

    /** What is to be said of a hand-over that the destination has done without an answer: its data path said so. */
    static String unheard(Refusal refusal) {
        return "what moved is not known, only that the target enforces: " + refusal.message();
    }

    private static Transition<SourceState, SourceOrder> release(SourceState state, SourceInput.Release in) {
        return switch (state.step()) {
            case LOOKING, REHEARSING, CUTTING, RECLAIMING, RELEASING -> Transition.to(state);
            case TRANSFERRING, ACTIVATED -> releaseNow(state, in);
        };
    }

    private static Transition<SourceState, SourceOrder> releaseNow(SourceState state, SourceInput.Release in) {
        return Transition.to(state.releasing(in), new SourceOrder.Release(in.movedTo(), in.targetEpoch()));
    }

    private static Transition<SourceState, SourceOrder> released(SourceState state, SourceInput.Released in) {
        SourceState next = state.waiting(false);
        return in.refusal() != null
                ? Transition.to(next)
                : end(next, new PlacementInput.SourceHasReleased(next.task().id()));
    }

    private static Transition<SourceState, SourceOrder> end(SourceState state, PlacementInput last) {
        return new Transition<>(state, List.of(new SourceOrder.Report(last), new SourceOrder.End(last)));
    }

    private static Transition<SourceState, SourceOrder> report(SourceState state) {
        return state.step() == SourceStep.ACTIVATED
                ? Transition.to(
                        state,
                        new SourceOrder.Report(new PlacementInput.TargetHasActivated(
                                state.task().id(), state.moved(), state.problems(), Side.SOURCE)))
                : Transition.to(state);
    }

    private static Transition<SourceState, SourceOrder> tick(SourceState state) {
        return switch (state.step()) {
            case LOOKING, CUTTING -> Transition.to(state);
            case REHEARSING -> rehearse(state);
            case TRANSFERRING ->
                state.outgoing() == null
                        ? Transition.to(state)
                        : sending(state, state.outgoing().repeatIfStuck()).then(new SourceOrder.AskPlacement());
            case ACTIVATED -> report(state).then(new SourceOrder.AskPlacement());
            case RECLAIMING -> state.waitsForHost() ? Transition.to(state) : reclaim(state);
            case RELEASING ->
                state.release() == null || state.waitsForHost()
                        ? Transition.to(state)
                        : releaseNow(state, state.release());
        };
    }
}
