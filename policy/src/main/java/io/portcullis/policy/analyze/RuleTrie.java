package io.portcullis.policy.analyze;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules by their components, one level each: whatever is asked about a component is asked once for all rules that share it. */
final class RuleTrie {
    /** Is told of a rule; false ends the search. */
    @FunctionalInterface
    interface Visitor {
        boolean found(RuleShape rule);
    }

    private static final class Node {
        private final IntTable<Node> children = new IntTable<>();
        private final List<RuleShape> rules = new ArrayList<>(1);
    }

    private final List<RulePart> order;
    private final Node root = new Node();

    RuleTrie(RulePart... order) {
        this.order = List.of(order);
    }

    void add(RuleShape rule) {
        Node node = root;
        for (RulePart part : order) {
            node = node.children.computeIfAbsent(part.of(rule), key -> new Node());
        }
        node.rules.add(rule);
    }

    /**
     * Visits the rules whose components all stand in the relations asked for; of those with equal components first the one that was added
     * last.
     *
     * @return false if the visitor or the effort has ended it
     */
    boolean visit(Question question, Effort effort, Visitor visitor) {
        return visit(root, 0, question, effort, visitor);
    }

    private boolean visit(Node node, int level, Question question, Effort effort, Visitor visitor) {
        if (level == order.size()) {
            for (int i = node.rules.size() - 1; i >= 0; i--) {
                if (!effort.step() || !visitor.found(node.rules.get(i))) {
                    return false;
                }
            }
            return true;
        }
        Relation relation = question.of(order.get(level));
        IntTable<Node> children = node.children;
        if (relation.isShorterThan(children.size())) {
            for (int id : relation.ids()) {
                if (!descend(children.get(id), level, question, effort, visitor)) {
                    return false;
                }
            }
            return true;
        }
        for (int place = 0; place < children.places(); place++) {
            int id = children.keyAt(place);
            boolean isWanted = id >= 0 && relation.holds(id);
            if (!descend(isWanted ? children.valueAt(place) : null, level, question, effort, visitor)) {
                return false;
            }
        }
        return true;
    }

    private boolean descend(@Nullable Node child, int level, Question question, Effort effort, Visitor visitor) {
        return effort.step() && (child == null || visit(child, level + 1, question, effort, visitor));
    }
}
