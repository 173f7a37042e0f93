package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.IpRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Finds rules that an earlier one of their category covers whoever is in which group: it names all groups, addresses and services that they name, or any.
 * For a model without VMs, whose groups others judge. Where this is not seen from what is written, nothing is found. Time grows with
 * the square of the rules of a category.
 */
final class WrittenCover {
    /** Literals of one side of a rule times those of another: beyond, only lists that are the same are found to cover each other. */
    private static final long MAX_PAIRS = 1_024;

    private record Written(SecurityPolicy policy, Rule rule) {
        RuleName name() {
            return new RuleName(policy.name(), rule.name());
        }

        boolean isAlwaysActive() {
            return policy.schedule() == null && rule.expires() == null;
        }
    }

    private final TenantModel model;
    private final List<SecurityPolicy> policies;
    private final FindingTexts texts;

    /** @param policies that are active, in order of evaluation */
    WrittenCover(TenantModel model, List<SecurityPolicy> policies, FindingTexts texts) {
        this.model = model;
        this.policies = policies;
        this.texts = texts;
    }

    void find(BiConsumer<Finding.OfRule, Finding> findings) {
        Map<Category, List<Written>> earlier = new EnumMap<>(Category.class);
        for (SecurityPolicy policy : policies) {
            List<Written> before = earlier.computeIfAbsent(policy.category(), _ -> new ArrayList<>());
            for (int index = 0; index < policy.rules().size(); index++) {
                Written rule = new Written(policy, policy.rules().get(index));
                Finding.OfRule subject = new Finding.OfRule(rule.name(), index);
                if (!rule.rule().activeAt(model.time())) {
                    continue;
                }
                before.stream()
                        .filter(each -> covers(each, rule))
                        .findFirst()
                        .ifPresent(taker -> findings.accept(
                                subject,
                                texts.covered(
                                        subject,
                                        rule.rule().action(),
                                        taker.name(),
                                        taker.rule().action())));
                if (rule.isAlwaysActive()) {
                    before.add(rule);
                }
            }
        }
    }

    private boolean covers(Written taker, Written taken) {
        Rule one = taker.rule();
        Rule other = taken.rule();
        return (one.direction() == RuleDirection.BOTH || one.direction() == other.direction())
                && (one.family() == IpFamily.ANY || one.family() == other.family())
                && (one.ethernet().matchesEverything() || one.ethernet().equals(other.ethernet()))
                && isWithin(taken.policy().appliedTo(), taker.policy().appliedTo())
                && isWithin(other.appliedTo(), one.appliedTo())
                && covers(one.services(), other.services())
                && covers(one.sources(), other.sources())
                && covers(one.destinations(), other.destinations())
                && !switchesFtpOn(one, other);
    }

    /** Of lists that stand for all vNICs if they are empty. */
    private static boolean isWithin(List<String> groups, List<String> all) {
        return all.isEmpty() || (!groups.isEmpty() && all.containsAll(groups));
    }

    private static boolean covers(ServiceSelection one, ServiceSelection other) {
        if (one.any() || other.any() || one.negated() != other.negated()) {
            return one.any();
        }
        return one.negated() ? holdsAll(other.names(), one.names()) : holdsAll(one.names(), other.names());
    }

    private static boolean covers(Peers one, Peers other) {
        if (one.any() || other.any() || one.negated() != other.negated()) {
            return one.any();
        }
        return one.negated() ? names(other, one) : names(one, other);
    }

    private static boolean names(Peers one, Peers other) {
        if (!holdsAll(one.groups(), other.groups())) {
            return false;
        }
        long pairs = (long) one.addresses().size() * other.addresses().size();
        if (pairs > MAX_PAIRS) {
            return one.addresses().equals(other.addresses());
        }
        return other.addresses().stream()
                .allMatch(literal -> one.addresses().stream().anyMatch(each -> holds(each, literal)));
    }

    private static boolean holds(AddressLiteral one, AddressLiteral other) {
        IpRange range = other.range();
        return one.range().family() == range.family()
                && one.range().contains(range.firstHigh(), range.firstLow())
                && one.range().contains(range.lastHigh(), range.lastLow());
    }

    private static boolean holdsAll(Collection<String> names, Collection<String> wanted) {
        return names.size() < 8 ? names.containsAll(wanted) : new HashSet<>(names).containsAll(wanted);
    }

    /** Whether the later rule has an effect though it never decides: FTP's gateway is there because of it. */
    private boolean switchesFtpOn(Rule one, Rule other) {
        return one.action() == Action.ALLOW
                && other.action() == Action.ALLOW
                && one.services().any()
                && other.services().names().stream()
                        .flatMap(name -> model.service(name).stream())
                        .anyMatch(service -> service.alg() == Alg.FTP);
    }
}
