package io.portcullis.replay.conformance;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.DecisionTrace;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.FlowVerdict;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;

/**
 * The vNICs of some tenants, each behind a real engine of its own with the table that the compiler made for it, as their hosts run
 * them. One thread.
 */
final class EngineLab implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 10_000;
    private static final long STEP_NANOS = 1_000_000;

    private final PolicyCompiler compiler = new PolicyCompiler();
    private final Map<VnicId, VnicEngine> engines = new HashMap<>();
    private final Map<VnicId, RuleTable> tables = new HashMap<>();
    private final DecisionTrace trace = new DecisionTrace();
    private final Arena arena = Arena.ofConfined();
    private final Burst burst = new Burst(arena);
    private final Burst toVm = new Burst(arena);
    private final Burst toNetwork = new Burst(arena);
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
    private final boolean traces;
    private long nowNanos = 1_000_000_000L;

    /** @param traces whether {@link #trace()} is filled: then frames are decided one by one */
    EngineLab(boolean traces) {
        this.traces = traces;
    }

    /** Puts a tenant's rules in force at all of its vNICs; those that are new get their engine. */
    void enforce(TenantModel model) {
        compiler.compileAll(model).forEach((id, table) -> {
            VnicEngine engine =
                    engines.computeIfAbsent(id, _ -> engine(model.vnic(id).orElseThrow()));
            tables.put(id, table);
            if (!engine.install(model.revision(), table, nowNanos)) {
                throw new AssertionError(id + " refused revision " + model.revision());
            }
        });
    }

    private VnicEngine engine(Vnic vnic) {
        VnicEngine engine = new VnicEngine(
                new VnicIdentity(vnic.id(), vnic.mac(), vnic.addresses(), vnic.protection()), MAX_CONNECTIONS);
        if (traces) {
            engine.setTrace(trace);
        }
        return engine;
    }

    Verdict out(VnicId vnic, FrameBuilder frame) {
        return process(vnic, Direction.OUT, frame);
    }

    Verdict in(VnicId vnic, FrameBuilder frame) {
        return process(vnic, Direction.IN, frame);
    }

    Verdict process(VnicId vnic, Direction direction, FrameBuilder frame) {
        VnicEngine engine = engines.get(vnic);
        if (engine == null) {
            throw new AssertionError("the lab has no vNIC " + vnic);
        }
        burst.clear();
        toVm.clear();
        toNetwork.clear();
        frame.appendTo(burst);
        engine.process(burst, 0, 1, direction, nowNanos, verdicts, toVm, toNetwork);
        nowNanos += STEP_NANOS;
        return verdicts[0];
    }

    /** What the vNIC says when it is asked about a packet that is not sent. */
    FlowVerdict asked(VnicId vnic, Direction direction, FirstPacket packet) {
        FlowVerdict verdict = engines.get(vnic)
                .search(new FlowQuery(direction, packet, false, 0))
                .verdict();
        if (verdict == null) {
            throw new AssertionError(vnic + " has no rules");
        }
        return verdict;
    }

    RuleTable table(VnicId vnic) {
        return tables.get(vnic);
    }

    /** About the last frame. */
    DecisionTrace trace() {
        return trace;
    }

    @Override
    public void close() {
        engines.values().forEach(VnicEngine::close);
        arena.close();
    }
}
