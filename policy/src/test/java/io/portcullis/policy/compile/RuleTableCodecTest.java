package io.portcullis.policy.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RuleTableCodecTest {
    @Test
    void shouldReadBackWhatItWrote() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("RuleTableCodecTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        for (int round = 0; round < 100; round++) {
            new PolicyCompiler()
                    .compileAll(new RandomTenant(seeds.nextLong()).model())
                    .values()
                    .forEach(table -> assertThat(RuleTableCodec.decode(RuleTableCodec.encode(table)))
                            .isEqualTo(table));
        }
    }

    @Test
    void shouldHaveACodeForEveryConstant() {
        List<TableRule> rules = new ArrayList<>();
        for (Category category : Category.values()) {
            for (RuleDirection direction : RuleDirection.values()) {
                for (IpFamily family : IpFamily.values()) {
                    for (Action action : Action.values()) {
                        for (LiveFlowMode mode : LiveFlowMode.values()) {
                            rules.add(TableRule.of(rules.size() + 1, "p/r", action)
                                    .category(category)
                                    .direction(direction)
                                    .family(family)
                                    .to(AddressMatch.notIn(List.of()))
                                    .liveFlows(mode)
                                    .build());
                        }
                    }
                }
            }
        }
        RuleTable table = RuleTableCodec.seal(rules, Action.REJECT, true);

        assertThat(RuleTableCodec.decode(RuleTableCodec.encode(table))).isEqualTo(table);
    }

    @Test
    void shouldKeepEveryWayToTrackAndHashItApart() {
        Set<String> hashes = new HashSet<>();
        for (boolean isLoose : List.of(false, true)) {
            for (TimeoutPreset timeouts : TimeoutPreset.values()) {
                for (boolean hasFtp : List.of(false, true)) {
                    RuleTable table = RuleTableCodec.seal(List.of(), Action.DROP, isLoose, timeouts, hasFtp);
                    assertThat(RuleTableCodec.decode(RuleTableCodec.encode(table)))
                            .isEqualTo(table);
                    hashes.add(table.hash());
                }
            }
        }
        assertThat(hashes).hasSize(8);
    }

    @Test
    void shouldKeepThatTheRulesDoNotHold() {
        RuleTable table = RuleTableCodec.sealExcluded(List.of(), TimeoutPreset.NSX, false);

        assertThat(RuleTableCodec.decode(RuleTableCodec.encode(table)))
                .isEqualTo(table)
                .extracting(RuleTable::excluded)
                .isEqualTo(true);
        byte[] strict = RuleTableCodec.encode(table);
        strict[5] = 8;
        assertThatThrownBy(() -> RuleTableCodec.decode(strict)).hasMessageContaining("excluded");
    }

    @Test
    void shouldReadTablesFromBeforeThereWereTimeoutsAndHelpersAndRefuseWhatComesAfter() {
        byte[] before = HexFormat.of().parseHex("5052540201010000000000000000");

        RuleTable table = RuleTableCodec.decode(before);

        assertThat(table).isEqualTo(RuleTableCodec.seal(List.of(), Action.DROP, true));
        assertThat(table.timeouts()).isEqualTo(TimeoutPreset.LINUX);
        assertThat(table.ftpHelper()).isFalse();
        assertThat(table.excluded()).isFalse();
        before[5] = 16;
        assertThatThrownBy(() -> RuleTableCodec.decode(before)).hasMessageContaining("tracking of 16");
    }

    @Test
    void shouldKeepLabelsOfTheLogAndLeaveTablesWithoutThemAsTheyWere() {
        TableRule plain = rule(ServiceMatch.ANY);
        RuleTable logged = RuleTableCodec.seal(List.of(logged(plain, "")), Action.DROP, false);
        RuleTable labelled = RuleTableCodec.seal(List.of(logged(plain, "pci:2")), Action.DROP, false);

        assertThat(RuleTableCodec.decode(RuleTableCodec.encode(labelled))).isEqualTo(labelled);
        assertThat(labelled.hash()).isNotEqualTo(logged.hash());
        byte[] before = RuleTableCodec.encode(logged);
        assertThat(before).endsWith(1);
        assertThat(RuleTableCodec.decode(before)).isEqualTo(logged);
        before[before.length - 1] = 3;
        assertThatThrownBy(() -> RuleTableCodec.decode(before)).hasMessageContaining("log of 3");
        before[before.length - 1] = 33;
        assertThatThrownBy(() -> RuleTableCodec.decode(before)).hasMessageContaining("log of 33");
        // the text of none is none: not canonical
        byte[] empty = java.util.Arrays.copyOf(before, before.length + Integer.BYTES);
        empty[before.length - 1] = 2;
        assertThatThrownBy(() -> RuleTableCodec.decode(empty)).hasMessageContaining("canonical");
    }

    @Test
    void shouldKeepHowRulesKeepStateAndLeaveTablesAsTheyWere() {
        TableRule plain = rule(ServiceMatch.ANY);
        Set<String> hashes = new HashSet<>();
        for (String label : List.of("", "pci:2")) {
            for (TableRule rule : List.of(
                    logged(plain, label),
                    keeping(logged(plain, label), true, TcpPickup.INHERIT),
                    keeping(logged(plain, label), false, TcpPickup.STRICT),
                    keeping(logged(plain, label), false, TcpPickup.LOOSE))) {
                RuleTable table = RuleTableCodec.seal(List.of(rule), Action.DROP, false);
                assertThat(RuleTableCodec.decode(RuleTableCodec.encode(table))).isEqualTo(table);
                hashes.add(table.hash());
            }
        }
        assertThat(hashes).hasSize(8);
        // as it was written before rules could say so
        byte[] before = RuleTableCodec.encode(RuleTableCodec.seal(List.of(plain), Action.DROP, false));
        assertThat(before).endsWith(0);
        before[before.length - 1] = 8 | 16;
        assertThatThrownBy(() -> RuleTableCodec.decode(before)).hasMessageContaining("strict and loose");
        before[before.length - 1] = 4 | 8;
        assertThatThrownBy(() -> RuleTableCodec.decode(before)).hasMessageContaining("picked up");
    }

    private static TableRule keeping(TableRule rule, boolean stateless, TcpPickup pickup) {
        return rule.toBuilder().stateless(stateless).pickup(pickup).build();
    }

    private static TableRule logged(TableRule rule, String label) {
        return rule.toBuilder().log(true, label).build();
    }

    /** Nobody makes them, but a classifier that goes by bits and one that compares numbers would not agree about them. */
    @Test
    void shouldRefuseServicesAndRangesThatCannotBe() {
        List<ServiceMatch> impossible = List.of(
                ServiceMatch.protocol(256),
                ServiceMatch.protocol(-2),
                ServiceMatch.ports(6, 2, 1),
                new ServiceMatch(6, 9, 8, 0, 0, -1, -1),
                ServiceMatch.protocol(6).withTcpFlags(2, 18),
                ServiceMatch.icmp(1, 256, 0),
                ServiceMatch.icmp(1, 0, -129));
        for (ServiceMatch service : impossible) {
            byte[] bytes = RuleTableCodec.encode(RuleTableCodec.seal(List.of(rule(service)), Action.DROP, false));
            assertThatThrownBy(() -> RuleTableCodec.decode(bytes))
                    .as("%s", service)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        RuleTable possible = RuleTableCodec.seal(List.of(rule(ServiceMatch.ANY)), Action.DROP, false);
        assertThat(RuleTableCodec.decode(RuleTableCodec.encode(possible))).isEqualTo(possible);
        assertThatThrownBy(() -> new IpRange(IpFamily.IPV4, 0, 0, 0, 1L << 32))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new IpRange(IpFamily.IPV4, 0, 0, 1, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static TableRule rule(ServiceMatch service) {
        return TableRule.of(1, "p/r", Action.ALLOW)
                .direction(RuleDirection.IN)
                .services(service)
                .liveFlows(LiveFlowMode.KEEP)
                .build();
    }

    @Test
    void shouldRefuseOtherVersionsTruncationAndTrailingBytes() {
        byte[] good = RuleTableCodec.encode(aTable());
        byte[] other = good.clone();
        other[3]++;

        assertThatThrownBy(() -> RuleTableCodec.decode(other)).hasMessageContaining("version");
        assertThatThrownBy(() -> RuleTableCodec.decode(Arrays.copyOf(good, good.length + 1)))
                .hasMessageContaining("1 bytes after the end");
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> RuleTableCodec.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldNeverFailOtherwiseThanByRefusalWhenDamaged() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("RuleTableCodecTest: -Dportcullis.seed=" + seed);
        Random random = new Random(seed);
        byte[] good = RuleTableCodec.encode(aTable());
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = good.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            try {
                assertThat(RuleTableCodec.encode(RuleTableCodec.decode(damaged)))
                        .isEqualTo(damaged);
            } catch (IllegalArgumentException refused) {
                assertThat(refused).as("seed %d", seed).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void shouldForgetTablesThatNobodyUses() {
        RuleTableInterner interner = new RuleTableInterner();
        RuleTable kept = interner.intern(RuleTableCodec.seal(List.of(), Action.DROP, false));
        interner.intern(RuleTableCodec.seal(List.of(), Action.ALLOW, false));

        org.awaitility.Awaitility.await().until(() -> {
            System.gc();
            return interner.count() == 1;
        });
        assertThat(interner.intern(RuleTableCodec.seal(List.of(), Action.DROP, false)))
                .isSameAs(kept);
    }

    private static RuleTable aTable() {
        return new PolicyCompiler()
                .compileAll(new RandomTenant(7).model()).values().stream()
                        .max(java.util.Comparator.comparingInt(
                                table -> table.rules().size()))
                        .orElseThrow();
    }
}
