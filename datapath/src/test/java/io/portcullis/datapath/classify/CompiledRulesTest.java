package io.portcullis.datapath.classify;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CompiledRulesTest {
    private static final long SEED = Long.getLong("portcullis.seed", System.nanoTime());
    private static final long NIGHTLY_LOOKUPS = 100_000_000;

    @Test
    void shouldDecideAsTheLinearClassifierDoes() {
        for (int round = 0; round < 120; round++) {
            compare(SEED + round, round % 12 * (round % 12) * 3, 2_000);
        }
    }

    /** Hundred million look-ups. */
    @Test
    @Tag("nightly")
    void shouldDecideAsTheLinearClassifierDoesAllNight() {
        System.out.println("CompiledRulesTest seed " + SEED);
        int perTable = 100_000;
        for (int round = 0; round < NIGHTLY_LOOKUPS / perTable; round++) {
            compare(SEED + round, round % 200, perTable);
        }
    }

    private static void compare(long seed, int rules, int lookups) {
        RandomTables tables = new RandomTables(seed, 1 + (int) (Math.floorMod(seed, 7L) * 13));
        RuleTable table = tables.table(rules);
        Classifier linear = new LinearClassifier(table);
        Classifier compiled = CompiledRules.of(table, 0).classifier();
        PacketView packet = new PacketView();
        for (int i = 0; i < lookups; i++) {
            tables.packet(table, packet);
            Direction direction = tables.random.nextBoolean() ? Direction.IN : Direction.OUT;
            int expected = linear.classify(packet, direction);
            int found = compiled.classify(packet, direction);
            if (found != expected) {
                throw new AssertionError("seed " + seed + ", " + rules + " rules, look-up " + i + ": " + found
                        + " instead of " + expected);
            }
        }
    }

    @Test
    void shouldDecideByTablesWhoseStagesAreOutOfOrder() {
        RandomTables tables = new RandomTables(SEED, 3);
        List<TableRule> rules = new ArrayList<>();
        while (rules.isEmpty() || rules.getFirst().stage() == rules.getLast().stage()) {
            rules = new ArrayList<>(tables.table(60).rules());
        }
        Collections.reverse(rules);
        RuleTable table = new RuleTable("reversed", rules, Action.DROP, false);
        Classifier linear = new LinearClassifier(table);
        Classifier compiled = CompiledRules.of(table).classifier();
        RandomTables packets = new RandomTables(SEED, 3);
        PacketView packet = new PacketView();
        for (int i = 0; i < 2_000; i++) {
            packets.packet(table, packet);
            assertThat(compiled.classify(packet, Direction.IN))
                    .as("seed %d", SEED)
                    .isEqualTo(linear.classify(packet, Direction.IN));
        }
    }

    @Test
    void shouldHoldRulesOnLargeGroupsAsClassesNotAsPairsOfAddresses() {
        List<TableRule> rules = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            rules.add(Rules.aRule(i + 1)
                    .from(members(i % 10, 1_000))
                    .to(members(10 + i % 10, 1_000))
                    .service(Rules.tcp(1_000 + i))
                    .allow());
        }
        CompiledRules compiled = CompiledRules.of(Rules.table(Action.DROP, rules.toArray(TableRule[]::new)));
        GroupRules groups = compiled.groups();
        assertThat(groups).isNotNull();
        // ten groups of sources, ten of destinations, and outside of all
        assertThat(groups.classes().count()).isEqualTo(21);
        assertThat(compiled.bytes()).as("20,000 addresses, 10 million pairs").isLessThan(3_000_000);
        PacketView packet = new PacketView();
        packet.family = IpFamily.IPV4;
        packet.protocol = PacketView.PROTOCOL_TCP;
        packet.sourceLow = address(3, 999);
        packet.destinationLow = address(13, 0);
        packet.destinationPort = 1_053;
        assertThat(compiled.classifier().classify(packet, Direction.OUT)).isEqualTo(53);
        packet.destinationPort = 1_054;
        assertThat(compiled.classifier().classify(packet, Direction.OUT)).isEqualTo(Classifier.DEFAULT);
    }

    @Test
    void shouldChangeOneEntryWhenAnAddressJoinsAGroup() {
        List<List<IpRange>> sets = List.of(
                List.of(IpRange.ipv4(1, 1), IpRange.ipv4(100, 200)),
                List.of(IpRange.ipv4(2, 2), IpRange.ipv4(150, 300)));
        GroupRules rules = GroupRules.of(
                List.of(
                        new GroupRules.Rule(0, 0, false, 1, false),
                        new GroupRules.Rule(1, 1, false, GroupRules.ANY, false),
                        new GroupRules.Rule(2, 0, true, 1, true)),
                sets);
        AddressClasses before = rules.classes();
        AddressClasses after = before.with(IpFamily.IPV4, 0, 7, 1, true);
        assertThat(after.count()).as("the classes of before do").isEqualTo(before.count());
        GroupRules changed = rules.with(after, Map.of());
        assertThat(find(rules, 1, 7)).isEqualTo(RuleIndex.NONE);
        assertThat(find(changed, 1, 7)).isZero();
        assertThat(find(changed, 7, 9)).isEqualTo(1);
        assertThat(find(rules, 7, 9)).isEqualTo(2);
        for (long address = 0; address < 400; address++) {
            if (address != 7) {
                assertThat(after.classOf(IpFamily.IPV4, 0, address))
                        .isEqualTo(before.classOf(IpFamily.IPV4, 0, address));
            }
        }
        // out of a range, into a combination that nobody had
        AddressClasses split = after.with(IpFamily.IPV4, 0, 160, 0, false);
        assertThat(split.isIn(split.classOf(IpFamily.IPV4, 0, 160), 0)).isFalse();
        assertThat(split.isIn(split.classOf(IpFamily.IPV4, 0, 160), 1)).isTrue();
        assertThat(split.isIn(split.classOf(IpFamily.IPV4, 0, 161), 0)).isTrue();
        assertThat(find(changed.with(split, Map.of()), 160, 160)).isEqualTo(1);
    }

    private static int find(GroupRules rules, long source, long destination) {
        AddressClasses classes = rules.classes();
        return rules.find(
                classes.classOf(IpFamily.IPV4, 0, source),
                classes.classOf(IpFamily.IPV4, 0, destination),
                RuleIndex.NONE,
                _ -> true);
    }

    private static String[] members(int group, int count) {
        String[] members = new String[count];
        for (int i = 0; i < count; i++) {
            members[i] = "10." + group + "." + i / 250 + "." + i % 250;
        }
        return members;
    }

    private static long address(int group, int member) {
        return 10L << 24 | (long) group << 16 | (long) (member / 250) << 8 | member % 250;
    }

    @Test
    void shouldTakeAnEmptyGroupForNobodyAndItsNegationForEverybody() {
        TableRule nobody = Rules.aRule(1).from().allow();
        TableRule everybody = Rules.aRule(2).notFrom().allow();
        PacketView packet = new PacketView();
        packet.family = IpFamily.IPV4;
        assertThat(CompiledRules.of(Rules.table(Action.DROP, nobody, everybody), 0)
                        .classifier()
                        .classify(packet, Direction.IN))
                .isEqualTo(1);
        assertThat(AddressMatch.in(List.of()).matches(IpFamily.IPV4, 0, 0)).isFalse();
    }
}
