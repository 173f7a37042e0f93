package io.portcullis.policy.model;

import java.util.List;
import java.util.function.UnaryOperator;

/** Gives groups, services and policies other names, and what they refer to likewise. Built-in services, segments and VMs keep theirs. */
record Renaming(UnaryOperator<String> names) {
    String name(String name) {
        return names.apply(name);
    }

    Group group(Group group) {
        return new Group(name(group.name()), expression(group.expression()));
    }

    Service service(Service service) {
        return new Service(name(service.name()), service.matches(), service.alg());
    }

    SecurityPolicy policy(SecurityPolicy policy) {
        return new SecurityPolicy(
                name(policy.name()),
                policy.category(),
                policy.sequence(),
                all(policy.appliedTo()),
                policy.enabled(),
                policy.rules().stream().map(this::rule).toList(),
                policy.description(),
                policy.lock(),
                policy.schedule(),
                policy.stateless(),
                policy.tcpPickup());
    }

    private Rule rule(Rule rule) {
        return new Rule(
                rule.name(),
                peers(rule.sources()),
                peers(rule.destinations()),
                services(rule.services()),
                rule.direction(),
                rule.family(),
                rule.ethernet(),
                rule.action(),
                rule.liveFlowMode(),
                rule.log(),
                all(rule.appliedTo()),
                rule.description(),
                rule.logLabel(),
                rule.expires());
    }

    private Peers peers(Peers peers) {
        return peers.groups().isEmpty()
                ? peers
                : new Peers(peers.any(), all(peers.groups()), peers.addresses(), peers.negated());
    }

    private ServiceSelection services(ServiceSelection selection) {
        return new ServiceSelection(
                selection.any(),
                selection.names().stream()
                        .map(name -> ServiceLibrary.BUILT_IN.containsKey(name) ? name : name(name))
                        .toList(),
                selection.negated());
    }

    private Expression expression(Expression expression) {
        return switch (expression) {
            case Expression.InGroup(String group) -> new Expression.InGroup(name(group));
            case Expression.And(List<Expression> operands) -> new Expression.And(expressions(operands));
            case Expression.Or(List<Expression> operands) -> new Expression.Or(expressions(operands));
            case Expression.Not(Expression operand) -> new Expression.Not(expression(operand));
            case Expression.HasTag _,
                    Expression.NameMatches _,
                    Expression.OsMatches _,
                    Expression.InSegment _,
                    Expression.HasFinding _,
                    Expression.Addresses _,
                    Expression.Members _ -> expression;
        };
    }

    private List<Expression> expressions(List<Expression> operands) {
        return operands.stream().map(this::expression).toList();
    }

    private List<String> all(List<String> originals) {
        return originals.stream().map(this::name).toList();
    }
}
