package io.portcullis.policy.compile;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A rule of an active policy, enforced or staged, with its names resolved. */
final class RuleNode {
    /** Order of evaluation. */
    static final Comparator<RuleNode> ORDER = (one, other) -> {
        int order = one.policy == other.policy ? 0 : SecurityPolicy.EVALUATION_ORDER.compare(one.policy, other.policy);
        // places of one policy change together, so those of what is staged for it must not come between them
        order = order != 0 ? order : Boolean.compare(one.staged, other.staged);
        return order != 0 ? order : Integer.compare(one.place, other.place);
    };

    /** Has the same name, category, sequence and state for as long as the rule is known. */
    SecurityPolicy policy;

    final Rule rule;
    final long id;
    /** Whether the policy is staged: then the rule is in shadows only. */
    final boolean staged;
    /** Whether something is staged for its policy, which is enforced: then the rule is in no shadow. */
    boolean replaced;

    /** In its policy. Others may come before it, but rules never change their order. */
    int place;

    /** Groups whose vNICs enforce the policy, and the rule; empty for all. */
    final List<GroupNode> ofPolicy;

    final List<GroupNode> ofRule;
    final Side sources;
    final Side destinations;

    /** Null while it cannot match anything: a side has no address. */
    @Nullable
    TableRule compiled;

    boolean ftp;
    /** Whether that side may be an address of any vNIC, as {@link #compiled} says it; see {@link RuleResolver#mayHoldAny}. */
    boolean anySource;

    boolean anyDestination;
    /** Whether the rule was forgotten in this update. */
    boolean gone;

    RuleNode(
            SecurityPolicy policy,
            Rule rule,
            long id,
            boolean staged,
            List<GroupNode> ofPolicy,
            List<GroupNode> ofRule,
            Side sources,
            Side destinations) {
        this.policy = policy;
        this.rule = rule;
        this.id = id;
        this.staged = staged;
        this.ofPolicy = ofPolicy;
        this.ofRule = ofRule;
        this.sources = sources;
        this.destinations = destinations;
    }

    /** The groups to which it is applied, the fewer of both lists' vNICs; empty for all vNICs. */
    List<GroupNode> narrowest() {
        return ofRule.isEmpty() ? ofPolicy : ofRule;
    }

    private boolean isOut() {
        return rule.direction() != RuleDirection.IN;
    }

    private boolean isIn() {
        return rule.direction() != RuleDirection.OUT;
    }

    /** Whether it concerns every vNIC to which it is applied, whatever addresses that has. */
    boolean concernsAnyAddress() {
        return (isOut() && anySource) || (isIn() && anyDestination);
    }

    /** Sides of which it asks whether a vNIC has one of their addresses. */
    List<Side> askedSides() {
        if (concernsAnyAddress()) {
            return List.of();
        }
        return isOut() && isIn() ? List.of(sources, destinations) : List.of(isOut() ? sources : destinations);
    }

    /** Groups of which it asks whether a vNIC has one of their addresses; as often as it names them. */
    List<GroupNode> sides() {
        List<GroupNode> groups = new ArrayList<>();
        for (Side side : askedSides()) {
            groups.addAll(side.groups);
            if (side.literals != null) {
                groups.add(side.literals);
            }
        }
        return groups;
    }

    /** Whether it can match a packet of a vNIC with this signature; the same as with the vNIC's addresses. */
    boolean concerns(Signature signature) {
        return isApplied(ofPolicy, signature)
                && isApplied(ofRule, signature)
                && (signature.mayUseUndeclared()
                        || concernsAnyAddress()
                        || (isOut() && isOn(sources, signature))
                        || (isIn() && isOn(destinations, signature)));
    }

    private boolean isOn(Side side, Signature signature) {
        return signature.hasAddressOf(side.groups, rule.family())
                || (side.literals != null && signature.hasAddressOf(side.literals, rule.family()));
    }

    private static boolean isApplied(List<GroupNode> groups, Signature signature) {
        return groups.isEmpty() || signature.isMemberOf(groups);
    }
}
