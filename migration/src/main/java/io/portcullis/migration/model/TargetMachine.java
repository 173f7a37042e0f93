package io.portcullis.migration.model;

import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the destination of a migration does. It alone decides whether the migration commits: either all is verified and it
 * activates, or it promises never to. Pure: the same state and input always give the same transition.
 *
 * <pre>
 * ADMITTING ─ attached passive, with rules ─▶ EXPECTING ─ every data path ready ─▶ READY (reported to the placement)
 * READY ─ Rehearse ─▶ ARMED ─ every vNIC has the source's word and table through its tunnel ─▶ ACTIVE
 *                       │ one will not by itself, or Abort ─▶ DISARMING ─ one enforces ─▶ ACTIVE
 *                       │                                               ─ none ─▶ READY, or given up
 * READY ─ Handover, and every chunk is there ─▶ IMPORTING ─ every table verified ─▶ ACTIVATING ─ every vNIC enforces ─▶ ACTIVE
 * ADMITTING, EXPECTING ─ refused ─▶ CLEARING
 * READY, IMPORTING ─ Abort, import refused ─▶ GIVEN_UP (promise reported) ─ source enforces again, or time ─▶ CLEARING
 *                    (at once if the source cannot have cut)
 * ACTIVATING ─ a vNIC refused too often ─▶ LOOKING ─ one enforces: roll forward ─▶ ACTIVE
 *                                                  ─ none ─▶ CLEARING, and only then the promise
 * CLEARING ─ nothing is left ─▶ the end
 * ACTIVE ─ time, and every vNIC enforces; one that does not yet is told so again and again ─▶ the end
 * </pre>
 */
public final class TargetMachine {
    /** Sequence of a chunk that belongs to no table. */
    public static final int REHEARSAL = -1;

    private static final int ACTIVATION_ATTEMPTS = 3;

    private TargetMachine() {}

    /** What {@code input} means for a destination in {@code state}. */
    public static Transition<TargetState, TargetOrder> decide(TargetState state, TargetInput input) {
        return switch (input) {
            case TargetInput.Started in -> Transition.to(state, new TargetOrder.Admit());
            case TargetInput.Admitted in ->
                state.step() == TargetStep.ADMITTING ? admitted(state, in) : Transition.to(state);
            case TargetInput.CutoverExpected in ->
                state.step() == TargetStep.EXPECTING ? expected(state, in) : Transition.to(state);
            case TargetInput.Rehearse in -> rehearse(state, in);
            case TargetInput.ChunkArrived in -> chunk(state, in);
            case TargetInput.Handover in -> handover(state, in);
            case TargetInput.SelfActivated in -> selfActivated(state, in);
            case TargetInput.Disarmed in ->
                state.step() == TargetStep.DISARMING ? disarmed(state, in) : Transition.to(state);
            case TargetInput.Imported in ->
                state.step() == TargetStep.IMPORTING ? imported(state, in) : Transition.to(state);
            case TargetInput.Activated in -> activated(state, in);
            case TargetInput.LookedAt in -> lookedAt(state, in);
            case TargetInput.Abort in -> abort(state, in);
            case TargetInput.SourceEnforces in ->
                state.step() == TargetStep.GIVEN_UP ? clear(state) : Transition.to(state);
            case TargetInput.ClearNow in -> state.step() == TargetStep.GIVEN_UP ? clear(state) : Transition.to(state);
            case TargetInput.Cleared in -> cleared(state, in);
            case TargetInput.Report in -> report(state);
            case TargetInput.Tick in -> tick(state);
            case TargetInput.End in -> state.step() == TargetStep.ACTIVE ? end(state) : Transition.to(state);
        };
    }

    /** An answer to a hand-over of this shape, without a meaning. */
    public static List<VnicTransfer> like(List<VnicHandover> handover) {
        return handover.stream()
                .map(vnic -> new VnicTransfer(vnic.vnic(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, vnic.rounds()))
                .toList();
    }

    // ---- making ready

    private static Transition<TargetState, TargetOrder> admitted(TargetState state, TargetInput.Admitted in) {
        if (in.refusal() != null) {
            return giveUp(state, in.refusal(), false);
        }
        List<TargetOrder> orders = new ArrayList<>();
        state.task().vnics().forEach(vnic -> orders.add(new TargetOrder.ExpectCutover(vnic)));
        return new Transition<>(state.admitted(in.policyRevision()), orders);
    }

    private static Transition<TargetState, TargetOrder> expected(TargetState state, TargetInput.CutoverExpected in) {
        if (in.refusal() != null) {
            return giveUp(state, in.refusal(), false);
        }
        TargetState next = state.expecting(in.vnic());
        return next.expecting().size() == next.task().vnics().size()
                ? report(next.at(TargetStep.READY))
                : Transition.to(next);
    }

    // ---- receiving

    private static Transition<TargetState, TargetOrder> rehearse(TargetState state, TargetInput.Rehearse in) {
        return switch (state.step()) {
            case READY -> state.arming() == null ? arm(state, in) : Transition.to(state, answer(in));
            case ARMED -> Transition.to(state, answer(in));
            default -> refuse(Transition.to(state));
        };
    }

    private static TargetOrder answer(TargetInput.Rehearse in) {
        return new TargetOrder.AnswerRehearsal(like(in.like()));
    }

    // ---- enforcing without orders

    private static Transition<TargetState, TargetOrder> arm(TargetState state, TargetInput.Rehearse in) {
        List<TargetOrder> orders = new ArrayList<>();
        state.task().vnics().forEach(vnic -> orders.add(new TargetOrder.Arm(vnic)));
        orders.add(answer(in));
        return new Transition<>(state.arming(TargetStep.ARMED, Arming.begun(in.like())), orders);
    }

    private static Transition<TargetState, TargetOrder> selfActivated(TargetState state, TargetInput.SelfActivated in) {
        boolean isAwaited = state.step() == TargetStep.ARMED || state.step() == TargetStep.DISARMING;
        if (!isAwaited) {
            return Transition.to(state);
        }
        if (in.activation() == null) {
            return state.step() == TargetStep.ARMED ? disarm(state, null, false) : Transition.to(state);
        }
        TargetState next = state.selfActivated(in.vnic(), in.activation());
        return next.allSelfActivated() ? activeOnceHandedOver(next.at(TargetStep.ARMED)) : Transition.to(next);
    }

    /** The source's own word says more; it comes at once, or the next tick goes without it. */
    private static Transition<TargetState, TargetOrder> activeOnceHandedOver(TargetState state) {
        return state.incoming().handovers().isEmpty() ? Transition.to(state) : becomeActive(state);
    }

    /** @param why it is given up unless one enforces; null if it goes on by orders */
    private static Transition<TargetState, TargetOrder> disarm(
            TargetState state, @Nullable Refusal why, boolean mayBeCut) {
        Arming known = state.arming() == null ? Arming.BEGUN : state.arming();
        TargetState next =
                state.arming(TargetStep.DISARMING, known.disarmAll(state.task().vnics(), why, mayBeCut));
        return new Transition<>(next, disarmOrders(next));
    }

    private static List<TargetOrder> disarmOrders(TargetState state) {
        List<TargetOrder> orders = new ArrayList<>();
        if (state.arming() != null) {
            state.arming().disarming().forEach(vnic -> orders.add(new TargetOrder.Disarm(vnic)));
        }
        return orders;
    }

    private static Transition<TargetState, TargetOrder> disarmed(TargetState state, TargetInput.Disarmed in) {
        Arming known = state.arming();
        if (known == null || in.enforces() == null) {
            return Transition.to(state);
        }
        Arming arming = known.disarmed(in.vnic(), in.enforces());
        TargetState next = state.arming(TargetStep.DISARMING, arming);
        if (!arming.disarming().isEmpty()) {
            return Transition.to(next);
        }
        if (!arming.enforcing().isEmpty()) {
            return becomeActive(next.withHandovers().rollingForward(arming.enforcing()));
        }
        return arming.why() != null
                ? giveUp(next, arming.why(), arming.mayBeCut())
                : importIfComplete(next.at(TargetStep.READY), new ArrayList<>());
    }

    // ---- receiving by orders

    private static Transition<TargetState, TargetOrder> chunk(TargetState state, TargetInput.ChunkArrived in) {
        ChunkName chunk = in.name();
        TargetOrder acknowledge = new TargetOrder.AcknowledgeChunk(chunk);
        if (!receives(state) || chunk.sequence() == REHEARSAL) {
            return Transition.to(state, acknowledge);
        }
        if (!state.incoming().concerns(chunk)) {
            return Transition.to(state);
        }
        List<TargetOrder> orders = new ArrayList<>();
        if (!state.incoming().has(chunk)) {
            orders.add(new TargetOrder.KeepChunk(in.chunk()));
        }
        orders.add(acknowledge);
        return importIfComplete(state.receiving(state.incoming().with(chunk)), orders);
    }

    private static boolean receives(TargetState state) {
        return switch (state.step()) {
            case READY, ARMED, DISARMING -> true;
            case ADMITTING, EXPECTING, IMPORTING, ACTIVATING, LOOKING, ACTIVE, GIVEN_UP, CLEARING -> false;
        };
    }

    private static Transition<TargetState, TargetOrder> handover(TargetState state, TargetInput.Handover in) {
        return switch (state.step()) {
            case READY, ARMED, DISARMING -> {
                Refusal mismatch = state.incoming()
                        .whyNot(in.epoch(), in.vnics(), state.task().epoch());
                if (mismatch != null) {
                    yield state.step() == TargetStep.READY
                            ? giveUp(state, mismatch, true)
                            : disarm(state, mismatch, true);
                }
                TargetState told = state.receiving(state.incoming().handedOver(in.vnics()));
                yield told.allSelfActivated() ? becomeActive(told) : importIfComplete(told, new ArrayList<>());
            }
            case ACTIVE -> Transition.to(state, accept(state));
            case GIVEN_UP, CLEARING -> refuse(Transition.to(state));
            case ADMITTING, EXPECTING, IMPORTING, ACTIVATING, LOOKING -> Transition.to(state);
        };
    }

    private static Transition<TargetState, TargetOrder> importIfComplete(TargetState state, List<TargetOrder> orders) {
        if (state.step() != TargetStep.READY || !state.incoming().isComplete()) {
            return new Transition<>(state, orders);
        }
        state.incoming().handovers().forEach(table -> orders.add(new TargetOrder.Import(table)));
        return new Transition<>(state.at(TargetStep.IMPORTING), orders);
    }

    private static Transition<TargetState, TargetOrder> imported(TargetState state, TargetInput.Imported in) {
        if (in.report() == null) {
            return giveUp(state, Objects.requireNonNull(in.refusal()), true);
        }
        TargetState next = state.receiving(state.incoming().imported(in.vnic(), in.report()));
        Refusal mismatch = next.incoming().whyNot(in.vnic(), in.report());
        if (mismatch != null) {
            return giveUp(next, mismatch, true);
        }
        return next.incoming().allImported() ? activate(next, next.task().vnics()) : Transition.to(next);
    }

    // ---- activating

    private static Transition<TargetState, TargetOrder> activate(TargetState state, List<VnicId> vnics) {
        List<TargetOrder> orders = new ArrayList<>();
        for (VnicId vnic : vnics) {
            VnicHandover sent = state.incoming().handover(vnic);
            orders.add(new TargetOrder.Activate(vnic, sent.forwardedFrames(), sent.policyRevision()));
        }
        return new Transition<>(state.activating(vnics), orders);
    }

    private static Transition<TargetState, TargetOrder> activated(TargetState state, TargetInput.Activated in) {
        if (state.step() != TargetStep.ACTIVATING && state.step() != TargetStep.ACTIVE) {
            return Transition.to(state);
        }
        TargetState next = state.activated(in.vnic(), in.report());
        if (in.refusal() != null) {
            next = next.because(in.refusal());
        }
        if (!next.activating().isEmpty() || next.step() == TargetStep.ACTIVE) {
            return Transition.to(next);
        }
        List<VnicId> missing = next.notActivated();
        if (missing.isEmpty()) {
            return becomeActive(next);
        }
        return next.attempts() < ACTIVATION_ATTEMPTS
                ? activate(next, missing)
                : Transition.to(next.at(TargetStep.LOOKING), new TargetOrder.Look());
    }

    private static Transition<TargetState, TargetOrder> lookedAt(TargetState state, TargetInput.LookedAt in) {
        if (state.step() != TargetStep.LOOKING || in.enforcing() == null) {
            return Transition.to(state);
        }
        return in.enforcing().isEmpty() ? clear(state) : becomeActive(state.rollingForward(in.enforcing()));
    }

    private static Transition<TargetState, TargetOrder> becomeActive(TargetState state) {
        TargetState active = state.at(TargetStep.ACTIVE);
        return new Transition<>(
                active,
                List.of(accept(active), new TargetOrder.EndLater(), new TargetOrder.Report(hasActivated(active))));
    }

    /** Tells those vNICs again to enforce that did not when the VM was rolled forward: they have no other way. */
    private static Transition<TargetState, TargetOrder> activateMissing(TargetState state) {
        List<VnicId> missing = state.notActivated();
        if (missing.isEmpty() || !state.activating().isEmpty()) {
            return report(state);
        }
        Transition<TargetState, TargetOrder> again = activate(state, missing);
        TargetState active = again.state().at(TargetStep.ACTIVE);
        return new Transition<>(active, again.orders()).then(new TargetOrder.Report(hasActivated(active)));
    }

    private static Transition<TargetState, TargetOrder> end(TargetState state) {
        return state.notActivated().isEmpty()
                ? Transition.to(state, new TargetOrder.End(hasActivated(state)))
                : Transition.to(state, new TargetOrder.EndLater());
    }

    private static TargetOrder accept(TargetState state) {
        return new TargetOrder.AcceptHandover(state.transfers(), state.problems());
    }

    // ---- giving up

    private static Transition<TargetState, TargetOrder> abort(TargetState state, TargetInput.Abort in) {
        return switch (state.step()) {
            case ADMITTING, EXPECTING, READY, IMPORTING ->
                giveUp(state, new Refusal(RefusalCode.INVALID, in.why()), in.mayBeCut());
            case ARMED -> {
                Refusal why = new Refusal(RefusalCode.INVALID, in.why());
                yield state.allSelfActivated()
                        ? becomeActive(state.withHandovers())
                        : disarm(state, why, in.mayBeCut());
            }
            case DISARMING -> {
                Refusal why = new Refusal(RefusalCode.INVALID, in.why());
                Arming known = state.arming() == null ? Arming.BEGUN : state.arming();
                yield Transition.to(state.arming(TargetStep.DISARMING, known.givenUp(why, in.mayBeCut())));
            }
            case ACTIVATING, LOOKING -> Transition.to(state);
            case ACTIVE, GIVEN_UP, CLEARING -> report(state);
        };
    }

    /** From here on it never activates. If the source may have cut, it must enforce again before this side is cleared. */
    private static Transition<TargetState, TargetOrder> giveUp(TargetState state, Refusal why, boolean mayBeCut) {
        TargetState next = state.because(why);
        if (!mayBeCut) {
            return clear(next);
        }
        TargetState promising = next.at(TargetStep.GIVEN_UP).promising();
        return refuse(Transition.to(promising))
                .then(new TargetOrder.ClearLater())
                .then(new TargetOrder.Report(gaveUp(promising)));
    }

    /** Says no to the source, once that is promised. */
    private static Transition<TargetState, TargetOrder> refuse(Transition<TargetState, TargetOrder> given) {
        TargetState state = given.state();
        return state.promised() ? given.then(new TargetOrder.RefuseHandover(state.why())) : given;
    }

    private static Transition<TargetState, TargetOrder> clear(TargetState state) {
        return Transition.to(state.at(TargetStep.CLEARING).waiting(true), new TargetOrder.Clear());
    }

    private static Transition<TargetState, TargetOrder> cleared(TargetState state, TargetInput.Cleared in) {
        if (state.step() != TargetStep.CLEARING) {
            return Transition.to(state);
        }
        if (in.refusal() != null) {
            return Transition.to(state.waiting(false));
        }
        TargetState over = state.waiting(false).promising();
        PlacementInput last = gaveUp(over);
        return refuse(Transition.to(over)).then(new TargetOrder.Report(last)).then(new TargetOrder.End(last));
    }

    // ---- reporting

    private static Transition<TargetState, TargetOrder> tick(TargetState state) {
        return switch (state.step()) {
            case READY, GIVEN_UP -> report(state);
            case ACTIVE -> activateMissing(state);
            case LOOKING -> Transition.to(state, new TargetOrder.Look());
            case CLEARING -> state.waitsForHost() ? Transition.to(state) : clear(state);
            case ARMED -> state.allSelfActivated() ? becomeActive(state.withHandovers()) : Transition.to(state);
            case DISARMING -> new Transition<>(state, disarmOrders(state));
            case ADMITTING, EXPECTING, IMPORTING, ACTIVATING -> Transition.to(state);
        };
    }

    private static Transition<TargetState, TargetOrder> report(TargetState state) {
        PlacementInput report = reportOf(state);
        return report == null ? Transition.to(state) : Transition.to(state, new TargetOrder.Report(report));
    }

    private static @Nullable PlacementInput reportOf(TargetState state) {
        return switch (state.step()) {
            case READY -> new PlacementInput.TargetIsReady(state.task().id(), state.policyRevision());
            case ACTIVE -> hasActivated(state);
            case GIVEN_UP, CLEARING -> state.promised() ? gaveUp(state) : null;
            case ADMITTING, EXPECTING, ARMED, DISARMING, IMPORTING, ACTIVATING, LOOKING -> null;
        };
    }

    private static PlacementInput hasActivated(TargetState state) {
        return new PlacementInput.TargetHasActivated(
                state.task().id(), state.transfers(), state.problems(), Side.TARGET);
    }

    private static PlacementInput gaveUp(TargetState state) {
        return new PlacementInput.TargetGaveUp(state.task().id(), state.why());
    }
}
