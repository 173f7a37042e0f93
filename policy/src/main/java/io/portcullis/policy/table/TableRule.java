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

    /**
     * Begins with: a tenant's rule of category APPLICATION, both directions, both families, anyone to anyone, any service and any Ethernet header, live flows
     * rechecked, not logged, keeping state as the tenant tracks.
     */
    public static Builder of(long id, String name, Action action) {
        return new Builder(id, name, action);
    }

    /** The same rule, to be changed. */
    public Builder toBuilder() {
        return new Builder(id, name, action)
                .stage(stage)
                .direction(direction)
                .family(family)
                .from(sources)
                .to(destinations)
                .services(services)
                .servicesNegated(servicesNegated)
                .ethernet(ethernet)
                .liveFlows(liveFlowMode)
                .log(log, logLabel)
                .stateless(stateless)
                .pickup(pickup);
    }

    public Category category() {
        return stage.category();
    }

    /** Whose it is. */
    public Tier tier() {
        return stage.tier();
    }

    /** Makes a rule; see {@link TableRule#of}. One thread. */
    public static final class Builder {
        private final long id;
        private final String name;
        private Action action;
        private Stage stage = Stage.of(Tier.TENANT, Category.APPLICATION);
        private RuleDirection direction = RuleDirection.BOTH;
        private IpFamily family = IpFamily.ANY;
        private AddressMatch sources = AddressMatch.ANY;
        private AddressMatch destinations = AddressMatch.ANY;
        private List<ServiceMatch> services = List.of(ServiceMatch.ANY);
        private boolean servicesNegated;
        private EthernetMatch ethernet = EthernetMatch.ANY;
        private LiveFlowMode liveFlowMode = LiveFlowMode.RECHECK;
        private boolean log;
        private String logLabel = "";
        private boolean stateless;
        private TcpPickup pickup = TcpPickup.INHERIT;

        private Builder(long id, String name, Action action) {
            this.id = id;
            this.name = name;
            this.action = action;
        }

        public Builder action(Action other) {
            action = other;
            return this;
        }

        public Builder stage(Stage other) {
            stage = other;
            return this;
        }

        /** Of a tenant's rule. */
        public Builder category(Category category) {
            return stage(Stage.of(Tier.TENANT, category));
        }

        public Builder direction(RuleDirection other) {
            direction = other;
            return this;
        }

        public Builder family(IpFamily other) {
            family = other;
            return this;
        }

        public Builder from(AddressMatch match) {
            sources = match;
            return this;
        }

        public Builder to(AddressMatch match) {
            destinations = match;
            return this;
        }

        /** Any of which may match; never none. */
        public Builder services(List<ServiceMatch> matches) {
            services = matches;
            return this;
        }

        public Builder services(ServiceMatch... matches) {
            return services(List.of(matches));
        }

        public Builder servicesNegated(boolean on) {
            servicesNegated = on;
            return this;
        }

        public Builder ethernet(EthernetMatch match) {
            ethernet = match;
            return this;
        }

        public Builder liveFlows(LiveFlowMode mode) {
            liveFlowMode = mode;
            return this;
        }

        /**
         * Whether it logs.
         *
         * @param label of a rule that logs; empty for none
         */
        public Builder log(boolean on, String label) {
            log = on;
            logLabel = label;
            return this;
        }

        public Builder stateless(boolean on) {
            stateless = on;
            return this;
        }

        public Builder pickup(TcpPickup other) {
            pickup = other;
            return this;
        }

        /** Throws {@link IllegalArgumentException} for what no rule can be. */
        public TableRule build() {
            return new TableRule(
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
                    stateless,
                    pickup);
        }
    }
}
