package io.portcullis.policy.table;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.Tier;
import java.util.List;

/**
 * One compiled rule.
 *
 * @param id stable across compilations for as long as the rule keeps its name; connections remember it
 * @param name {@code policy/rule} of a tenant, {@code provider/policy/rule} of the provider, for people
 * @param stage where it stands in the order of evaluation
 * @param sources addresses of the sender of the connection's first packet
 * @param services the rule matches if any of these does; never empty
 * @param servicesNegated the rule matches if none of them does
 * @param ethernet looked at in category ETHERNET only, whose rules judge each frame by itself; those of the other categories
 *     judge the first packet of a connection
 * @param logLabel for each line of a rule that logs; empty for none
 * @param stateless whether it judges each packet by itself, and its ALLOW opens no connection; packets of a connection that another rule
 *     opened never come to it
 * @param pickup of connections that it opens; INHERIT if it opens none
 */
public record TableRule(
        long id,
        String name,
        Stage stage,
        RuleDirection direction,
        IpFamily family,
        AddressMatch sources,
        AddressMatch destinations,
        List<ServiceMatch> services,
        boolean servicesNegated,
        EthernetMatch ethernet,
        Action action,
        LiveFlowMode liveFlowMode,
        boolean log,
        String logLabel,
        boolean stateless,
        TcpPickup pickup) {
    public TableRule {
        services = List.copyOf(services);
        if ((stateless || stage.category() == Category.ETHERNET) && pickup != TcpPickup.INHERIT) {
            throw new IllegalArgumentException("rule " + name + " opens no connections that could be picked up");
        }
        if (stateless && stage.category() == Category.ETHERNET) {
            throw new IllegalArgumentException("rule " + name + " of category ETHERNET judges each frame anyway");
        }
        if (!log && !logLabel.isEmpty()) {
            throw new IllegalArgumentException("rule " + name + " has a label for a log that it does not write");
        }
        if (services.isEmpty()) {
            throw new IllegalArgumentException("rule " + name + " matches no service; use ServiceMatch.ANY");
        }
        if (stage.category() != Category.ETHERNET && !ethernet.matchesEverything()) {
            throw new IllegalArgumentException(
                    "rule " + name + " of category " + stage.category() + " matches Ethernet headers");
        }
    }

    /** Of a tenant; any of the services, any Ethernet header. */
    public TableRule(
            long id,
            String name,
            Category category,
            RuleDirection direction,
            IpFamily family,
            AddressMatch sources,
            AddressMatch destinations,
            List<ServiceMatch> services,
            Action action,
            LiveFlowMode liveFlowMode,
            boolean log) {
        this(
                id,
                name,
                category,
                direction,
                family,
                sources,
                destinations,
                services,
                false,
                EthernetMatch.ANY,
                action,
                liveFlowMode,
                log);
    }

    /** Of a tenant; logs without a label, if at all. */
    public TableRule(
            long id,
            String name,
            Category category,
            RuleDirection direction,
            IpFamily family,
            AddressMatch sources,
            AddressMatch destinations,
            List<ServiceMatch> services,
            boolean servicesNegated,
            EthernetMatch ethernet,
            Action action,
            LiveFlowMode liveFlowMode,
            boolean log) {
        this(
                id,
                name,
                category,
                direction,
                family,
                sources,
                destinations,
                services,
                servicesNegated,
                ethernet,
                action,
                liveFlowMode,
                log,
                "");
    }

    /** Of a tenant; keeps state as that tracks. */
    public TableRule(
            long id,
            String name,
            Category category,
            RuleDirection direction,
            IpFamily family,
            AddressMatch sources,
            AddressMatch destinations,
            List<ServiceMatch> services,
            boolean servicesNegated,
            EthernetMatch ethernet,
            Action action,
            LiveFlowMode liveFlowMode,
            boolean log,
            String logLabel) {
        this(
                id,
                name,
                Stage.of(Tier.TENANT, category),
                direction,
                family,
                sources,
                destinations,
                services,
                servicesNegated,
                ethernet,
                action,
                liveFlowMode,
                log,
                logLabel);
    }

    /** Keeps state, and picks connections up as the tenant tracks. */
    public TableRule(
            long id,
            String name,
            Stage stage,
            RuleDirection direction,
            IpFamily family,
            AddressMatch sources,
            AddressMatch destinations,
            List<ServiceMatch> services,
            boolean servicesNegated,
            EthernetMatch ethernet,
            Action action,
            LiveFlowMode liveFlowMode,
            boolean log,
            String logLabel) {
        this(
                id,
                name,
                stage,
                direction,
                family,
                sources,
                destinations,
                services,
                servicesNegated,
                ethernet,
                action,
                liveFlowMode,
                log,
                logLabel,
                false,
                TcpPickup.INHERIT);
    }

    public Category category() {
        return stage.category();
    }

    /** Whose it is. */
    public Tier tier() {
        return stage.tier();
    }
}
