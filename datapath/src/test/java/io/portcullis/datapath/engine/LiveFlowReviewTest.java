package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.classify.Rules.udp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is said beforehand of live connections is what becomes of them. {@code -Dportcullis.seed} repeats a run. */
class LiveFlowReviewTest {
    private static final int ROUNDS = 300;
    private static final int CONNECTIONS = 24;
    private static final int ALL = 1_000;
    private static final int[] SERVICES = {22, 53, 80, 443};

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());

    private static LiveFlowReview review(EngineHarness vm, RuleTable candidate, int maxExamples) {
        LiveFlowReview review = vm.engine.review(CompiledRules.of(candidate), maxExamples);
        while (!review.step(3, vm.nowNanos)) {
            // a few at a time
        }
        return review;
    }

    @Test
    void shouldTellCutResetKeptAndOtherRuleApartAndChangeNothing() {
        try (EngineHarness vm = new EngineHarness()) {
            vm.with(1, table(Action.DROP, aRule(1).outbound().allow()));
            vm.openTcp(40_000);
            for (int port : SERVICES) {
                vm.out(fromVm().udp(5_000, port));
            }
            Map<String, Long> before = vm.engine.counters();
            RuleTable candidate = table(
                    Action.DROP,
                    aRule(2).outbound()
                            .service(tcp(443))
                            .live(LiveFlowMode.RESET)
                            .drop(),
                    aRule(3).outbound().service(udp(22)).live(LiveFlowMode.KEEP).reject(),
                    aRule(4).outbound().service(udp(53)).allow(),
                    aRule(1).outbound().service(udp(80)).allow());

            LiveFlowReview review = review(vm, candidate, ALL);

            assertThat(review.connections()).isEqualTo(5);
            assertThat(review.reset()).isOne();
            assertThat(review.kept()).isOne();
            assertThat(review.byOtherRule()).isOne();
            assertThat(review.cut()).isOne();
            assertThat(review.examples())
                    .extracting(FlowExample::outcome)
                    .containsExactlyInAnyOrder(FlowOutcome.RESET, FlowOutcome.CUT, FlowOutcome.KEPT)
                    .last()
                    .isEqualTo(FlowOutcome.KEPT);
            assertThat(review.examples())
                    .filteredOn(example -> example.outcome() == FlowOutcome.RESET)
                    .singleElement()
                    .satisfies(example -> {
                        assertThat(example.rule()).isEqualTo("test/2");
                        assertThat(example.mode()).isEqualTo(LiveFlowMode.RESET);
                        assertThat(example.connection().ruleId()).isEqualTo(1);
                        assertThat(example.connection().state()).isEqualTo("ESTABLISHED");
                    });
            assertThat(review(vm, candidate, 2).examples()).hasSize(2);
            assertThat(vm.engine.counters()).isEqualTo(before);
            assertThat(vm.engine.ruleHits()).containsExactlyInAnyOrderEntriesOf(Map.of(1L, 5L, 0L, 0L));
            assertThat(vm.engine.revision()).isEqualTo(1);
            assertThat(vm.out(fromVm().udp(5_000, 443))).isEqualTo(Verdict.ALLOW);
        }
    }

    /** A connection of the VM with its peer. */
    private record Flow(boolean isTcp, boolean isOutbound, int client, int service) {
        Verdict first(EngineHarness vm) {
            if (!isTcp) {
                return packet(vm, true);
            }
            Verdict opened = isOutbound
                    ? vm.out(fromVm().tcp(client, service)
                            .flags(PacketView.TCP_SYN)
                            .sequence(100))
                    : vm.in(toVm().tcp(client, service)
                            .flags(PacketView.TCP_SYN)
                            .sequence(100));
            int both = PacketView.TCP_SYN | PacketView.TCP_ACK;
            if (isOutbound) {
                vm.in(toVm().tcp(service, client).flags(both).sequence(500).acknowledgement(101));
            } else {
                vm.out(fromVm().tcp(service, client).flags(both).sequence(500).acknowledgement(101));
            }
            packet(vm, true);
            return opened;
        }

        /** The next one, of the client or of the service. */
        Verdict packet(EngineHarness vm, boolean ofClient) {
            int from = ofClient ? client : service;
            int to = ofClient ? service : client;
            boolean isOut = ofClient == isOutbound;
            var frame = isOut ? fromVm() : toVm();
            frame = isTcp
                    ? frame.tcp(from, to)
                            .flags(PacketView.TCP_ACK)
                            .sequence(ofClient ? 101 : 501)
                            .acknowledgement(ofClient ? 501 : 101)
                    : frame.udp(from, to);
            return isOut ? vm.out(frame) : vm.in(frame);
        }

        static Flow of(ConnectionInfo connection) {
            return new Flow(
                    connection.protocol() == PacketView.PROTOCOL_TCP,
                    connection.outbound(),
                    connection.originator().getPort(),
                    connection.responder().getPort());
        }
    }

    @Test
    void shouldPredictExactlyWhatBecomesOfEachConnection() {
        System.out.println("LiveFlowReviewTest: -Dportcullis.seed=" + seed);
        int[] seen = new int[FlowOutcome.values().length + 1];
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(seed + round);
            try (EngineHarness vm = new EngineHarness()) {
                predict(vm, random, "seed " + (seed + round), seen);
            }
        }
        assertThat(seen).as("else the comparison says little").doesNotContain(0);
    }

    private static void predict(EngineHarness vm, Random random, String what, int[] seen) {
        vm.with(1, randomTable(random, Action.ALLOW, true, false));
        List<Flow> flows = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            Flow flow = new Flow(
                    random.nextBoolean(), random.nextBoolean(), 20_000 + i, SERVICES[random.nextInt(SERVICES.length)]);
            assertThat(flow.first(vm)).as(what).isEqualTo(Verdict.ALLOW);
            flows.add(flow);
        }
        // some were judged again since, some were not
        vm.with(2, randomTable(random, Action.ALLOW, true, false));
        flows.stream().filter(flow -> random.nextBoolean()).forEach(flow -> flow.packet(vm, true));
        RuleTable candidate = randomTable(random, random.nextBoolean() ? Action.ALLOW : Action.DROP, false, true);

        LiveFlowReview review = review(vm, candidate, ALL);
        Map<Flow, FlowOutcome> predicted = new HashMap<>();
        review.examples().forEach(example -> predicted.put(Flow.of(example.connection()), example.outcome()));
        assertThat(review.connections()).as(what).isEqualTo(flows.size());
        assertThat(review.cut() + review.reset() + review.kept() + review.oneWay())
                .as(what)
                .isEqualTo(predicted.size());

        long opened = vm.counter("connections.admitted");
        vm.with(3, candidate);
        int ended = 0;
        int released = 0;
        for (Flow flow : flows) {
            vm.toVm.clear();
            vm.toNetwork.clear();
            long before = vm.counter("connections.released");
            boolean isOfClient = random.nextBoolean();
            boolean passes = flow.packet(vm, isOfClient).passes();
            boolean isReleased = vm.counter("connections.released") > before;
            boolean isReset = vm.toVm.count() > 0 && vm.toNetwork.count() > 0;
            FlowOutcome outcome = predicted.get(flow);
            String which = what + ": " + flow + " " + outcome;
            if (isReleased) {
                assertThat(outcome).as(which).isIn(null, FlowOutcome.ONE_WAY);
                // what was not answered yet may not be
                boolean mayBeAnswered = outcome == null && flow.isTcp();
                assertThat(passes || (!isOfClient && !mayBeAnswered)).as(which).isTrue();
                assertThat(passes && outcome == FlowOutcome.ONE_WAY && !isOfClient)
                        .as(which)
                        .isFalse();
                released++;
            } else {
                assertThat(passes).as(which).isEqualTo(outcome == null || outcome == FlowOutcome.KEPT);
                ended += passes ? 0 : 1;
            }
            assertThat(isReset).as(which).isEqualTo(outcome == FlowOutcome.RESET);
            seen[
                    outcome == null
                            ? FlowOutcome.values().length
                            : List.of(FlowOutcome.values()).indexOf(outcome)]++;
        }
        assertThat(ended).as(what).isEqualTo(review.cut() + review.reset());
        assertThat(vm.counter("connections.cut")).as(what).isEqualTo(ended);
        assertThat(released).as(what).isEqualTo(review.released() + review.oneWay());
        opened = vm.counter("connections.admitted") - opened;
        assertThat(vm.engine.connectionCount()).as(what).isEqualTo(flows.size() - ended - released + (int) opened);
    }

    private static RuleTable randomTable(Random random, Action defaultAction, boolean allowsAll, boolean hasStateless) {
        List<TableRule> rules = new ArrayList<>();
        int inEnvironment = random.nextInt(6);
        int count = inEnvironment + random.nextInt(6);
        for (int i = 1; i <= count; i++) {
            Rules rule = aRule(i).in(i <= inEnvironment ? Category.ENVIRONMENT : Category.APPLICATION)
                    .live(LiveFlowMode.values()[random.nextInt(LiveFlowMode.values().length)]);
            switch (random.nextInt(3)) {
                case 0 -> rule.inbound();
                case 1 -> rule.outbound();
                default -> {}
            }
            rule = hasStateless && random.nextInt(3) == 0 ? rule.stateless() : rule;
            int port = SERVICES[random.nextInt(SERVICES.length)];
            rule.service(
                    switch (random.nextInt(5)) {
                        case 0 -> ServiceMatch.ANY;
                        case 1, 2 -> tcp(port);
                        default -> udp(port);
                    });
            rules.add(
                    allowsAll
                            ? rule.allow()
                            : switch (random.nextInt(5)) {
                                case 0 -> rule.pass();
                                case 1 -> rule.reject();
                                case 2 -> rule.allow();
                                default -> rule.drop();
                            });
        }
        return table(defaultAction, rules.toArray(TableRule[]::new));
    }
}
