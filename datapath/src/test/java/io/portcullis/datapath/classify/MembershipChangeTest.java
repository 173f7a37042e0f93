package io.portcullis.datapath.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A table that is made of another one decides as one that is compiled as a whole. */
class MembershipChangeTest {
    private static final int TABLES = 60;
    private static final int CHANGES = 12;
    private static final int LOOKUPS = 400;

    @Test
    void shouldDecideAsTheLinearClassifierDoesAfterManyChanges() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("MembershipChangeTest seed " + seed);
        int shared = 0;
        for (int round = 0; round < TABLES; round++) {
            RandomTables tables = new RandomTables(seed + round, 1 + round % 9 * 13);
            RuleTable table = tables.table(20 + round * 3);
            CompiledRules compiled = CompiledRules.of(table);
            for (int change = 0; change < CHANGES; change++) {
                RuleTable next = changed(table, tables);
                CompiledRules after = CompiledRules.after(compiled, next);
                shared += after.sharesIndexWith(compiled) ? 1 : 0;
                assertThat(after.table()).isSameAs(next);
                compare(next, after, tables, seed + round);
                table = next;
                compiled = after;
            }
        }
        assertThat(shared).isGreaterThan(TABLES * CHANGES / 20);
    }

    private static void compare(RuleTable table, CompiledRules compiled, RandomTables tables, long seed) {
        Classifier linear = new LinearClassifier(table);
        Classifier classifier = compiled.classifier();
        PacketView packet = new PacketView();
        for (int i = 0; i < LOOKUPS; i++) {
            tables.packet(table, packet);
            Direction direction = tables.random.nextBoolean() ? Direction.IN : Direction.OUT;
            assertThat(classifier.classify(packet, direction))
                    .as("seed %d", seed)
                    .isEqualTo(linear.classify(packet, direction));
        }
    }

    /** Most often addresses join a group or leave it; sometimes only one of two rules has the other group, or more than that changes. */
    private static RuleTable changed(RuleTable table, RandomTables tables) {
        TableRule rule = table.rules().get(tables.random.nextInt(table.rules().size()));
        AddressMatch match = tables.random.nextBoolean() ? rule.sources() : rule.destinations();
        List<IpRange> members = new ArrayList<>(match.ranges());
        boolean isEveryRule = tables.random.nextInt(6) > 0;
        for (int n = tables.random.nextInt(4); n >= 0; n--) {
            if (!members.isEmpty() && tables.random.nextBoolean()) {
                members.remove(tables.random.nextInt(members.size()));
            } else {
                int first = 0x0a00_0000 | tables.random.nextInt(1 << 12);
                int last = tables.random.nextInt(8) == 0 ? first + 255 : first;
                members.add(IpRange.ipv4(first, last));
            }
        }
        List<TableRule> rules = new ArrayList<>();
        for (TableRule each : table.rules()) {
            boolean isAffected = isEveryRule || each == rule;
            rules.add(with(
                    each,
                    isAffected ? replaced(each.sources(), match, members) : each.sources(),
                    isAffected ? replaced(each.destinations(), match, members) : each.destinations()));
        }
        return new RuleTable(table.hash() + "'", rules, Action.DROP, false);
    }

    private static AddressMatch replaced(AddressMatch match, AddressMatch by, List<IpRange> members) {
        boolean isIt = !match.any() && match.ranges().equals(by.ranges());
        return isIt ? new AddressMatch(false, match.negated(), members) : match;
    }

    private static TableRule with(TableRule rule, AddressMatch sources, AddressMatch destinations) {
        return rule.toBuilder().from(sources).to(destinations).build();
    }

    /** Classes that no address is in any more must not pile up. */
    @Test
    void shouldBeCompiledAnewBeforeItIsWornOut() {
        SplittableRandom random = new SplittableRandom(7);
        List<List<IpRange>> groups = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int first = 16 * i;
            groups.add(new ArrayList<>(IntStream.range(first, first + 16)
                    .mapToObj(n -> IpRange.ipv4(n, n))
                    .toList()));
        }
        CompiledRules compiled = CompiledRules.of(onGroups(groups));
        int anew = 0;
        for (int i = 0; i < 600; i++) {
            List<IpRange> group = groups.get(random.nextInt(groups.size()));
            int address = random.nextInt(200);
            IpRange member = IpRange.ipv4(address, address);
            if (!group.remove(member)) {
                group.add(member);
            }
            CompiledRules after = CompiledRules.after(compiled, onGroups(groups));
            anew += after.sharesIndexWith(compiled) ? 0 : 1;
            compiled = after;
            GroupRules rules = compiled.groups();
            assertThat(rules).isNotNull();
            assertThat(rules.classes().count()).isLessThan(600);
        }
        assertThat(anew).isBetween(1, 60);
    }

    private static RuleTable onGroups(List<List<IpRange>> groups) {
        List<TableRule> rules = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            rules.add(TableRule.of(i + 1, "rule/" + i, Action.ALLOW)
                    .from(AddressMatch.in(groups.get(i)))
                    .build());
        }
        return new RuleTable("on-groups", rules, Action.DROP, false);
    }
}
