package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.Stage;
import io.portcullis.policy.Tier;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What counts as a hit of a rule, and when it was last of use. */
class RuleHitsTest {
    private static final long SECOND = 1_000_000_000L;

    private record Hits(long count, long lastNanos) {}

    private final EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    private Map<Long, Hits> drain() {
        Map<Long, Hits> all = new TreeMap<>();
        vm.engine.drainHits((rule, count, last) -> all.put(rule, new Hits(count, last)), vm.nowNanos);
        return all;
    }

    private void expireAll() {
        for (int i = 0; i <= VnicEngine.EXPIRY_CALLS_PER_SWEEP; i++) {
            vm.engine.expire(vm.nowNanos);
        }
    }

    @Test
    void shouldCountFirstPacketsAndWhatIsRefusedWithItsTime() {
        vm.with(1, table(Action.DROP, aRule(7).outbound().service(tcp(443)).allow()));
        long first = vm.nowNanos;
        vm.openTcp(40_000);
        long refused = vm.nowNanos + vm.stepNanos;
        vm.in(toVm().tcp(9, 22).flags(PacketView.TCP_SYN));
        vm.in(toVm().tcp(9, 22).flags(PacketView.TCP_SYN));
        assertThat(drain()).containsExactly(Map.entry(0L, new Hits(2, refused)), Map.entry(7L, new Hits(1, first)));
        assertThat(drain()).as("handed over once").isEmpty();
    }

    @Test
    void shouldNoteThatALiveConnectionUsesItsRule() {
        vm.with(1, table(Action.DROP, aRule(7).outbound().service(tcp(443)).allow()));
        vm.openTcp(40_000);
        drain();
        vm.nowNanos += 100 * SECOND;
        long sent = vm.nowNanos;
        vm.out(EngineHarness.segment(40_000));
        vm.nowNanos += 5 * SECOND;
        expireAll();
        Map<Long, Hits> hits = drain();
        assertThat(hits).containsOnlyKeys(7L);
        assertThat(hits.get(7L).count()).as("no decision").isZero();
        assertThat(hits.get(7L).lastNanos()).isBetween(sent - 2_000_000, sent + 2_000_000);
    }

    /** A sweep of the table takes several calls here, and packets come between them. */
    @Test
    void shouldNoteTheLastPacketOfManyConnectionsAndNothingOfIdleOnes() {
        long seed = System.nanoTime();
        System.out.println("RuleHitsTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        vm.with(1, table(Action.DROP, aRule(7).outbound().service(tcp(443)).allow()));
        int connections = 100;
        for (int i = 0; i < connections; i++) {
            vm.openTcp(40_000 + i);
        }
        expireAll();
        drain();
        long lastSent = 0;
        for (int step = 0; step < 300; step++) {
            if (random.nextInt(3) == 0) {
                lastSent = vm.nowNanos;
                vm.out(EngineHarness.segment(40_000 + random.nextInt(connections)));
            }
            vm.nowNanos += random.nextInt(200) * 1_000_000L;
            vm.engine.expire(vm.nowNanos);
            if (lastSent != 0 && random.nextInt(4) == 0) {
                expireAll();
                assertThat(drain().get(7L).lastNanos())
                        .as("seed %d, step %d", seed, step)
                        .isBetween(lastSent - 2_000_000, lastSent + 2_000_000);
                lastSent = 0;
            }
        }
        expireAll();
        drain();
        vm.nowNanos += SECOND;
        expireAll();
        assertThat(drain()).as("nobody sent anything, seed %d", seed).isEmpty();
    }

    @Test
    void shouldCountRulesThatPassAPacketOn() {
        TableRule passes = aRule(1).in(Category.EMERGENCY).outbound().pass();
        TableRule decides = aRule(2).outbound().service(tcp(443)).allow();
        for (int others : new int[] {0, 20}) { // one after the other, and by an index
            List<TableRule> rules = new ArrayList<>(List.of(passes));
            LongStream.range(0, others)
                    .mapToObj(i -> aRule(100 + i)
                            .outbound()
                            .service(tcp(1_000 + (int) i))
                            .drop())
                    .forEach(rules::add);
            rules.add(decides);
            vm.with(1 + others, table(Action.DROP, rules.toArray(TableRule[]::new)));
            vm.out(fromVm().tcp(1 + others, 443).flags(PacketView.TCP_SYN));
            vm.out(fromVm().tcp(1 + others, 80).flags(PacketView.TCP_SYN));
            assertThat(vm.engine.ruleHits())
                    .containsEntry(1L, 2L)
                    .containsEntry(2L, 1L)
                    .containsEntry(0L, 1L);
            drain();
        }
    }

    @Test
    void shouldCountWhatPassesInEveryStage() {
        List<TableRule> rules = new ArrayList<>();
        for (Stage stage : Stage.values()) {
            Rules rule = aRule(1 + stage.ordinal()).in(stage.category());
            rules.add((stage.tier() == Tier.PROVIDER ? rule.ofProvider() : rule).pass());
        }
        vm.with(1, table(Action.ALLOW, rules.toArray(TableRule[]::new)));
        vm.out(fromVm().tcp(1, 443).flags(PacketView.TCP_SYN));
        assertThat(vm.engine.ruleHits().values())
                .hasSize(Stage.values().length + 1)
                .containsOnly(1L);
    }

    @Test
    void shouldCountFramesInCategoryEthernet() {
        vm.with(
                1,
                table(
                        Action.ALLOW,
                        aRule(5).ethernet(EthernetMatch.etherTypes(EtherTypes.ARP))
                                .drop()));
        FrameBuilder arp = FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER);
        vm.out(arp);
        long last = vm.nowNanos;
        vm.out(arp);
        assertThat(drain()).containsExactly(Map.entry(5L, new Hits(2, last)));
    }

    @Test
    void shouldCountTheCutOfALiveConnection() {
        vm.with(1, table(Action.DROP, aRule(7).outbound().service(tcp(443)).allow()));
        vm.openTcp(40_000);
        drain();
        vm.with(
                2,
                table(
                        Action.DROP,
                        aRule(8).outbound().live(LiveFlowMode.RECHECK).drop()));
        vm.out(EngineHarness.segment(40_000));
        assertThat(vm.engine.ruleHits()).containsEntry(8L, 1L);
    }

    @Test
    void shouldKeepCountsOfRulesThatStayInTheNextTable() {
        vm.with(1, table(Action.DROP, aRule(7).outbound().service(tcp(443)).allow()));
        long first = vm.nowNanos;
        vm.openTcp(40_000);
        vm.with(
                2,
                table(
                        Action.DROP,
                        aRule(3).inbound().drop(),
                        aRule(7).outbound().allow()));
        assertThat(drain()).containsExactly(Map.entry(7L, new Hits(1, first)));
    }
}
