package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.parcel.Parcels;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * Brings rule tables from the tenants to the firewalls of a host, and tells the tenants what is in force. Rules are wanted and in
 * force; whatever differs is installed. Belongs to {@link HostAgent}, on its thread.
 */
final class HostRules {
    /** Beyond so many vNICs of a tenant, what is said of them goes in pieces. */
    private static final int MAX_VNICS_PER_MESSAGE = 1_000;

    private final ActorContext<HostCommand> context;
    private final HostAgentEnvironment environment;
    private final FirewallAsks firewalls;
    private final HostId host;
    private final RuleShelf shelf = new RuleShelf();
    private final HostDiscovery discovery;
    private Set<TenantId> subscribed = Set.of();
    private boolean reporting;

    HostRules(ActorContext<HostCommand> context, HostAgentEnvironment environment, FirewallAsks firewalls) {
        this.context = context;
        this.environment = environment;
        this.firewalls = firewalls;
        this.host = environment.host();
        this.discovery = new HostDiscovery(context, environment, firewalls);
    }

    /** Addresses of the same vNICs. */
    HostDiscovery discovery() {
        return discovery;
    }

    // ---- which vNICs there are

    /** These are being attached: their tenants are asked for their rules. */
    void add(List<VnicId> vnics) {
        vnics.forEach(shelf::add);
        subscribe();
    }

    void remove(List<VnicId> vnics) {
        vnics.forEach(shelf::remove);
        discovery.gone(vnics);
        subscribe();
    }

    void keepOnly(Set<VnicId> vnics) {
        shelf.keepOnly(vnics);
    }

    // ---- from the tenants to the firewalls

    void onTables(HostCommand.RuleTables tables) {
        install(shelf.offer(tables.assignments(), tables.tables()));
    }

    /** Installs what is wanted and not in force. */
    void installDue() {
        install(shelf.due());
    }

    /** As {@link #installDue()}, for some vNICs. */
    void installDue(Collection<VnicId> vnics) {
        install(shelf.due().stream().filter(vnics::contains).toList());
    }

    private void install(List<VnicId> vnics) {
        for (VnicId vnic : vnics) {
            RuleShelf.Delivery delivery = shelf.delivery(vnic);
            if (delivery != null) {
                firewalls.pipe(
                        firewalls.ask(
                                vnic,
                                me -> new FirewallCommand.InstallRules(delivery.revision(), delivery.table(), me)),
                        reply -> new HostCommand.RulesAnswered(vnic, reply));
            }
            RuleShelf.ShadowDelivery shadow = shelf.shadowDelivery(vnic);
            if (shadow != null) {
                firewalls.pipe(
                        firewalls.ask(
                                vnic, me -> new FirewallCommand.InstallShadow(shadow.revision(), shadow.table(), me)),
                        reply -> new HostCommand.RulesAnswered(vnic, reply));
            }
        }
    }

    /** A firewall did not put rules in force. */
    void onRefused(VnicId vnic, Refused refused) {
        // One that is not attached (yet, or any more) gets its rules when it is.
        if (refused.code() != RefusalCode.UNKNOWN) {
            context.getLog().warn("rules of {} are not in force: {}", vnic, refused.message());
        }
    }

    // ---- from the firewalls to the tenants

    /** Takes over what the data path says, and sees to it that the tenant hears of a change. */
    void learn(VnicStatus status) {
        shelf.learn(status);
        discovery.arrived(status);
        if (shelf.hasUnreported() && !reporting) {
            reporting = true; // one report for all that is learned before the agent hears itself
            context.getSelf().tell(new HostCommand.ReportNow());
        }
    }

    /** As {@link RuleShelf#takeArrivals}. */
    boolean takeArrivals() {
        return shelf.takeArrivals();
    }

    void report() {
        reporting = false;
        shelf.takeUnreported()
                .forEach((tenant, vnics) -> tell(tenant, vnics.size(), new TenantCommand.ReportRealized(host, vnics)));
    }

    private void tell(TenantId tenant, int vnics, TenantCommand message) {
        environment
                .tenants()
                .apply(tenant)
                .tell(
                        vnics > MAX_VNICS_PER_MESSAGE
                                ? new TenantCommand.InPieces(
                                        Parcels.get(context.getSystem()).hold(message))
                                : message);
    }

    /** Says to every tenant what is in force here; one that has nothing here any more hears so once. */
    void subscribe() {
        Map<TenantId, Map<VnicId, TenantCommand.Realized>> realized = shelf.realized();
        Set<TenantId> tenants = new HashSet<>(realized.keySet());
        tenants.addAll(subscribed);
        for (TenantId tenant : tenants) {
            Map<VnicId, TenantCommand.Realized> its = realized.getOrDefault(tenant, Map.of());
            tell(tenant, its.size(), new TenantCommand.SubscribeHost(host, its, context.getSelf()));
        }
        subscribed = Set.copyOf(realized.keySet());
    }

    // ---- looking

    boolean hasRules(VmSpec vm) {
        return vm.vnicIds().stream().allMatch(shelf::hasRules);
    }

    /** Rules that were put in force without a tenant having sent them. */
    void restored(VnicId vnic, RuleTable table) {
        shelf.restored(vnic, table);
    }

    Map<VnicId, RuleTable> tablesInForce() {
        return shelf.tablesInForce();
    }
}
