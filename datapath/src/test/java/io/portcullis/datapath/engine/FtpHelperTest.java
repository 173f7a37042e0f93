package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.table.RuleTable;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Data connections under rules that allow the control connection only. */
class FtpHelperTest {
    private static final int ACK = PacketView.TCP_ACK;

    private EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    private void announce(int dataPort, boolean withHelper) {
        vm.with(1, rules(1, withHelper));
        assertThat(vm.out(client().flags(PacketView.TCP_SYN).sequence(100))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(server().flags(PacketView.TCP_SYN | ACK).sequence(300).acknowledgement(101)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.out(client().flags(ACK).sequence(101).acknowledgement(301)))
                .isEqualTo(Verdict.ALLOW);
        byte[] greeting = "220 ready\r\n".getBytes(StandardCharsets.US_ASCII);
        vm.in(server().flags(ACK).sequence(301).acknowledgement(101).payload(greeting));
        byte[] line = "229 ok (|||%d|)\r\n".formatted(dataPort).getBytes(StandardCharsets.US_ASCII);
        assertThat(vm.in(server().flags(ACK)
                        .sequence(301 + greeting.length)
                        .acknowledgement(101)
                        .payload(line)))
                .isEqualTo(Verdict.ALLOW);
    }

    private static RuleTable rules(long id, boolean withHelper) {
        RuleTable plain =
                table(Action.DROP, aRule(id).outbound().service(tcp(21)).allow());
        return new RuleTable(
                plain.hash(), plain.rules(), plain.defaultAction(), false, TimeoutPreset.LINUX, withHelper);
    }

    private static FrameBuilder client() {
        return Frames.fromVm().tcp(40_000, 21);
    }

    private static FrameBuilder server() {
        return Frames.toVm().tcp(21, 40_000);
    }

    private Verdict openData(int from, int port) {
        return vm.out(Frames.fromVm().tcp(from, port).flags(PacketView.TCP_SYN).sequence(1));
    }

    private Verdict answerData(int from, int port) {
        return vm.in(Frames.toVm()
                .tcp(port, from)
                .flags(PacketView.TCP_SYN | ACK)
                .sequence(9)
                .acknowledgement(2));
    }

    @Test
    void shouldExpectNothingUnlessARuleAsksForIt() {
        announce(50_000, false);
        assertThat(openData(41_000, 50_000)).isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldAllowTheAnnouncedConnectionOnce() {
        announce(50_000, true);
        assertThat(openData(41_000, 50_001)).as("another port").isEqualTo(Verdict.DROP);
        assertThat(vm.in(Frames.toVm().tcp(1, 50_000).flags(PacketView.TCP_SYN)))
                .as("the other way")
                .isEqualTo(Verdict.DROP);
        assertThat(openData(41_000, 50_000)).isEqualTo(Verdict.ALLOW);
        assertThat(answerData(41_000, 50_000)).isEqualTo(Verdict.ALLOW);
        assertThat(openData(41_001, 50_000)).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("connections.expected")).isEqualTo(1);
    }

    @Test
    void shouldKeepAnAnnouncementWhenTheVnicMoves() {
        announce(50_000, true);
        EngineHarness here = vm;
        try (EngineHarness destination = new EngineHarness()) {
            destination.with(1, rules(1, true));
            destination.engine.importTable(here.engine.exportTable(here.nowNanos), destination.nowNanos);
            vm = destination;
            assertThat(openData(41_000, 50_001)).as("another port").isEqualTo(Verdict.DROP);
            assertThat(openData(41_000, 50_000)).isEqualTo(Verdict.ALLOW);
            assertThat(answerData(41_000, 50_000)).isEqualTo(Verdict.ALLOW);
        } finally {
            vm = here;
        }
    }

    @Test
    void shouldForgetAnAnnouncementWithItsParentOrItsTime() {
        announce(50_000, true);
        vm.nowNanos += 301_000_000_000L;
        assertThat(openData(41_000, 50_000)).as("5 minutes are over").isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldJudgeAnAnnouncedConnectionByItsParentsRule() {
        announce(50_000, true);
        openData(41_000, 50_000);
        vm.with(2, rules(2, true));
        assertThat(answerData(41_000, 50_000)).as("the parent may still be").isEqualTo(Verdict.ALLOW);
        vm.with(3, table(Action.DROP));
        assertThat(answerData(41_000, 50_000)).isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldReviewAnAnnouncedConnectionAsItWouldBeJudged() {
        announce(50_000, true);
        openData(41_000, 50_000);
        answerData(41_000, 50_000);

        assertThat(cutBy(rules(2, true))).as("by its parent's rule").isZero();
        assertThat(cutBy(rules(1, false))).as("then nobody knows of its parent").isOne();
        assertThat(cutBy(table(Action.DROP))).isEqualTo(2);

        vm.with(2, rules(1, false));
        assertThat(vm.out(Frames.fromVm()
                        .tcp(41_000, 50_000)
                        .flags(ACK)
                        .sequence(2)
                        .acknowledgement(10)))
                .isEqualTo(Verdict.DROP);
        assertThat(cutBy(rules(1, true))).isZero();
        assertThat(vm.engine.connectionCount()).isOne();
    }

    private int cutBy(RuleTable candidate) {
        LiveFlowReview review = vm.engine.review(CompiledRules.of(candidate), 10);
        assertThat(review.step(100, vm.nowNanos)).isTrue();
        return review.cut();
    }

    @Test
    void shouldForgetWhatWasAnnouncedWhenNoRuleAsksForItAnyMore() {
        announce(50_000, true);
        vm.with(2, rules(1, false));
        assertThat(openData(41_000, 50_000)).isEqualTo(Verdict.DROP);
        vm.with(3, rules(1, true));
        assertThat(openData(41_001, 50_000)).isEqualTo(Verdict.DROP);
    }
}
