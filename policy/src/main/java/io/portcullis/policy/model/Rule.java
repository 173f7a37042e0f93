package io.portcullis.policy.model;

import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.table.EthernetMatch;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a security policy. Its name is its identity: connections and counters refer to {@code tenant/policy/rule}.
 *
 * @param ethernet for rules of category ETHERNET only
 * @param appliedTo groups whose vNICs enforce the rule, within those of the policy; empty for all of the policy's
 * @param description for people; empty for none
 * @param logLabel stands in each line that the rule logs; empty for none
 * @param expires from then on the rule is in no rule table; null for never
 */
public record Rule(
        String name,
        Peers sources,
        Peers destinations,
        ServiceSelection services,
        RuleDirection direction,
        IpFamily family,
        EthernetMatch ethernet,
        Action action,
        LiveFlowMode liveFlowMode,
        boolean log,
        List<String> appliedTo,
        String description,
        String logLabel,
        @Nullable Instant expires) {
    public Rule {
        // rules that were stored before there were labels, descriptions, or Ethernet headers, have none
        logLabel = Objects.requireNonNullElse(logLabel, "");
        description = Objects.requireNonNullElse(description, "");
        ethernet = Objects.requireNonNullElse(ethernet, EthernetMatch.ANY);
        appliedTo = List.copyOf(appliedTo);
    }

    /** Whether it has not expired by then. */
    public boolean activeAt(Instant time) {
        return expires == null || time.isBefore(expires);
    }

    public Rule withAction(Action other) {
        return new Rule(
                name,
                sources,
                destinations,
                services,
                direction,
                family,
                ethernet,
                other,
                liveFlowMode,
                log,
                appliedTo,
                description,
                logLabel,
                expires);
    }

    public static Builder allow(String name) {
        return new Builder(name, Action.ALLOW);
    }

    public static Builder drop(String name) {
        return new Builder(name, Action.DROP);
    }

    public static Builder reject(String name) {
        return new Builder(name, Action.REJECT);
    }

    public static Builder pass(String name) {
        return new Builder(name, Action.PASS);
    }

    /**
     * Begins with: anyone to anyone, NO service (one must be chosen), both directions, both families, live flows
     * rechecked, not logged, applied to all vNICs of the policy, for ever.
     */
    public static final class Builder {
        private final String name;
        private final Action action;
        private Peers sources = Peers.ANY;
        private Peers destinations = Peers.ANY;
        private ServiceSelection services = ServiceSelection.named();
        private RuleDirection direction = RuleDirection.BOTH;
        private IpFamily family = IpFamily.ANY;
        private EthernetMatch ethernet = EthernetMatch.ANY;
        private LiveFlowMode liveFlowMode = LiveFlowMode.RECHECK;
        private boolean log;
        private List<String> appliedTo = List.of();
        private String description = "";
        private String logLabel = "";
        private @Nullable Instant expires;

        public Builder(String name, Action action) {
            this.name = name;
            this.action = action;
        }

        public Builder from(Peers peers) {
            sources = peers;
            return this;
        }

        public Builder from(String... groups) {
            return from(Peers.groups(groups));
        }

        public Builder to(Peers peers) {
            destinations = peers;
            return this;
        }

        public Builder to(String... groups) {
            return to(Peers.groups(groups));
        }

        public Builder services(String... names) {
            return services(ServiceSelection.named(names));
        }

        public Builder services(ServiceSelection selection) {
            services = selection;
            return this;
        }

        public Builder anyService() {
            return services(ServiceSelection.ANY);
        }

        public Builder direction(RuleDirection newDirection) {
            direction = newDirection;
            return this;
        }

        public Builder family(IpFamily newFamily) {
            family = newFamily;
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

        public Builder log(boolean on) {
            log = on;
            return this;
        }

        public Builder appliedTo(String... groups) {
            appliedTo = List.of(groups);
            return this;
        }

        public Builder description(String text) {
            description = text;
            return this;
        }

        /** Logs, with this label. */
        public Builder logAs(String label) {
            logLabel = label;
            return log(true);
        }

        public Builder expires(@Nullable Instant time) {
            expires = time;
            return this;
        }

        public Rule build() {
            return new Rule(
                    name,
                    sources,
                    destinations,
                    services,
                    direction,
                    family,
                    ethernet,
                    action,
                    liveFlowMode,
                    log,
                    appliedTo,
                    description,
                    logLabel,
                    expires);
        }
    }
}
