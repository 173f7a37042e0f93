package io.portcullis.policy.compile;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.IpRanges;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Evaluates a compiled table from its first rule to its last, as every classifier must. */
final class TableWalk {
    private static final Verdict OF_NO_CONNECTION = new Verdict(Action.DROP, "default", RuleTable.DEFAULT_RULE_ID);

    private TableWalk() {}

    static Verdict decide(RuleTable table, Flow flow, RuleDirection direction) {
        @Nullable Stage passed = null;
        for (TableRule rule : table.rules()) {
            if (rule.stage() == passed || !matches(rule, flow, direction)) {
                continue;
            }
            switch (rule.action()) {
                case PASS -> passed = rule.stage();
                case ALLOW, DROP, REJECT -> {
                    if (rule.category() == Category.ETHERNET && rule.action() == Action.ALLOW) {
                        passed = rule.stage();
                        continue;
                    }
                    boolean judges = rule.category() == Category.ETHERNET
                            || table.excluded()
                            || mayBe(flow, rule.stateless(), picksUp(rule.pickup(), table));
                    return judges ? new Verdict(rule.action(), rule.name(), rule.id()) : OF_NO_CONNECTION;
                }
            }
        }
        return table.excluded() || mayBe(flow, false, table.looseTracking())
                ? new Verdict(table.defaultAction(), "default", RuleTable.DEFAULT_RULE_ID)
                : OF_NO_CONNECTION;
    }

    private static boolean picksUp(TcpPickup pickup, RuleTable table) {
        return pickup == TcpPickup.LOOSE || (pickup == TcpPickup.INHERIT && table.looseTracking());
    }

    private static boolean mayBe(Flow flow, boolean isStateless, boolean picksUp) {
        return switch (flow.packet().datagram().beginning()) {
            case OPENS -> true;
            case PICKED_UP -> isStateless || picksUp;
            case NOTHING -> isStateless;
            case NEVER -> false;
        };
    }

    private static boolean matches(TableRule rule, Flow flow, RuleDirection direction) {
        return (rule.direction() == RuleDirection.BOTH || rule.direction() == direction)
                && (rule.family() == IpFamily.ANY || rule.family() == flow.family())
                && matches(rule.sources(), flow.source())
                && matches(rule.destinations(), flow.destination())
                && rule.ethernet().matches(flow.etherType(), Flow.SOURCE_MAC, Flow.DESTINATION_MAC)
                && rule.services().stream().anyMatch(flow::isOf) != rule.servicesNegated();
    }

    private static boolean matches(AddressMatch match, InetAddress address) {
        IpRange single = IpRanges.single(address);
        return match.matches(single.family(), single.firstHigh(), single.firstLow());
    }
}
