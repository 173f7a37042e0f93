package io.portcullis.migration.model;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.RefusalCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the migration agent of a host does with the orders of placements. They are repeated until their report arrives, so they
 * find one of three: a session, which reports again; a session that has ended, whose last report is kept for a while; or nothing,
 * because the order is the first or the node was restarted. In the last case the vNICs themselves say what is true, and what they do not
 * say is not promised. A session that a bug has stopped is followed by what ends its migration at once. Pure: the same state and input always give the same transition.
 */
public final class AgentMachine {
    private AgentMachine() {}

    /** What {@code input} means for an agent in {@code state}. */
    public static Transition<AgentState, AgentOrder> decide(AgentState state, AgentInput input) {
        return switch (input) {
            case AgentInput.Ordered(VmId vm, PlacementOrder order) -> ordered(state, vm, order);
            case AgentInput.WorkDone in -> workDone(state, in);
            case AgentInput.LookedAt in -> lookedAt(state.looked(in.session()), in);
            case AgentInput.NeverTakesPart(SessionName session) -> Transition.to(state.swearing(session));
            case AgentInput.SessionDied in -> died(state, in);
            case AgentInput.SessionEnded(SessionName session, PlacementInput last) ->
                Transition.to(state.over(session, last));
        };
    }

    private static Transition<AgentState, AgentOrder> ordered(AgentState state, VmId vm, PlacementOrder order) {
        return switch (order) {
            case PlacementOrder.Attach o -> work(state, vm, new HostWork.Attach(o.epoch(), o.takenFrom(), o.replica()));
            case PlacementOrder.Detach o -> work(state, vm, new HostWork.Detach(o.epoch()));
            case PlacementOrder.PrepareTarget o ->
                begin(state, target(o.id()), o.epoch(), new AgentOrder.TellTarget(o.id(), new TargetInput.Report()));
            case PlacementOrder.StartCutover o ->
                begin(state, source(o.id()), o.epoch(), new AgentOrder.TellSource(o.id(), new SourceInput.Report()));
            case PlacementOrder.QueryTarget o ->
                ask(state, target(o.id()), o.epoch(), new AgentOrder.TellTarget(o.id(), new TargetInput.Report()));
            case PlacementOrder.QuerySource o ->
                ask(state, source(o.id()), o.epoch(), new AgentOrder.TellSource(o.id(), new SourceInput.Report()));
            case PlacementOrder.AbortTarget o ->
                ask(
                        state,
                        target(o.id()),
                        o.epoch(),
                        new AgentOrder.TellTarget(
                                o.id(), new TargetInput.Abort("the placement gave up", o.mayBeCut())));
            case PlacementOrder.ReclaimSource o -> reclaim(state, vm, o);
            case PlacementOrder.ReleaseSource o -> release(state, vm, o);
        };
    }

    // ---- orders that sessions obey

    /** Starts the session, unless there was one or it was sworn that there never will be. */
    private static Transition<AgentState, AgentOrder> begin(
            AgentState state, SessionName session, long epoch, AgentOrder again) {
        return state.knows(session) || state.hasSworn(session)
                ? ask(state, session, epoch, again)
                : Transition.to(state.running(session), new AgentOrder.Begin(session));
    }

    private static Transition<AgentState, AgentOrder> ask(
            AgentState state, SessionName session, long epoch, AgentOrder question) {
        return state.knows(session) ? reach(state, session, question) : look(state, session, epoch);
    }

    /** Tells a session that runs, or repeats the last report of one that has ended. */
    private static Transition<AgentState, AgentOrder> reach(AgentState state, SessionName session, AgentOrder order) {
        PlacementInput last = state.ended().get(session);
        return Transition.to(
                state, state.running().contains(session) || last == null ? order : new AgentOrder.Report(last));
    }

    private static Transition<AgentState, AgentOrder> reclaim(
            AgentState state, VmId vm, PlacementOrder.ReclaimSource order) {
        SessionName session = source(order.id());
        PlacementInput last = state.ended().get(session);
        if (state.running().contains(session)
                || last instanceof PlacementInput.SourceHasReclaimed
                || last instanceof PlacementInput.SourceHasReleased) {
            return reach(state, session, new AgentOrder.TellSource(order.id(), new SourceInput.Reclaim()));
        }
        return work(state.swearing(session), vm, new HostWork.Reclaim(order.id(), order.reclaimEpoch()));
    }

    private static Transition<AgentState, AgentOrder> release(
            AgentState state, VmId vm, PlacementOrder.ReleaseSource order) {
        SessionName session = source(order.id());
        return state.knows(session) && !(state.ended().get(session) instanceof PlacementInput.SourceFailed)
                ? reach(
                        state,
                        session,
                        new AgentOrder.TellSource(
                                order.id(), new SourceInput.Release(order.movedTo(), order.targetEpoch())))
                : work(
                        state,
                        vm,
                        new HostWork.Release(order.id(), order.epoch(), order.movedTo(), order.targetEpoch()));
    }

    // ---- without a session

    /**
     * The vNICs of a destination say whether they enforce. Those of a source may be told to cut by what is still under way, whatever they say now: it
     * keeps nothing, and takes the VM back when it is told to.
     */
    private static Transition<AgentState, AgentOrder> died(AgentState state, AgentInput.SessionDied in) {
        AgentState next = state.without(in.session());
        return switch (in.session().side()) {
            case SOURCE ->
                end(
                        next,
                        in.session(),
                        new PlacementInput.SourceFailed(
                                in.session().id(),
                                new Refusal(
                                        RefusalCode.INVALID, "the source's part ended by a mistake of the program")));
            case TARGET -> look(next, in.session(), in.epoch());
        };
    }

    private static Transition<AgentState, AgentOrder> work(AgentState state, VmId vm, HostWork work) {
        AgentState.Busy busy = new AgentState.Busy(vm, work);
        PlacementInput refused = state.refused().get(busy);
        if (refused != null) {
            return Transition.to(state, new AgentOrder.Report(refused));
        }
        return state.busy().contains(busy)
                ? Transition.to(state)
                : Transition.to(state.working(busy), new AgentOrder.Do(work));
    }

    private static Transition<AgentState, AgentOrder> workDone(AgentState state, AgentInput.WorkDone in) {
        Refusal refusal = in.refusal();
        // Without an answer in time the VM may be attached: the placement's limit ends that, not a promise.
        if (refusal != null && in.work() instanceof HostWork.Attach attach && refusal.code() != RefusalCode.TIMEOUT) {
            HostWork giveUp = new HostWork.GiveUp(attach, refusal);
            return Transition.to(state.working(new AgentState.Busy(in.vm(), giveUp)), new AgentOrder.Do(giveUp));
        }
        AgentState.Busy work = new AgentState.Busy(in.vm(), ordered(in.work()));
        AgentState next = state.done(new AgentState.Busy(in.vm(), in.work())).done(work);
        PlacementInput report = report(in.work(), in.refusal(), in.restored());
        if (report == null) {
            return Transition.to(next);
        }
        // A repetition of the order may be under way, and the placement takes the refusal for the end.
        AgentState remembering = switch (report) {
            case PlacementInput.HostRefusedAttach _ -> next.refusing(work, report);
            // An order to take the VM back that comes now is of before the commit. Of none that is known it is another
            // one for each VM.
            case PlacementInput.SourceHasReleased released
            when !released.id().isEmpty() -> next.over(source(released.id()), released);
            default -> next;
        };
        return Transition.to(remembering, new AgentOrder.Report(report));
    }

    /** What is under way from the order on. */
    private static HostWork ordered(HostWork work) {
        return work instanceof HostWork.GiveUp refused ? refused.attach() : work;
    }

    private static @Nullable PlacementInput report(
            HostWork work, @Nullable Refusal refusal, @Nullable Restored restored) {
        if (refusal != null && work instanceof HostWork.Reclaim reclaim && refusal.code() == RefusalCode.TOO_LATE) {
            return new PlacementInput.TargetHasActivated(
                    reclaim.id(), List.of(), List.of(SourceMachine.unheard(refusal)), Side.SOURCE);
        }
        // It has let the VM go, and needs another epoch if nobody else has it.
        if (refusal != null && work instanceof HostWork.Reclaim reclaim && refusal.code() == RefusalCode.STALE_EPOCH) {
            return new PlacementInput.HostRefusedAttach(reclaim.epoch(), refusal);
        }
        if (work instanceof HostWork.GiveUp refused && (refusal == null || refusal.code() == RefusalCode.STALE_EPOCH)) {
            return new PlacementInput.HostRefusedAttach(refused.attach().epoch(), refused.why());
        }
        if (refusal != null) {
            return null;
        }
        return switch (work) {
            case HostWork.Attach w -> new PlacementInput.HostAttached(w.epoch(), restored);
            case HostWork.GiveUp w ->
                new PlacementInput.HostRefusedAttach(w.attach().epoch(), w.why());
            case HostWork.Detach w -> new PlacementInput.HostDetached(w.epoch());
            case HostWork.Clear w ->
                new PlacementInput.TargetGaveUp(
                        w.id(), new Refusal(RefusalCode.UNKNOWN, "the target knows nothing of the migration"));
            case HostWork.Reclaim w ->
                new PlacementInput.SourceHasReclaimed(
                        w.id(), new Refusal(RefusalCode.TIMEOUT, "the placement gave the VM back to its source"));
            case HostWork.Release w -> new PlacementInput.SourceHasReleased(w.id());
        };
    }

    // ---- asked about a migration that has no session here

    private static Transition<AgentState, AgentOrder> look(AgentState state, SessionName session, long epoch) {
        AgentState sworn = state.swearing(session);
        return sworn.looking().contains(session)
                ? Transition.to(sworn)
                : Transition.to(sworn.looking(session), new AgentOrder.Look(session, epoch));
    }

    private static Transition<AgentState, AgentOrder> lookedAt(AgentState state, AgentInput.LookedAt in) {
        if (in.found() == null) {
            return Transition.to(state);
        }
        return switch (in.session().side()) {
            case SOURCE -> sourceFound(state, in, in.found());
            case TARGET -> targetFound(state, in, in.found());
        };
    }

    /**
     * Says that the source keeps the VM only if every vNIC enforces, or that it has it back if all do under a later epoch; sealed ones wait
     * for the order to reclaim or release.
     */
    private static Transition<AgentState, AgentOrder> sourceFound(
            AgentState state, AgentInput.LookedAt in, List<VnicStatus> found) {
        boolean enforces =
                found.size() == in.vnics() && found.stream().allMatch(status -> status.mode() == VnicMode.ENFORCING);
        if (!enforces) {
            return Transition.to(state);
        }
        Refusal why = new Refusal(RefusalCode.UNKNOWN, "the source knows nothing of the migration");
        boolean isBack = found.stream().allMatch(status -> status.epoch() > in.epoch());
        return end(
                state,
                in.session(),
                isBack
                        ? new PlacementInput.SourceHasReclaimed(in.session().id(), why)
                        : new PlacementInput.SourceKept(in.session().id(), why));
    }

    private static Transition<AgentState, AgentOrder> targetFound(
            AgentState state, AgentInput.LookedAt in, List<VnicStatus> found) {
        String id = in.session().id();
        List<VnicTransfer> enforcing = found.stream()
                .filter(status -> status.mode() == VnicMode.ENFORCING && status.epoch() == in.epoch())
                .map(status -> new VnicTransfer(
                        status.vnic(), 0, 0, 0, 0, 0, status.policyRevision(), 0, 0, 0, 0, 0, List.of()))
                .toList();
        return enforcing.isEmpty()
                ? work(state, in.vm(), new HostWork.Clear(id, in.epoch()))
                : end(
                        state,
                        in.session(),
                        new PlacementInput.TargetHasActivated(
                                id,
                                enforcing,
                                List.of("host " + state.host()
                                        + " was restarted, or its part of the migration ended by a mistake of"
                                        + " the program: what moved is not known, only that it enforces"),
                                Side.TARGET));
    }

    private static Transition<AgentState, AgentOrder> end(AgentState state, SessionName session, PlacementInput last) {
        return Transition.to(state.over(session, last), new AgentOrder.Report(last));
    }

    private static SessionName source(String id) {
        return new SessionName(Side.SOURCE, id);
    }

    private static SessionName target(String id) {
        return new SessionName(Side.TARGET, id);
    }
}
