package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.packet.Frames.PEER_MAC;
import static io.portcullis.datapath.packet.Frames.VM;
import static io.portcullis.datapath.packet.Frames.VM_MAC;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/** Floods far beyond the limits: what is established goes on without a loss, what is honest and new gets in. */
class FloodTest {
    private static final int HALF_OPEN = 1_000;
    private static final int ESTABLISHED = 20;
    private static final int FIRST_PORT = 40_000;
    private static final FrameBuilder CLIENT_SYN = clientSegment(PacketView.TCP_SYN, 5_000, 0);

    private int forged;

    @Test
    void shouldKeepEstablishedConnectionsAliveAndLetHonestNewOnesInDuringASynFlood() {
        try (EngineHarness vm = harness(new ConnectionLimits(10_000, HALF_OPEN, HALF_OPEN, 0))) {
            establish(vm, ESTABLISHED);
            vm.stepNanos = 100_000;
            flood(vm, 3_000);
            assertThat(vm.counter("dropped.in.syn-put-off")).isPositive();
            assertThat(vm.in(CLIENT_SYN)).as("seen for the first time").isEqualTo(Verdict.DROP);

            vm.openTcp(50_000); // the VM's own connections have a budget of their own
            flood(vm, 10_000); // a second
            assertThat(vm.in(CLIENT_SYN)).as("again after a second").isEqualTo(Verdict.ALLOW);
            flood(vm, 300);
            assertThat(vm.out(fromVm().tcp(443, 60_000)
                            .flags(PacketView.TCP_SYN | PacketView.TCP_ACK)
                            .sequence(900)
                            .acknowledgement(5_001)))
                    .isEqualTo(Verdict.ALLOW);
            flood(vm, 300);
            assertThat(vm.in(clientSegment(PacketView.TCP_ACK, 5_001, 901))).isEqualTo(Verdict.ALLOW);
            flood(vm, 10_000);
            assertThat(vm.in(clientSegment(PacketView.TCP_ACK, 5_001, 901))).isEqualTo(Verdict.ALLOW);

            assertThat(vm.engine.connectionCount()).isLessThanOrEqualTo(HALF_OPEN + ESTABLISHED + 2);
            assertThat(vm.counter("dropped.in.invalid")).isZero();
            assertThat(vm.counter("syn.returned")).isPositive();
        }
    }

    @Test
    void shouldGiveThePlaceOfAHandshakeToAnEstablishedConnectionWhenTheTableIsFull() {
        int connections = 100;
        try (EngineHarness vm = harness(new ConnectionLimits(connections, 90, 90, 0))) {
            establish(vm, 60);
            for (int i = 0; i < 40; i++) {
                assertThat(vm.in(forgedSyn())).isEqualTo(Verdict.ALLOW);
            }
            assertThat(vm.engine.connectionCount()).isEqualTo(connections);
            vm.openTcp(50_000);
            assertThat(vm.engine.connectionCount()).isEqualTo(connections);
            assertThat(vm.counter("half-open.evicted")).isEqualTo(1);
            assertThat(vm.counter("dropped.out.table-full")).isZero();
            talk(vm, 60);
        }
    }

    @Test
    void shouldCountHandshakesThatCameWithTheTableOfAnotherHost() {
        ConnectionLimits limits = new ConnectionLimits(100, 90, 90, 0);
        try (EngineHarness vm = harness(limits);
                EngineHarness destination = harness(limits)) {
            establish(vm, 60);
            for (int i = 0; i < 40; i++) {
                vm.in(forgedSyn());
            }
            destination.engine.importTable(vm.engine.exportTable(vm.nowNanos), destination.nowNanos);
            Survey waiting = destination.engine.countWaiting(destination.nowNanos);
            while (!waiting.step(10, destination.nowNanos)) {
                assertThat(destination.engine.connectionCount()).isEqualTo(100);
            }
            destination.openTcp(50_000);
            assertThat(destination.engine.connectionCount()).isEqualTo(100);
            assertThat(destination.counter("half-open.evicted")).isEqualTo(1);
            talk(destination, 60);
        }
    }

    @Test
    void shouldDropNewConnectionsWhenAllOthersAreEstablished() {
        try (EngineHarness vm = harness(new ConnectionLimits(60, 50, 50, 0))) {
            establish(vm, 60);
            assertThat(vm.in(forgedSyn())).isEqualTo(Verdict.DROP);
            assertThat(vm.counter("dropped.in.table-full")).isEqualTo(1);
            talk(vm, 60);
        }
    }

    @Test
    void shouldForgetTheOldestUnansweredDatagramsOnly() {
        int unanswered = 100;
        try (EngineHarness vm = harness(new ConnectionLimits(10_000, 100, unanswered, 0))) {
            vm.stepNanos = 1_000;
            assertThat(vm.in(toVm().udp(7, 53))).isEqualTo(Verdict.ALLOW);
            assertThat(vm.out(fromVm().udp(53, 7))).isEqualTo(Verdict.ALLOW);
            vm.out(fromVm().udp(9_000, 53));
            for (int i = 0; i < 10 * unanswered; i++) {
                assertThat(vm.in(datagram(1_000 + i, 2))).isEqualTo(Verdict.ALLOW);
            }
            assertThat(vm.engine.connectionCount()).isEqualTo(unanswered + 2);
            assertThat(vm.counter("unanswered.evicted")).isEqualTo(9 * unanswered);
            assertThat(vm.in(toVm().udp(53, 9_000))).isEqualTo(Verdict.ALLOW);
            assertThat(vm.engine.connectionCount()).isEqualTo(unanswered + 2);
        }
    }

    @Test
    void shouldLimitNewConnectionsPerSecondAndLeaveRoomForOtherSources() {
        int perSecond = 1_000;
        try (EngineHarness vm = harness(new ConnectionLimits(100_000, 50_000, 50_000, perSecond))) {
            establish(vm, ESTABLISHED);
            vm.stepNanos = 100_000; // 10,000 a second
            int allowed = 0;
            int others = 0;
            for (int i = 0; i < 10 * perSecond; i++) {
                allowed += vm.in(datagram(1 + i, 1)).passes() ? 1 : 0;
                if (i % 500 == 499) {
                    others += vm.in(datagram(9, 1_000 + i)).passes() ? 1 : 0;
                    talk(vm, ESTABLISHED);
                }
            }
            assertThat(allowed).isBetween(perSecond / 16, 2 * perSecond);
            // shares are by a hash of the source with 1,024 values: one in so many has the flood's
            assertThat(others).as("of 20 other sources").isGreaterThanOrEqualTo(18);
            assertThat(vm.counter("dropped.in.new-rate")).isEqualTo(10 * perSecond - allowed + 20 - others);
        }
    }

    @Test
    void shouldPutOffSynsBeyondTheRateAndTakeThemWhenTheyComeAgain() {
        try (EngineHarness vm = harness(new ConnectionLimits(100_000, 50_000, 50_000, 100))) {
            establish(vm, ESTABLISHED);
            vm.stepNanos = 100_000;
            flood(vm, 2_050); // not when the next token comes
            assertThat(vm.in(CLIENT_SYN)).isEqualTo(Verdict.DROP);
            flood(vm, 10_000);
            assertThat(vm.in(CLIENT_SYN)).isEqualTo(Verdict.ALLOW);
        }
    }

    /** A source of IPv6 is a /64: nobody gets a share for each address that he makes up. */
    @Test
    void shouldCountAllAddressesOfAnIpv6PrefixAsOneSource() {
        int perSecond = 1_000;
        try (EngineHarness vm = harness(new ConnectionLimits(100_000, 50_000, 50_000, perSecond))) {
            vm.stepNanos = 10_000;
            int allowed = 0;
            for (int i = 1; i <= 2 * perSecond; i++) {
                InetAddress source = InetAddress.ofLiteral("2001:db8::" + Integer.toHexString(i));
                FrameBuilder datagram = FrameBuilder.frame(PEER_MAC, VM_MAC).ip(source, Frames.VM6);
                allowed += vm.in(datagram.udp(7, 53)).passes() ? 1 : 0;
            }
            assertThat(allowed).isBetween(perSecond / 16, perSecond * 3 / 4);
            InetAddress other = InetAddress.ofLiteral("2001:db8:0:1::1");
            assertThat(vm.in(FrameBuilder.frame(PEER_MAC, VM_MAC)
                            .ip(other, Frames.VM6)
                            .udp(7, 53)))
                    .isEqualTo(Verdict.ALLOW);
        }
    }

    /** Forged first and later fragments, far more than can be followed, and a connection whose datagrams are fragmented. */
    @Test
    void shouldPassTheFragmentsOfAConnectionDuringAFloodOfForgedOnes() {
        try (EngineHarness vm = new EngineHarness()
                .with(1, table(Action.DROP, aRule(1).outbound().allow()))) {
            vm.stepNanos = 1_000;
            assertThat(vm.out(fromVm().udp(7, 53))).isEqualTo(Verdict.ALLOW);
            for (int round = 0; round < 20; round++) {
                assertThat(vm.in(toVm().fragment(round, 0, true).udp(53, 7).payload(new byte[16])))
                        .isEqualTo(Verdict.ALLOW);
                for (int i = 0; i < 1_000; i++) {
                    FrameBuilder forged = FrameBuilder.frame(PEER_MAC, VM_MAC).ip(source(++this.forged), VM);
                    boolean isFirst = i % 2 == 0;
                    vm.in((isFirst ? forged.fragment(i, 0, true) : forged.fragment(i, 24, true))
                            .udp(1, 2)
                            .payload(new byte[16]));
                }
                assertThat(vm.in(toVm().fragment(round, 24, false).udp(53, 7).payload(new byte[8])))
                        .as("round %d", round)
                        .isEqualTo(Verdict.ALLOW);
            }
            assertThat(vm.counter("fragments.evicted")).isPositive();
        }
    }

    /** So many forged SYNs; every established connection says something in between. */
    private void flood(EngineHarness vm, int frames) {
        for (int i = 0; i < frames; i++) {
            vm.in(forgedSyn());
            if (i % 100 == 99) {
                talk(vm, ESTABLISHED);
            }
        }
    }

    private static void establish(EngineHarness vm, int connections) {
        for (int i = 0; i < connections; i++) {
            vm.openTcp(FIRST_PORT + i);
        }
    }

    private static void talk(EngineHarness vm, int connections) {
        long step = vm.stepNanos;
        vm.stepNanos = 0;
        for (int i = 0; i < connections; i++) {
            assertThat(vm.out(EngineHarness.segment(FIRST_PORT + i))).isEqualTo(Verdict.ALLOW);
            assertThat(vm.in(EngineHarness.answer(FIRST_PORT + i))).isEqualTo(Verdict.ALLOW);
        }
        vm.stepNanos = step;
    }

    private static EngineHarness harness(ConnectionLimits limits) {
        return new EngineHarness(limits).with(1, table(Action.ALLOW));
    }

    private FrameBuilder forgedSyn() {
        forged++;
        return FrameBuilder.frame(PEER_MAC, VM_MAC)
                .ip(source(forged), VM)
                .tcp(1_024 + forged % 60_000, 443)
                .flags(PacketView.TCP_SYN)
                .sequence(forged * 31);
    }

    private static FrameBuilder datagram(int fromPort, int sender) {
        return FrameBuilder.frame(PEER_MAC, VM_MAC).ip(source(sender), VM).udp(fromPort, 53);
    }

    private static FrameBuilder clientSegment(int flags, int sequence, int acknowledgement) {
        return toVm().tcp(60_000, 443).flags(flags).sequence(sequence).acknowledgement(acknowledgement);
    }

    private static InetAddress source(int number) {
        return InetAddress.ofLiteral(
                "198." + (18 + (number >>> 16 & 1)) + "." + (number >>> 8 & 255) + "." + (number & 255));
    }
}
