package io.portcullis.loadtest.flow;

import io.portcullis.loadtest.history.History;
import io.portcullis.loadtest.scenario.TrafficKind;
import io.portcullis.loadtest.scenario.TrafficPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Makes flows with clients drawn at random, each with its mirrors at twins and in arms, and finds them again. The traffic's thread only. */
final class FlowFactory {
    private static final int FIRST_EPHEMERAL = 32_768;
    private static final int EPHEMERAL = 28_232;

    private final Random random;
    private final History history;
    private final List<TrafficPlan> plans;
    private final Map<String, StreamCounts> counts;
    private final Map<VmEnd, List<VmEnd>> mirrors = new HashMap<>();
    private final Map<Long, Flow> known = new HashMap<>();

    FlowFactory(
            long seed, History history, List<TrafficPlan> plans, List<VmEnd> vms, Map<String, StreamCounts> counts) {
        this.random = new Random(seed);
        this.history = history;
        this.plans = plans;
        this.counts = counts;
        for (VmEnd vm : vms) {
            VmEnd original = vm.original();
            if (original != null) {
                mirrors.computeIfAbsent(original, _ -> new ArrayList<>()).add(vm);
            }
        }
    }

    static String countsKey(TrafficPlan plan, String role) {
        return plan.name() + "/" + role;
    }

    /** A new flow to the VM, and one to each of those that mirror it. */
    Flow make(TrafficPlan plan, VmEnd vm) {
        int peer;
        int port;
        do {
            peer = anyUnicast();
            port = FIRST_EPHEMERAL + random.nextInt(EPHEMERAL);
        } while (known.containsKey(Flow.key(vm.index(), FlowFrames.protocol(plan), plan.isIpv6(), peer, port)));
        int clientIsn = random.nextInt();
        int vmIsn = random.nextInt();
        List<VmEnd> others = mirrors.getOrDefault(vm, List.of());
        Flow[] its = new Flow[others.size()];
        int twin = -1;
        for (int i = 0; i < its.length; i++) {
            its[i] = add(plan, others.get(i), peer, port, clientIsn, vmIsn, -1);
            twin = others.get(i).role().equals("twin") ? its[i].id : twin;
        }
        Flow flow = add(plan, vm, peer, port, clientIsn, vmIsn, twin);
        flow.mirrors = its;
        return flow;
    }

    private Flow add(TrafficPlan plan, VmEnd vm, int peer, int port, int clientIsn, int vmIsn, int twin) {
        int id = history.add(new History.Flow(
                vm.index(), plans.indexOf(plan), plan.isAllowed(), twin, FlowFrames.protocol(plan) == FlowFrames.TCP));
        StreamCounts its = counts.get(countsKey(plan, vm.role()));
        if (its == null) {
            throw new IllegalStateException("nobody counts " + plan.name() + " at " + vm.role());
        }
        Flow flow = new Flow(id, plan, its, vm, peer, port, clientIsn, vmIsn);
        known.put(flow.key(), flow);
        return flow;
    }

    @Nullable
    Flow find(long key) {
        return known.get(key);
    }

    void forget(Flow flow) {
        known.remove(flow.key(), flow);
    }

    /** A client of whom only a SYN is ever seen. */
    Flow passing(TrafficPlan plan, VmEnd vm, StreamCounts its) {
        int peer = anyUnicast();
        return new Flow(-1, plan, its, vm, peer, FIRST_EPHEMERAL + random.nextInt(EPHEMERAL), random.nextInt(), 0);
    }

    int draw(int bound) {
        return random.nextInt(bound);
    }

    /** The flows of the plan that are there from the begin on. */
    List<Flow> lasting(TrafficPlan plan, List<VmEnd> vms) {
        List<Flow> flows = new ArrayList<>();
        if (plan.kind() != TrafficKind.CHURN && plan.kind() != TrafficKind.FLOOD) {
            for (VmEnd vm : vms) {
                for (int i = 0; i < plan.connections(); i++) {
                    flows.add(make(plan, vm));
                }
            }
        }
        return flows;
    }

    /** Public unicast, so that no rule of the protocol stack applies. */
    private int anyUnicast() {
        int drawn;
        int first;
        do {
            drawn = random.nextInt();
            first = drawn >>> 24;
        } while (first == 0 || first == 10 || first == 127 || first == 169 || first >= 224);
        return drawn;
    }
}
