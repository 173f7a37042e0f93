package io.portcullis.datapath.classify;

import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is different between two rule tables that have the same rules on groups, of which a few single addresses have joined or left
 * some: then the index of the older one serves the newer one too, and only {@link AddressClasses} change.
 */
final class MembershipChange {
    /** Beyond so many addresses a table is compiled anew: that takes as long. */
    private static final int MAX_ADDRESSES = 64;

    private final List<TableRule> before;
    private final List<TableRule> after;
    /** By number of the set: what its members are now. */
    private final Map<Integer, List<IpRange>> changed = new HashMap<>();
    /** Sets that are what they were in some rule. */
    private final Set<Integer> unchanged = new HashSet<>();

    private MembershipChange(RuleTable before, RuleTable after) {
        this.before = before.rules();
        this.after = after.rules();
    }

    /**
     * The rules on groups of a table that came after another one.
     *
     * @param groups of the older table
     * @return null if the tables differ in anything else that an index knows
     */
    static @Nullable GroupRules apply(RuleTable before, GroupRules groups, RuleTable after) {
        MembershipChange change = new MembershipChange(before, after);
        return change.isAll(groups) ? change.apply(groups) : null;
    }

    private boolean isAll(GroupRules groups) {
        if (before.size() != after.size()) {
            return false;
        }
        int next = 0;
        List<GroupRules.Rule> onGroups = groups.rules();
        for (int i = 0; i < before.size(); i++) {
            GroupRules.Rule rule =
                    next < onGroups.size() && onGroups.get(next).priority() == i ? onGroups.get(next++) : null;
            if (!isSame(before.get(i), after.get(i), rule)) {
                return false;
            }
        }
        // one list of members for each set, or it is not one set any more
        return changed.keySet().stream().noneMatch(unchanged::contains);
    }

    private boolean isSame(TableRule old, TableRule young, GroupRules.@Nullable Rule onGroups) {
        boolean isSameElsewhere = old.id() == young.id()
                && old.stage() == young.stage()
                && old.direction() == young.direction()
                && old.family() == young.family()
                && old.servicesNegated() == young.servicesNegated()
                && old.services().equals(young.services());
        return isSameElsewhere
                && isSame(old.sources(), young.sources(), onGroups == null ? GroupRules.ANY : onGroups.sourceSet())
                && isSame(
                        old.destinations(),
                        young.destinations(),
                        onGroups == null ? GroupRules.ANY : onGroups.destinationSet());
    }

    private boolean isSame(AddressMatch old, AddressMatch young, int set) {
        if (old.any() != young.any() || old.negated() != young.negated()) {
            return false;
        }
        if (set == GroupRules.ANY) {
            return old.ranges().equals(young.ranges());
        }
        List<IpRange> known = changed.get(set);
        if (known != null) {
            return known.equals(young.ranges());
        }
        if (old.ranges().equals(young.ranges())) {
            unchanged.add(set);
            return true;
        }
        changed.put(set, young.ranges());
        // still a rule on a group, and not on a few prefixes
        return young.ranges().size() > Prefixes.MAX
                || (young.negated() && !young.ranges().isEmpty());
    }

    private @Nullable GroupRules apply(GroupRules groups) {
        AddressClasses classes = groups.classes();
        int addresses = 0;
        for (Map.Entry<Integer, List<IpRange>> each : changed.entrySet()) {
            Set<IpRange> different = new HashSet<>(each.getValue());
            for (IpRange range : groups.membersOf(each.getKey())) {
                boolean isIn = different.remove(range);
                if (!isIn) {
                    different.add(range);
                }
            }
            addresses += different.size();
            if (addresses > MAX_ADDRESSES) {
                return null;
            }
            AddressMatch members = AddressMatch.in(each.getValue());
            for (IpRange range : different) {
                boolean isSingle = range.firstHigh() == range.lastHigh() && range.firstLow() == range.lastLow();
                if (!isSingle) {
                    return null;
                }
                long high = range.firstHigh();
                long low = range.firstLow();
                // another range of the set may hold it too
                boolean isMember = members.matches(range.family(), high, low);
                classes = classes.with(range.family(), high, low, each.getKey(), isMember);
            }
        }
        return groups.with(classes, changed);
    }
}
