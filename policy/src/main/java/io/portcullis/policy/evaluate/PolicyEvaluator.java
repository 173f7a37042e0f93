package io.portcullis.policy.evaluate;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides about a packet by walking the central model: stages, policies, rules, condition by condition, without a rule table.
 * Slow and obvious: it is what every compiled table must agree with. It says what the rules say; what a vNIC's guards (spoofing, roles)
 * and connection tracking think of the packet comes before and after that.
 *
 * <p>One thread. The model must be free of problems; a dangling reference throws {@link IllegalArgumentException}.
 */
public final class PolicyEvaluator {
    private static final int ROUTER_SOLICITATION = 133;
    private static final int REDIRECT = 137;
    private static final int LISTENER_QUERY = 130;
    private static final Set<Integer> LISTENER_REPORTS = Set.of(131, 132, 143);

    private final TenantModel model;
    private final RuleConditions conditions;
    private final ExclusionConditions exclusions;
    private final Reasons reasons;
    /** In order of evaluation, those that are not active among them. */
    private final Map<Stage, List<SecurityPolicy>> policies = new EnumMap<>(Stage.class);

    private PolicyEvaluator(TenantModel model) {
        this.model = model;
        Population population = new Population(model);
        exclusions = new ExclusionConditions(model, population);
        conditions = new RuleConditions(model, population, exclusions);
        reasons = new Reasons(model, population, conditions, exclusions);
        for (Stage stage : Stage.values()) {
            policies.put(
                    stage,
                    model.allPolicies()
                            .filter(policy -> policy.stage() == stage)
                            .sorted(Comparator.comparingInt(SecurityPolicy::sequence)
                                    .thenComparing(SecurityPolicy::name))
                            .toList());
        }
    }

    public static PolicyEvaluator of(TenantModel model) {
        return new PolicyEvaluator(model);
    }

    /** Hears of the rules that were looked at. */
    private interface Visitor {
        void visit(SecurityPolicy policy, Rule rule, boolean matches);
    }

    /** A rule with its policy. */
    private record Placed(SecurityPolicy policy, Rule rule) {
        RuleName name() {
            return RuleName.of(policy, rule);
        }
    }

    /**
     * What becomes of the packet.
     *
     * @param direction as seen from the VM, IN or OUT
     */
    public Decision decide(Vnic vnic, RuleDirection direction, FirstPacket packet) {
        return decide(new Probe(vnic, direction, packet, model.time()), beginning(packet));
    }

    private Decision decide(Probe probe, Beginning beginning) {
        return walk(probe, beginning, (_, _, _) -> {}).decision();
    }

    private static Beginning beginning(FirstPacket packet) {
        Datagram datagram = packet.datagram();
        return datagram == null ? Beginning.OPENS : datagram.beginning();
    }

    /** As {@link #decide}, with reasons. */
    public Evaluation evaluate(Vnic vnic, RuleDirection direction, FirstPacket packet) {
        Probe probe = new Probe(vnic, direction, packet, model.time());
        NearMisses nearMisses = new NearMisses(conditions, reasons, probe);
        NextChange change = new NextChange(conditions, probe);
        Outcome outcome = walk(probe, beginning(packet), (policy, rule, matches) -> {
            change.consider(policy, rule);
            if (!matches) {
                nearMisses.consider(policy, rule);
            }
        });
        return new Evaluation(
                vnic.id(),
                direction,
                model.revision(),
                outcome.decision(),
                why(outcome, probe),
                nearMisses.closest(outcome.decision()),
                nextChange(probe, outcome.decision(), change.earliest()),
                outcome.isStateless(),
                outcome.isStateless() && outcome.decision().allows() ? answer(probe) : null);
    }

    /** What is said to the answer of a packet that a stateless rule allows: nobody remembers what it answers. */
    private @Nullable Decision answer(Probe probe) {
        Datagram datagram = probe.packet().datagram();
        if (datagram == null) {
            return null;
        }
        FirstPacket answer = FirstPacket.of(datagram.answer())
                .withMacs(
                        /* source= */ probe.packet().destinationMac(),
                        /* destination= */ probe.packet().sourceMac());
        RuleDirection back = probe.direction() == RuleDirection.IN ? RuleDirection.OUT : RuleDirection.IN;
        boolean isOfSctp = datagram.protocol() == ServiceLibrary.SCTP;
        return decide(
                new Probe(probe.vnic(), back, answer, probe.time()), isOfSctp ? Beginning.NOTHING : beginning(answer));
    }

    /** @param earliest at which the decision can be another one */
    private @Nullable Instant nextChange(Probe probe, Decision decision, @Nullable Instant earliest) {
        Instant time = earliest;
        for (int count = 0; time != null && count < Evaluation.MAX_TIMES; count++) {
            Probe later = probe.at(time);
            NextChange change = new NextChange(conditions, later);
            Outcome outcome =
                    walk(later, beginning(probe.packet()), (policy, rule, _) -> change.consider(policy, rule));
            if (!outcome.decision().equals(decision)) {
                return time;
            }
            time = change.earliest();
        }
        return null;
    }

    private List<Reason> why(Outcome outcome, Probe probe) {
        Placed decider = outcome.decider();
        if (decider != null) {
            return reasons.whyAll(decider.policy(), decider.rule(), probe);
        }
        return outcome.decision().cause() == Cause.EXCLUDED ? List.of(reasons.whyExcluded(probe.vnic())) : List.of();
    }

    /**
     * At both ends of a path.
     *
     * @param datagram from the path's sender to its receiver
     * @param router whose MAC address an end sees where the other is not in its segment
     */
    public PathEvaluation evaluate(Path path, Datagram datagram, MacAddress router) {
        Vnic sender = path.from().vnic();
        Vnic receiver = path.to().vnic();
        Evaluation source = sender == null ? null : evaluate(sender, RuleDirection.OUT, path.sent(datagram, router));
        Evaluation destination =
                receiver == null ? null : evaluate(receiver, RuleDirection.IN, path.received(datagram, router));
        return new PathEvaluation(path, source, destination);
    }

    private record Outcome(Decision decision, @Nullable Placed decider) {
        static Outcome of(Action verdict, Cause cause, List<RuleName> passes) {
            return new Outcome(new Decision(verdict, cause, null, passes), null);
        }

        boolean isStateless() {
            return decider != null && decider.policy().stateless();
        }

        static Outcome by(Placed rule, Action verdict, List<RuleName> passes) {
            return new Outcome(new Decision(verdict, Cause.RULE, rule.name(), passes), rule);
        }
    }

    private Outcome walk(Probe probe, Beginning beginning, Visitor visitor) {
        List<RuleName> passes = new ArrayList<>();
        @Nullable Datagram datagram = probe.packet().datagram();
        @Nullable Placed allowed = null;
        for (Stage stage : List.of(Stage.PROVIDER_ETHERNET, Stage.ETHERNET)) {
            Placed frameRule = firstMatch(stage, probe, visitor);
            if (frameRule == null) {
                continue;
            }
            switch (frameRule.rule().action()) {
                // nobody answers a frame that is not IP
                case REJECT -> {
                    return Outcome.by(frameRule, datagram == null ? Action.DROP : Action.REJECT, passes);
                }
                case DROP -> {
                    return Outcome.by(frameRule, Action.DROP, passes);
                }
                case ALLOW -> {
                    passes.add(frameRule.name());
                    allowed = frameRule;
                }
                case PASS -> passes.add(frameRule.name());
            }
        }
        if (datagram == null && allowed != null) {
            passes.remove(allowed.name());
            return Outcome.by(allowed, Action.ALLOW, passes);
        }
        if (datagram == null) {
            if (probe.packet().etherType() == FirstPacket.ARP) {
                return Outcome.of(Action.ALLOW, Cause.NEIGHBOURHOOD, passes);
            }
            return exclusions.isExcluded(probe.vnic())
                    ? Outcome.of(Action.ALLOW, Cause.EXCLUDED, passes)
                    : Outcome.of(Action.DROP, Cause.NOT_IP, passes);
        }
        return isNeighbourhood(datagram, probe.direction())
                ? Outcome.of(Action.ALLOW, Cause.NEIGHBOURHOOD, passes)
                : judgeConnection(probe, beginning, passes, visitor);
    }

    private Outcome judgeConnection(Probe probe, Beginning beginning, List<RuleName> passes, Visitor visitor) {
        for (Stage stage : Stage.values()) {
            Placed hit = stage.category() == Category.ETHERNET ? null : firstMatch(stage, probe, visitor);
            if (hit != null && hit.rule().action() != Action.PASS) {
                return exclusions.isExcluded(probe.vnic()) || mayBe(beginning, hit.policy())
                        ? Outcome.by(hit, hit.rule().action(), passes)
                        : Outcome.of(Action.DROP, Cause.NO_CONNECTION, passes);
            }
            if (hit != null) {
                passes.add(hit.name());
            }
        }
        if (exclusions.isExcluded(probe.vnic())) {
            return Outcome.of(Action.ALLOW, Cause.EXCLUDED, passes);
        }
        return mayBe(beginning, null)
                ? Outcome.of(model.defaultAction(), Cause.DEFAULT, passes)
                : Outcome.of(Action.DROP, Cause.NO_CONNECTION, passes);
    }

    /** Whether a rule decides about such a packet. */
    private boolean mayBe(Beginning beginning, @Nullable SecurityPolicy policy) {
        boolean isStateless = policy != null && policy.stateless();
        return switch (beginning) {
            case OPENS -> true;
            case PICKED_UP -> isStateless || picksUp(policy == null ? TcpPickup.INHERIT : policy.tcpPickup());
            case NOTHING -> isStateless;
            case NEVER -> false;
        };
    }

    private boolean picksUp(TcpPickup pickup) {
        return switch (pickup) {
            case INHERIT -> model.looseTracking();
            case STRICT -> false;
            case LOOSE -> true;
        };
    }

    private @Nullable Placed firstMatch(Stage stage, Probe probe, Visitor visitor) {
        for (SecurityPolicy policy : policies.getOrDefault(stage, List.of())) {
            for (Rule rule : policy.rules()) {
                boolean matches = conditions.allHold(policy, rule, probe);
                visitor.visit(policy, rule, matches);
                if (matches) {
                    return new Placed(policy, rule);
                }
            }
        }
        return null;
    }

    /** Listener discovery counts as what it is on a link, with a hop limit of 1. */
    private static boolean isNeighbourhood(Datagram datagram, RuleDirection direction) {
        if (datagram.protocol() != ServiceLibrary.ICMPV6) {
            return false;
        }
        int type = datagram.icmpType();
        return (ROUTER_SOLICITATION <= type && type <= REDIRECT)
                || LISTENER_REPORTS.contains(type)
                || (type == LISTENER_QUERY && direction == RuleDirection.IN);
    }
}
