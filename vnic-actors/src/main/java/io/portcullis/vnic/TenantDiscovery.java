package io.portcullis.vnic;

import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses hosts have discovered, until the tenant has recorded them. Reports that come within {@link #RECORD_DELAY} are recorded
 * together. A host is believed about a vNIC only once it knows what the tenant knows ({@link Discovery#generation}), so that neither a vNIC that has just arrived nor a
 * report from before an operator cleared the addresses changes anything. One thread.
 */
final class TenantDiscovery {
    /** What hosts discover within it becomes one revision. */
    static final Duration RECORD_DELAY = Duration.ofSeconds(1);

    /** Who is said to have recorded what hosts discover. */
    static final String NAME = "discovery";

    /** About so many go to a host at once. */
    private static final int MAX_ADDRESSES_PER_MESSAGE = 1_000;
    /** vNICs of one edit. */
    private static final int MAX_VNICS_PER_EDIT = 500;

    private final Map<VnicId, Long> generations = new HashMap<>();
    private final Map<VnicId, ActorRef<HostCommand>> agents = new HashMap<>();
    private final Map<VnicId, List<DiscoveredAddress>> pending = new LinkedHashMap<>();
    private final ActorContext<TenantCommand> context;
    private long lastGeneration;
    private boolean recording;

    /** @param start larger than any generation of an earlier incarnation: the time will do */
    TenantDiscovery(ActorContext<TenantCommand> context, long start) {
        this.context = context;
        lastGeneration = start;
    }

    /** The tenant's actor begins, again. */
    void recovered() {
        recording = false;
    }

    /** Takes a report over, and tells the host what it does not know. What is to be recorded comes with {@link TenantCommand.RecordDiscovered}. */
    void report(TenantModel model, TenantCommand.ReportDiscovered report) {
        Map<VnicId, Discovery> unknown = new HashMap<>();
        int[] addresses = {0};
        report.vnics().forEach((id, discovery) -> {
            Vnic vnic = model.vnic(id).orElse(null);
            if (vnic == null || !vnic.protection().discovers()) {
                return;
            }
            // after a start of the tenant, hosts know what it does
            long expected = generations.computeIfAbsent(
                    id, _ -> discovery.generation() == 0 ? ++lastGeneration : discovery.generation());
            agents.put(id, report.agent());
            if (discovery.generation() != expected) {
                if (addresses[0] > MAX_ADDRESSES_PER_MESSAGE) {
                    report.agent().tell(new HostCommand.KnownAddresses(unknown));
                    unknown.clear();
                    addresses[0] = 0;
                }
                addresses[0] += vnic.discovered().size();
                unknown.put(id, new Discovery(expected, vnic.discovered()));
            } else if (differs(model, vnic, discovery.addresses())) {
                pending.put(id, discovery.addresses());
            } else {
                pending.remove(id);
            }
        });
        if (!unknown.isEmpty()) {
            report.agent().tell(new HostCommand.KnownAddresses(unknown));
        }
        recordSoon();
    }

    private void recordSoon() {
        if (!pending.isEmpty() && !recording) {
            recording = true;
            context.scheduleOnce(RECORD_DELAY, context.getSelf(), new TenantCommand.RecordDiscovered());
        }
    }

    /** Also where nobody else has an address any more that is held back. */
    private static boolean differs(TenantModel model, Vnic vnic, List<DiscoveredAddress> found) {
        Set<DiscoveredAddress> wanted = new HashSet<>();
        found.stream()
                .filter(each -> !vnic.addresses().contains(each.address()))
                .forEach(each -> wanted.add(each.withHeld(false)));
        Set<DiscoveredAddress> known = new HashSet<>();
        boolean isFree = false;
        for (DiscoveredAddress each : vnic.discovered()) {
            known.add(each.withHeld(false));
            isFree |= each.held() && !model.isTaken(vnic.segment(), each.address());
        }
        return isFree || !known.equals(wanted);
    }

    /**
     * What is to be recorded now; what is too much waits.
     *
     * @param model null if there is no tenant (any more)
     */
    List<ModelEdit> record(@Nullable TenantModel model) {
        recording = false;
        if (model == null) {
            return List.of();
        }
        keepOnly(model);
        List<ModelEdit> edits = take(model);
        recordSoon();
        return edits;
    }

    private List<ModelEdit> take(TenantModel model) {
        List<ModelEdit> edits = new ArrayList<>();
        Iterator<Map.Entry<VnicId, List<DiscoveredAddress>>> all =
                pending.entrySet().iterator();
        while (all.hasNext() && edits.size() < MAX_VNICS_PER_EDIT) {
            Map.Entry<VnicId, List<DiscoveredAddress>> next = all.next();
            if (model.vnic(next.getKey()).isPresent()) {
                edits.add(new ModelEdit.SetDiscovered(
                        next.getKey().vm().name(), next.getKey().name(), next.getValue()));
            }
            all.remove();
        }
        return edits;
    }

    /** These edits were not made of reports of hosts: who has the vNICs is told that what they say holds. */
    void overruled(TenantModel model, List<ModelEdit> edits) {
        for (ModelEdit edit : edits) {
            if (edit instanceof ModelEdit.SetDiscovered set) {
                model.vnic(new VnicId(new VmId(model.tenant(), set.vm()), set.vnic()))
                        .ifPresent(this::overrule);
            }
        }
    }

    private void overrule(Vnic vnic) {
        pending.remove(vnic.id());
        generations.put(vnic.id(), ++lastGeneration);
        ActorRef<HostCommand> agent = agents.get(vnic.id());
        if (agent != null) {
            agent.tell(new HostCommand.KnownAddresses(
                    Map.of(vnic.id(), new Discovery(lastGeneration, vnic.discovered()))));
        }
    }

    /** Forgets vNICs that the tenant does not have any more. */
    private void keepOnly(TenantModel model) {
        generations.keySet().removeIf(id -> model.vnic(id).isEmpty());
        agents.keySet().removeIf(id -> model.vnic(id).isEmpty());
        pending.keySet().removeIf(id -> model.vnic(id).isEmpty());
    }
}
