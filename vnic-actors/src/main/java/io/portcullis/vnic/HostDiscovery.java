package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Tells tenants which addresses the vNICs of a host were found to have, and firewalls what their tenants know of that.
 *
 * <p>A vNIC that is new here brings nothing: the tenant first says what was discovered elsewhere, so that a VM that moves keeps it and nobody takes the
 * move for a discovery. From then on what the data path has is the truth, until the tenant says otherwise (an operator has cleared
 * it). Changes are told as they are seen, everything again with each look at everything; a detach is told at once. Belongs to
 * {@link HostAgent}, on its thread.
 */
final class HostDiscovery {
    /** Bounds of one message, so that it fits an Artery frame. */
    private static final int MAX_ADDRESSES_PER_MESSAGE = 1_000;

    private static final int MAX_VNICS_PER_MESSAGE = 500;

    private static final class Slot {
        /** 0: the tenant has not yet said what it knows. */
        private long generation;

        private boolean enforcing;
        private List<DiscoveredAddress> found = List.of();
        private @Nullable Discovery told;
        private boolean detaching;
    }

    private final ActorContext<HostCommand> context;
    private final HostAgentEnvironment environment;
    private final FirewallAsks firewalls;
    private final Map<VnicId, Slot> slots = new HashMap<>();

    HostDiscovery(ActorContext<HostCommand> context, HostAgentEnvironment environment, FirewallAsks firewalls) {
        this.context = context;
        this.environment = environment;
        this.firewalls = firewalls;
    }

    /** Asks the tenant about a vNIC that has just come, so that its addresses are here before it enforces. */
    void arrived(VnicStatus status) {
        if (!slots.containsKey(status.vnic()) && learn(status)) {
            report(false);
        }
    }

    /** Takes over what the data path says of some of its vNICs, and tells what of that is news. */
    void news(Collection<VnicStatus> statuses) {
        statuses.forEach(this::learn);
        report(false);
    }

    /** Takes over what the data path says of all its vNICs, and tells all of it. */
    void learn(Collection<VnicStatus> statuses) {
        Set<VnicId> here = new HashSet<>();
        for (VnicStatus status : statuses) {
            if (learn(status)) {
                here.add(status.vnic());
            }
        }
        slots.keySet().retainAll(here);
        report(true);
    }

    /** Whether the vNIC discovers anything at all. */
    private boolean learn(VnicStatus status) {
        List<DiscoveredAddress> found = status.discovered();
        if (found == null) {
            return false;
        }
        Slot slot = slots.computeIfAbsent(status.vnic(), _ -> new Slot());
        slot.enforcing = status.mode() == VnicMode.ENFORCING;
        slot.found = found;
        return true;
    }

    private void report(boolean all) {
        Map<TenantId, Map<VnicId, Discovery>> news = new LinkedHashMap<>();
        slots.forEach((vnic, slot) -> {
            Discovery discovery = new Discovery(slot.generation, slot.found);
            boolean isTold = discovery.equals(slot.told);
            // a destination that is only prepared asks what there is to know, and says nothing
            if ((slot.enforcing || slot.generation == 0) && (all || !isTold || slot.generation == 0)) {
                slot.told = discovery;
                add(news, vnic, discovery);
            }
        });
        news.forEach(this::send);
    }

    private void add(Map<TenantId, Map<VnicId, Discovery>> news, VnicId vnic, Discovery discovery) {
        Map<VnicId, Discovery> its = news.computeIfAbsent(vnic.tenant(), _ -> new LinkedHashMap<>());
        int addresses =
                its.values().stream().mapToInt(each -> each.addresses().size()).sum();
        if (its.size() == MAX_VNICS_PER_MESSAGE
                || (!its.isEmpty() && addresses + discovery.addresses().size() > MAX_ADDRESSES_PER_MESSAGE)) {
            send(vnic.tenant(), its);
            its.clear();
        }
        its.put(vnic, discovery);
    }

    private void send(TenantId tenant, Map<VnicId, Discovery> news) {
        environment
                .tenants()
                .apply(tenant)
                .tell(new TenantCommand.ReportDiscovered(environment.host(), news, context.getSelf()));
    }

    /** From the tenant: this was known before, here or elsewhere. */
    void onKnown(HostCommand.KnownAddresses known) {
        known.vnics().forEach((vnic, discovery) -> {
            Slot slot = slots.get(vnic);
            if (slot != null && slot.generation != discovery.generation()) {
                boolean isOverruled = slot.generation != 0;
                firewalls.pipe(
                        firewalls.ask(
                                vnic, me -> new FirewallCommand.LearnAddresses(discovery.addresses(), isOverruled, me)),
                        reply -> new HostCommand.AddressesLearned(vnic, discovery.generation(), reply));
            }
        });
    }

    /** The firewall has taken them in, or not: then the tenant is asked again with the next look. */
    void onLearned(HostCommand.AddressesLearned learned) {
        Slot slot = slots.get(learned.vnic());
        VnicStatus status = FirewallReplies.status(learned.reply());
        if (slot != null && status != null && status.discovered() != null) {
            slot.generation = learned.generation();
            slot.found = status.discovered();
            slot.enforcing = status.mode() == VnicMode.ENFORCING;
            report(false);
        }
    }

    /** They leave for good, not for another host. */
    void detaching(List<VnicId> vnics) {
        for (VnicId vnic : vnics) {
            Slot slot = slots.get(vnic);
            if (slot != null) {
                slot.detaching = true;
            }
        }
    }

    /** They are not here any more. */
    void gone(List<VnicId> vnics) {
        Map<TenantId, Map<VnicId, Discovery>> news = new LinkedHashMap<>();
        for (VnicId vnic : new ArrayList<>(vnics)) {
            Slot slot = slots.remove(vnic);
            if (slot != null && slot.detaching && slot.generation != 0) {
                add(news, vnic, new Discovery(slot.generation, List.of()));
            }
        }
        news.forEach(this::send);
    }
}
