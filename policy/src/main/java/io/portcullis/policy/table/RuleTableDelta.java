package io.portcullis.policy.table;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is different between two rule tables of a vNIC, by the ids of their rules.
 *
 * @param added rules that only the second table has, in its order
 * @param removed rules that only the first one has, in its order
 * @param changed rules of both that do not say the same in both, as they are in the second
 * @param reordered whether rules of both stand in another order
 * @param settings whether the default, the tracking or the time-outs are different
 */
public record RuleTableDelta(
        List<TableRule> added, List<TableRule> removed, List<TableRule> changed, boolean reordered, boolean settings) {
    public RuleTableDelta {
        added = List.copyOf(added);
        removed = List.copyOf(removed);
        changed = List.copyOf(changed);
    }

    public static RuleTableDelta between(RuleTable before, RuleTable after) {
        Map<Long, TableRule> old = new HashMap<>();
        before.rules().forEach(rule -> old.put(rule.id(), rule));
        Set<Long> kept = new HashSet<>();
        List<TableRule> added = new ArrayList<>();
        List<TableRule> changed = new ArrayList<>();
        List<Long> orderAfter = new ArrayList<>();
        for (TableRule rule : after.rules()) {
            TableRule former = old.get(rule.id());
            if (former == null) {
                added.add(rule);
            } else {
                kept.add(rule.id());
                orderAfter.add(rule.id());
                if (!former.equals(rule)) {
                    changed.add(rule);
                }
            }
        }
        List<TableRule> removed = new ArrayList<>();
        List<Long> orderBefore = new ArrayList<>();
        for (TableRule rule : before.rules()) {
            if (kept.contains(rule.id())) {
                orderBefore.add(rule.id());
            } else {
                removed.add(rule);
            }
        }
        boolean settings = before.defaultAction() != after.defaultAction()
                || before.looseTracking() != after.looseTracking()
                || before.timeouts() != after.timeouts()
                || before.ftpHelper() != after.ftpHelper();
        return new RuleTableDelta(added, removed, changed, !orderBefore.equals(orderAfter), settings);
    }
}
