package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.model.ServiceLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds rules that allow too much. Of the sources, the destinations and the services of a rule with action ALLOW (but for category
 * ETHERNET, where that decides nothing) at least two are wide. Sources and destinations are wide with at least half of all addresses of
 * IPv4 or IPv6; but where the rule is not applied to all vNICs, one of them is the vNIC itself and counts as limited. Services are wide with
 * all ports of TCP or UDP, or where they are negated. A rule for ICMP alone is never too permissive.
 */
final class Permissiveness {
    private final PolicyShapes shapes;

    Permissiveness(PolicyShapes shapes) {
        this.shapes = shapes;
    }

    Optional<Finding> judge(RuleShape rule) {
        if (rule.action() != Action.ALLOW || rule.category() == Category.ETHERNET || isForIcmpAlone(rule)) {
            return Optional.empty();
        }
        boolean isWideFrom = shapes.atoms().isWide(shapes.sources(rule));
        boolean isWideTo = shapes.atoms().isWide(shapes.destinations(rule));
        if (!isAppliedToAll(rule)) {
            // one end of each packet is a vNIC of the scope
            isWideFrom &= rule.directions() != Packets.OUT;
            isWideTo &= rule.directions() != Packets.IN && !isWideFrom;
        }
        List<String> wide = new ArrayList<>();
        addIf(isWideFrom, "sources", wide);
        addIf(isWideTo, "destinations", wide);
        addIf(hasWideServices(rule), "services", wide);
        return wide.size() < 2 ? Optional.empty() : Optional.of(finding(rule, wide));
    }

    private static void addIf(boolean isSo, String what, List<String> list) {
        if (isSo) {
            list.add(what);
        }
    }

    private Finding finding(RuleShape rule, List<String> wide) {
        String text = wide.size() == 3
                ? "it allows anyone to reach anyone with anything"
                : "its " + wide.get(0) + " and " + wide.get(1) + " are as good as unlimited";
        return new Finding(
                FindingKind.TOO_PERMISSIVE,
                rule.subject(),
                text + (isAppliedToAll(rule) ? ", at every vNIC" : ""),
                "name groups or addresses and services, or apply it to those vNICs alone that need it",
                List.of());
    }

    private boolean isAppliedToAll(RuleShape rule) {
        return shapes.scope(rule).contains(shapes.scopes().future());
    }

    private boolean hasWideServices(RuleShape rule) {
        NumberSet keys = shapes.transport(rule).keys();
        return rule.rule().services().negated()
                || keys.containsAll(Packets.keysOf(ServiceLibrary.TCP))
                || keys.containsAll(Packets.keysOf(ServiceLibrary.UDP));
    }

    private boolean isForIcmpAlone(RuleShape rule) {
        return NumberSet.union(List.of(Packets.keysOf(ServiceLibrary.ICMP), Packets.keysOf(ServiceLibrary.ICMPV6)))
                .containsAll(shapes.transport(rule).keys());
    }
}
