package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.model.AgentInput;
import io.portcullis.migration.model.AgentMachine;
import io.portcullis.migration.model.AgentOrder;
import io.portcullis.migration.model.AgentState;
import io.portcullis.migration.model.HostWork;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PlacementOrder;
import io.portcullis.migration.model.PreCopyOrder;
import io.portcullis.migration.model.Precopied;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.migration.model.Transition;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A host: {@link AgentMachine} and sessions in its actors, a data path that outlives them, and a disk that outlives both. */
final class SimHost {
    enum Presence {
        UP,
        UNAVAILABLE,
        ABSENT
    }

    private static final int MAX_ENDED = 64;
    private static final long NOTICED_MILLIS = 1_500;
    private static final long DOWNED_MILLIS = 6_500;
    private static final long REMOVED_MILLIS = 7_000;
    private static final long JOIN_MILLIS = 500;
    private static final long START_MILLIS = 300;
    private static final long LOOK_FOR_WAITING_MILLIS = 10_000;
    private static final long HEAL_MILLIS = 1_000;

    private final World world;
    private final HostId id;
    private final SimVnics vnics;
    private final SimRecovery recovery;
    private final SimCutovers cutovers;
    private final SimArming arming;
    private final SimTables tables;
    private final SimPreCopies precopies;
    private final Map<SessionName, SimSource> sources = new HashMap<>();
    private final Map<SessionName, SimTarget> targets = new HashMap<>();
    private AgentState agent;
    private Presence presence = Presence.UP;
    private boolean hasProcess = true;
    private boolean hasActors = true;
    private int actors;
    private long rulesFromMillis;

    /** Counts what happened to the host's membership, so that a later turn voids what was to come of an earlier one. */
    private int turns;

    SimHost(World world, HostId id) {
        this.world = world;
        this.id = id;
        Disk disk = new Disk(world);
        this.vnics = new SimVnics(this, disk);
        this.cutovers = new SimCutovers(this, vnics, disk);
        this.arming = new SimArming(this, vnics);
        this.tables = new SimTables(this, vnics);
        this.precopies = new SimPreCopies(this);
        this.recovery = new SimRecovery(this, vnics, disk);
        this.agent = AgentState.of(id, MAX_ENDED);
        world.time.after(LOOK_FOR_WAITING_MILLIS, this::lookForWaiting);
        world.time.after(HEAL_MILLIS, this::heal);
        world.time.after(0, recovery::recover);
    }

    World world() {
        return world;
    }

    HostId id() {
        return id;
    }

    SimVnics vnics() {
        return vnics;
    }

    SimTables tables() {
        return tables;
    }

    SimPreCopies precopies() {
        return precopies;
    }

    AgentState agent() {
        return agent;
    }

    SimCutovers cutovers() {
        return cutovers;
    }

    SimArming arming() {
        return arming;
    }

    Presence presence() {
        return presence;
    }

    int actorsIncarnation() {
        return actors;
    }

    boolean isRunning(int incarnation) {
        return hasActors && actors == incarnation;
    }

    boolean hasProcess() {
        return hasProcess;
    }

    boolean isAnswering() {
        return hasActors;
    }

    // ---- orders

    void onOrder(VmSpec spec, PlacementOrder order) {
        if (hasActors && !precopies.takes(spec, order)) {
            decide(spec, new AgentInput.Ordered(spec.vm(), order));
        }
    }

    void onStartCutover(VmSpec spec, PlacementOrder.StartCutover order, SimTarget target, boolean hasRules) {
        if (hasActors) {
            precopies.onStartCutover(new SimPreCopies.CutOrder(spec, order, target, hasRules));
        }
    }

    /** {@code sent} is what a pre-copy has sent before a cut-over begins, {@code made} what the data path made for that. */
    void cutOver(SimPreCopies.CutOrder cut, Map<VnicId, Precopied> sent, Map<VnicId, Made> made) {
        VmSpec spec = cut.spec();
        decide(spec, new AgentInput.Ordered(spec.vm(), cut.order()), begins -> {
            spec.vnicIds()
                    .forEach(
                            vnic -> world.beginsCut(begins.id(), vnic, sent.containsKey(vnic) ? made.get(vnic) : null));
            precopies.takeTurn(cut);
            sources.put(begins, new SimSource(this, spec, cut.order(), cut.target(), cut.hasRules(), sent));
        });
    }

    void decide(VmSpec spec, AgentInput input) {
        decide(spec, input, session -> begin(session, spec, input));
    }

    private void decide(VmSpec spec, AgentInput input, Consumer<SessionName> begin) {
        AgentState before = world.has(Mutant.FORGET_OATH)
                ? new AgentState(
                        agent.host(),
                        agent.limit(),
                        agent.running(),
                        agent.ended(),
                        Map.of(),
                        agent.refused(),
                        agent.busy(),
                        agent.looking())
                : agent;
        Transition<AgentState, AgentOrder> transition = AgentMachine.decide(before, input);
        agent = transition.state();
        for (AgentOrder what : transition.orders()) {
            switch (what) {
                case AgentOrder.Begin(SessionName session) -> begin.accept(session);
                case AgentOrder.TellSource(var migration, var toSource) -> {
                    SimSource session = sources.get(new SessionName(Side.SOURCE, migration));
                    if (session != null) {
                        session.decide(toSource);
                    }
                }
                case AgentOrder.TellTarget(var migration, var toTarget) -> {
                    SimTarget session = targets.get(new SessionName(Side.TARGET, migration));
                    if (session != null) {
                        session.decide(toTarget);
                    }
                }
                case AgentOrder.Do(HostWork work) -> work(spec, work);
                case AgentOrder.Look(SessionName session, long epoch) ->
                    vnics.statuses(
                            spec,
                            (found, _) -> decide(
                                    spec,
                                    new AgentInput.LookedAt(
                                            spec.vm(), spec.vnics().size(), session, epoch, found)));
                case AgentOrder.Report(PlacementInput report) -> report(spec.vm(), report);
            }
        }
    }

    private void begin(SessionName session, VmSpec spec, AgentInput input) {
        if (input instanceof AgentInput.Ordered(var _, PlacementOrder.PrepareTarget prepare)) {
            targets.put(session, new SimTarget(this, spec, prepare));
        }
    }

    private void work(VmSpec spec, HostWork work) {
        Ask.Answer<Long> answer = (_, refused) -> decide(spec, new AgentInput.WorkDone(spec.vm(), work, refused));
        switch (work) {
            case HostWork.Attach w -> {
                world.replicas.begins(spec.vm(), w);
                vnics.attach(spec, w.epoch(), true, answer);
            }
            case HostWork.GiveUp w -> giveUp(spec, w.attach().epoch(), answer);
            case HostWork.Detach w -> vnics.leave(spec, w.epoch(), true, answer);
            case HostWork.Clear w -> clear(spec, w.epoch(), answer);
            case HostWork.Reclaim w -> cutovers.reclaim(spec, w.epoch(), answer);
            case HostWork.Release w -> {
                if (world.has(Mutant.IGNORE_RELEASE)) {
                    answer.accept(null, null);
                } else {
                    vnics.leave(spec, w.epoch(), true, answer);
                }
            }
        }
    }

    /** As MigrationAgent does it: what is here under that epoch stays. */
    private void giveUp(VmSpec spec, long epoch, Ask.Answer<Long> answer) {
        vnics.statuses(spec, (found, refused) -> {
            if (found == null) {
                answer.accept(null, refused);
            } else if (found.stream()
                    .anyMatch(status -> status.epoch() == epoch
                            && status.mode() != VnicMode.PASSIVE
                            && status.mode() != VnicMode.HOLDING)) {
                answer.accept(null, new Refusal(RefusalCode.WRONG_STATE, "it is here"));
            } else {
                vnics.leave(spec, epoch, true, answer);
            }
        });
    }

    /** A session that is gone may have told vNICs to enforce by themselves: none is taken from under one that does. */
    private void clear(VmSpec spec, long epoch, Ask.Answer<Long> answer) {
        vnics.statuses(spec, (found, refused) -> {
            if (found == null) {
                answer.accept(null, refused);
            } else {
                disarmAll(spec, epoch, found.stream().map(VnicStatus::vnic).toList(), answer);
            }
        });
    }

    private void disarmAll(VmSpec spec, long epoch, List<VnicId> left, Ask.Answer<Long> answer) {
        if (left.isEmpty()) {
            vnics.leave(spec, epoch, false, answer);
            return;
        }
        arming.disarm(left.getFirst(), epoch, (enforces, refused) -> {
            if (refused != null || Boolean.TRUE.equals(enforces)) {
                answer.accept(
                        null,
                        refused != null ? refused : new Refusal(RefusalCode.WRONG_STATE, "it enforces here meanwhile"));
            } else {
                disarmAll(spec, epoch, left.subList(1, left.size()), answer);
            }
        });
    }

    void sessionEnded(SessionName session, PlacementInput last) {
        if (session.side() == Side.SOURCE) {
            precopies.ended(session.id());
        }
        sources.remove(session);
        targets.remove(session);
        agent = AgentMachine.decide(agent, new AgentInput.SessionEnded(session, last))
                .state();
    }

    /** A bug stops all sessions. */
    void stopSessions() {
        world.log(id.value(), "sessions die");
        precopies.die();
        List.copyOf(sources.values()).stream()
                .sorted(Comparator.comparing(session -> session.name().id()))
                .forEach(SimSource::die);
        List.copyOf(targets.values()).stream()
                .sorted(Comparator.comparing(SimTarget::id))
                .forEach(SimTarget::die);
    }

    void sessionDied(VmSpec spec, SessionName session, long epoch) {
        sources.remove(session);
        targets.remove(session);
        if (session.side() == Side.SOURCE) {
            precopies.ended(session.id());
        }
        if (!world.has(Mutant.IGNORE_DEATH)) {
            decide(spec, new AgentInput.SessionDied(spec.vm(), session, epoch));
        }
    }

    // ---- telling placements

    void report(VmId vm, PlacementInput report) {
        world.log(id.value(), report);
        toPlacement(vm, placement -> placement.onReport(id, report));
    }

    void preCopied(VmId vm, String migration, PreCopyOrder.SayPreCopied said) {
        world.log(id.value(), migration + ": " + said);
        toPlacement(vm, placement -> placement.onPreCopied(migration, said));
    }

    void targetReady(VmId vm, PlacementInput.TargetIsReady report, SimTarget session) {
        toPlacement(vm, placement -> placement.onTargetReady(report, session));
    }

    void sourceWaits(VmId vm, String migration) {
        toPlacement(vm, placement -> placement.onSourceWaits(id, migration));
    }

    private void toPlacement(VmId vm, Consumer<SimPlacement> message) {
        SimPlacement placement = world.placement(vm);
        world.network.send(this, null, () -> {
            if (placement.isUp()) {
                message.accept(placement);
            }
        });
    }

    /** A host that was taken for dead may come back with a data path that still waits, and one that has given up an epoch enforces nothing under it. */
    private void lookForWaiting() {
        world.time.after(LOOK_FOR_WAITING_MILLIS, this::lookForWaiting);
        if (hasActors) {
            vnics.waitingVms().forEach(vm -> sourceWaits(vm, ""));
            recovery.failedVms().forEach(vm -> sourceWaits(vm, ""));
        }
    }

    private void heal() {
        world.time.after(HEAL_MILLIS, this::heal);
        if (hasActors) {
            recovery.heal();
        }
    }

    void keepRules(long forMillis) {
        rulesFromMillis = world.time.now() + forMillis;
    }

    void fetchRules() {
        if (hasActors && world.time.now() >= rulesFromMillis) {
            world.network.send(null, this, vnics::installRules);
        }
    }

    // ---- what goes wrong

    /** The process dies and comes back; its VMs run on meanwhile. */
    void crash(long forMillis) {
        if (!hasProcess) {
            return;
        }
        int turn = ++turns;
        world.log(id.value(), "crash for " + forMillis + " ms");
        hasProcess = false;
        stopActors();
        vnics.processDied();
        arming.processDied();
        at(NOTICED_MILLIS, turn, () -> setPresence(Presence.UNAVAILABLE));
        at(REMOVED_MILLIS, turn, () -> setPresence(Presence.ABSENT));
        world.time.after(forMillis, () -> {
            hasProcess = true;
            recovery.restoreFromDisk();
            world.time.after(START_MILLIS, this::rejoin);
        });
    }

    void restartActors() {
        if (!hasActors) {
            return;
        }
        turns++;
        world.log(id.value(), "actors stop");
        stopActors();
        world.time.after(START_MILLIS, this::rejoin);
    }

    void isolate(long forMillis, boolean withTunnels) {
        int turn = ++turns;
        world.log(id.value(), "isolated for " + forMillis + " ms");
        world.network.isolate(this, true, withTunnels);
        at(NOTICED_MILLIS, turn, () -> setPresence(Presence.UNAVAILABLE));
        if (forMillis >= DOWNED_MILLIS) {
            at(DOWNED_MILLIS, turn, this::stopActors);
            at(REMOVED_MILLIS, turn, () -> setPresence(Presence.ABSENT));
        }
        world.time.after(forMillis, () -> {
            world.network.isolate(this, false, true);
            world.log(id.value(), "isolated no more");
            if (!hasActors) {
                world.time.after(START_MILLIS, this::rejoin);
            } else if (turn == turns) {
                setPresence(Presence.UP);
            }
        });
    }

    private void at(long millis, int turn, Runnable run) {
        world.time.after(millis, () -> {
            if (turn == turns) {
                run.run();
            }
        });
    }

    private void stopActors() {
        hasActors = false;
        actors++;
        sources.clear();
        targets.clear();
        precopies.clear();
        agent = AgentState.of(id, MAX_ENDED);
        vnics.actorsStopped();
        recovery.actorsStopped();
    }

    /** The old member is removed, then the new one joins. */
    private void rejoin() {
        if (!hasProcess || hasActors) {
            return;
        }
        int turn = ++turns;
        if (world.network.isIsolated(this)) {
            at(JOIN_MILLIS, turn, this::rejoin);
            return;
        }
        setPresence(Presence.ABSENT);
        at(JOIN_MILLIS, turn, () -> {
            world.log(id.value(), "joins");
            hasActors = true;
            actors++;
            setPresence(Presence.UP);
            recovery.recover();
        });
    }

    private void setPresence(Presence now) {
        presence = now;
        if (now == Presence.ABSENT) {
            world.log(id.value(), "removed from the cluster");
            world.history.cutOff(id);
        }
    }

    /**
     * Heard what became of its VMs, and let go of those that are not its own. Of one that a migration was bringing here it has not heard
     * as long as the directory only has the epoch before.
     */
    void hasRecovered() {
        boolean hasHeard = true;
        for (SimVnic vnic : vnics.all()) {
            World.DirectoryRow row = world.directory.get(vnic.id.vm());
            boolean isBefore = row != null && !id.equals(row.host()) && row.epoch() < vnic.epoch;
            hasHeard &= !(vnic.decides() && isBefore);
        }
        if (hasHeard) {
            world.history.isBack(id);
            world.check();
        }
    }
}
