package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.parcel.Parcels;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Brings rule tables from the tenants to the firewalls of a host, and tells the tenants what is in force. Rules are wanted and in
 * force; whatever differs is installed. Belongs to {@link HostAgent}, on its thread.
 */
final class HostRules {
    /** Beyond so many vNICs of a tenant, what is said of them goes in pieces. */
    private static final int MAX_VNICS_PER_MESSAGE = 1_000;
    /** What is in force is told together with what is about to be, but waits no longer for it. */
    private static final Duration MAX_REPORT_DELAY = Duration.ofMillis(20);

    private final ActorContext<HostCommand> context;
    private final HostAgentEnvironment environment;
    private final FirewallAsks firewalls;
    private final HostId host;
    private final RuleShelf shelf = new RuleShelf();
    private final HostDiscovery discovery;
    private final Map<TenantId, Subscription> subscribed = new HashMap<>();
    /** Firewalls that were told rules and have not answered yet. */
    private int installing;

    private boolean reporting;
    private boolean isReportHeld;

    /** How it stands with a tenant that was told what is here. */
    private static final class Subscription {
        /** It has answered at some time: it understands changes. */
        private boolean speaks;
        /** It has said that it knows all that it was told. */
        private boolean isKnown;
        /** It was asked whether it still does, and has not answered yet. */
        private boolean isAsked;
    }

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
        byTenant(vnics).forEach((tenant, its) -> change(tenant, its, List.of()));
    }

    void remove(List<VnicId> vnics) {
        vnics.forEach(shelf::remove);
        discovery.gone(vnics);
        byTenant(vnics).forEach((tenant, its) -> change(tenant, List.of(), its));
    }

    private static Map<TenantId, List<VnicId>> byTenant(List<VnicId> vnics) {
        return vnics.stream().collect(Collectors.groupingBy(VnicId::tenant));
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
        install(vnics.stream().filter(shelf::isDue).toList());
    }

    private void install(List<VnicId> vnics) {
        for (VnicId vnic : vnics) {
            RuleShelf.Delivery delivery = shelf.delivery(vnic);
            if (delivery != null) {
                installing++;
                firewalls.pipe(
                        firewalls.ask(
                                vnic,
                                me -> new FirewallCommand.InstallRules(delivery.revision(), delivery.table(), me)),
                        reply -> new HostCommand.RulesAnswered(vnic, reply));
            }
            RuleShelf.ShadowDelivery shadow = shelf.shadowDelivery(vnic);
            if (shadow != null) {
                installing++;
                firewalls.pipe(
                        firewalls.ask(
                                vnic, me -> new FirewallCommand.InstallShadow(shadow.revision(), shadow.table(), me)),
                        reply -> new HostCommand.RulesAnswered(vnic, reply));
            }
        }
    }

    /** A firewall has answered to rules, or not in time; called before what it says is learned. */
    void answered() {
        installing--;
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

    /** Once all of those have answered that were told rules at the same time, so that one change makes one report. */
    void reportSoon() {
        if (installing == 0) {
            report();
        } else if (!isReportHeld) {
            isReportHeld = true;
            context.scheduleOnce(MAX_REPORT_DELAY, context.getSelf(), new HostCommand.ReportHeld());
        }
    }

    /** Some of them take long. */
    void reportHeld() {
        if (isReportHeld) {
            report();
        }
    }

    void reportIfAllAnswered() {
        if (isReportHeld && installing == 0) {
            report();
        }
    }

    private void report() {
        reporting = false;
        isReportHeld = false;
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

    /**
     * Asks every tenant whether it still knows what is in force here; one that did not answer the last time is told everything. One that has nothing here any more
     * hears so once.
     */
    void subscribe() {
        Set<TenantId> tenants = new HashSet<>(shelf.tenants());
        tenants.addAll(subscribed.keySet());
        for (TenantId tenant : tenants) {
            Subscription subscription = subscribed.get(tenant);
            RealizedVnics its = shelf.realized(tenant);
            if (subscription == null || !subscription.isKnown || subscription.isAsked || its == null) {
                tellAll(tenant);
            }
            subscription = subscribed.get(tenant);
            if (subscription != null && its != null) {
                subscription.isAsked = true;
                tellChange(tenant, its, Map.of(), Set.of());
            }
        }
    }

    /** Some vNICs of the tenant have come or gone. */
    private void change(TenantId tenant, List<VnicId> added, List<VnicId> removed) {
        Subscription subscription = subscribed.get(tenant);
        RealizedVnics its = shelf.realized(tenant);
        if (its == null) {
            tellAll(tenant);
            return;
        }
        if (subscription == null) {
            tellAll(tenant);
            tellChange(tenant, its, Map.of(), Set.of());
            return;
        }
        if (!subscription.speaks) {
            tellAll(tenant);
            return;
        }
        Map<VnicId, TenantCommand.Realized> news = new HashMap<>();
        for (VnicId vnic : added) {
            TenantCommand.Realized now = its.get(vnic);
            if (now != null) {
                news.put(vnic, now);
            }
        }
        tellChange(tenant, its, news, Set.copyOf(removed));
    }

    private void tellChange(
            TenantId tenant, RealizedVnics its, Map<VnicId, TenantCommand.Realized> added, Set<VnicId> removed) {
        report(); // what the digest covers is told before it
        tell(
                tenant,
                added.size(),
                new TenantCommand.ChangeSubscription(host, added, removed, its.digest(), context.getSelf()));
    }

    private void tellAll(TenantId tenant) {
        RealizedVnics its = shelf.realized(tenant);
        if (its == null) {
            subscribed.remove(tenant);
            tell(tenant, 0, new TenantCommand.SubscribeHost(host, Map.of(), context.getSelf()));
            return;
        }
        subscribed.computeIfAbsent(tenant, _ -> new Subscription()).isKnown = false;
        tell(tenant, its.count(), new TenantCommand.SubscribeHost(host, its.all(), context.getSelf()));
    }

    /** A tenant says whether it knows what is here. */
    void onSubscribed(HostCommand.Subscribed answer) {
        Subscription subscription = subscribed.get(answer.tenant());
        if (subscription == null) {
            return;
        }
        subscription.speaks = true;
        RealizedVnics its = shelf.realized(answer.tenant());
        if (answer.complete()) {
            subscription.isAsked = false;
            subscription.isKnown = true;
        } else if (subscription.isKnown && its != null) {
            // what was told in pieces may still be on its way: then the next round finds out
            tellAll(answer.tenant());
            tellChange(answer.tenant(), its, Map.of(), Set.of());
        }
    }

    // ---- looking

    boolean hasRules(VmSpec vm) {
        return vm.vnicIds().stream().allMatch(shelf::hasRules);
    }

    /** Whether all have the rules that their tenant has named here. */
    boolean hasTenantsRules(VmSpec vm) {
        return vm.vnicIds().stream().allMatch(shelf::hasTenantsRules);
    }

    /** Rules that were put in force without a tenant having sent them. */
    void restored(VnicId vnic, RuleTable table) {
        shelf.restored(vnic, table);
    }

    /** As {@link RuleShelf#revisionInForce}. */
    long revisionInForce(VnicId vnic) {
        return shelf.revisionInForce(vnic);
    }

    /** As {@link RuleShelf#tableInForce}. */
    @Nullable
    RuleTable tableInForce(VnicId vnic) {
        return shelf.tableInForce(vnic);
    }
}
