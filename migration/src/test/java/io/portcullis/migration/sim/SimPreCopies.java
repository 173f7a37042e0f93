package io.portcullis.migration.sim;

import io.portcullis.migration.model.AgentInput;
import io.portcullis.migration.model.CutTurns;
import io.portcullis.migration.model.PlacementInput;
import io.portcullis.migration.model.PlacementOrder;
import io.portcullis.migration.model.PreCopyInput;
import io.portcullis.migration.model.Precopied;
import io.portcullis.migration.model.Refusal;
import io.portcullis.migration.model.SessionName;
import io.portcullis.migration.model.Side;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.VmSpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is sent ahead of cuts from a host, orders to cut that wait for it, and whose turn it is to be cut ({@link CutTurns}): as the actor
 * MigrationAgent has it; and the turns that this host gives to those that come to it.
 */
final class SimPreCopies {
    record CutOrder(VmSpec spec, PlacementOrder.StartCutover order, SimTarget target, boolean hasRules) {}

    private static final int TURNS_AT_ONCE = 1;

    private final SimHost host;
    private final Map<String, SimPreCopy> running = new TreeMap<>();
    private final Map<String, CutOrder> cutovers = new TreeMap<>();
    /** By the host to which migrations go. */
    private CutTurns<HostId> turns = new CutTurns<>(TURNS_AT_ONCE);
    /** Of migrations to this host. */
    private CutTurns<HostId> incoming = new CutTurns<>(TURNS_AT_ONCE);

    SimPreCopies(SimHost host) {
        this.host = host;
    }

    void onStart(VmSpec spec, SimTarget target, long epoch, boolean awaitsTurn) {
        if (!host.isAnswering()) {
            return;
        }
        String id = target.id();
        if (!host.world().sendsAhead) {
            host.report(spec.vm(), new PlacementInput.SourceHasPreCopied(id, null, 0));
            return;
        }
        SimPreCopy known = running.get(id);
        SessionName session = new SessionName(Side.SOURCE, id);
        if (known != null) {
            known.decide(new PreCopyInput.AskedAgain(awaitsTurn));
        } else if (host.agent().knows(session) || host.agent().hasSworn(session)) {
            host.decide(spec, new AgentInput.Ordered(spec.vm(), new PlacementOrder.QuerySource(host.id(), id, epoch)));
        } else {
            begin(new SimPreCopy(host, spec, id, epoch, target, awaitsTurn, 1));
        }
    }

    private void begin(SimPreCopy begun) {
        running.put(begun.id(), begun);
        begun.start();
    }

    void anew(SimPreCopy before) {
        if (running.containsKey(before.id())) {
            SimPreCopy begun = before.anew();
            begin(begun);
            if (cutovers.containsKey(before.id())) {
                begun.decide(new PreCopyInput.Finish());
            }
        }
    }

    void stop(String id, String why) {
        SimPreCopy known = running.get(id);
        if (known != null) {
            known.decide(new PreCopyInput.Stop(new Refusal(RefusalCode.INVALID, why)));
        }
    }

    void done(String id, Map<VnicId, Precopied> sent, Map<VnicId, Made> made) {
        running.remove(id);
        CutOrder cut = cutovers.remove(id);
        if (cut != null) {
            host.cutOver(cut, sent, made);
        } else {
            endTurn(id);
        }
    }

    void onStartCutover(CutOrder cut) {
        String id = cut.order().id();
        SimPreCopy known = running.get(id);
        if (known == null) {
            host.cutOver(cut, Map.of(), Map.of());
        } else if (cutovers.putIfAbsent(id, cut) == null) {
            takeTurn(cut);
            known.decide(new PreCopyInput.Finish());
        }
    }

    /** Whether the order is done with here. */
    boolean takes(VmSpec spec, PlacementOrder order) {
        if (order instanceof PlacementOrder.ReclaimSource reclaim) {
            stop(reclaim.id(), "the VM stays here");
            return false;
        }
        if (!(order instanceof PlacementOrder.QuerySource query) || !running.containsKey(query.id())) {
            return false;
        }
        if (!cutovers.containsKey(query.id())) {
            host.decide(spec, new AgentInput.NeverTakesPart(new SessionName(Side.SOURCE, query.id())));
            stop(query.id(), "the order to cut over was lost");
        }
        return true;
    }

    void ended(String id) {
        running.remove(id);
        cutovers.remove(id);
        endTurn(id);
    }

    // ---- turns

    boolean askTurn(SimTarget target, Runnable granted) {
        return turns.ask(target.host().id(), target.id(), granted);
    }

    /** It has one already, unless it cannot wait or nobody has told it to. */
    void takeTurn(CutOrder cut) {
        turns.take(cut.target().host().id(), cut.order().id());
    }

    void endTurn(String id) {
        if (!host.world().has(Mutant.KEEP_TURN)) {
            turns.end(id);
        }
    }

    CutTurns<HostId> incoming() {
        return incoming;
    }

    /** Whether nobody has a turn or waits for one. */
    boolean hasNoTurns() {
        return turns.isEmpty() && incoming.isEmpty();
    }

    /** A bug stops all. */
    void die() {
        List<SimPreCopy> all = List.copyOf(running.values());
        running.clear();
        cutovers.clear();
        all.forEach(SimPreCopy::die);
    }

    /** The actors are gone, and all that they knew. */
    void clear() {
        running.clear();
        cutovers.clear();
        turns = new CutTurns<>(TURNS_AT_ONCE);
        incoming = new CutTurns<>(TURNS_AT_ONCE);
    }
}
