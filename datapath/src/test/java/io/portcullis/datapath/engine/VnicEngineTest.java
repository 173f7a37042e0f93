package io.portcullis.datapath.engine;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.classify.Rules.udp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static io.portcullis.datapath.packet.Frames.toVm;
import static io.portcullis.datapath.packet.Frames.toVm6;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.Action;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.table.RuleTable;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VnicEngineTest {
    private static final RuleTable ALLOW_ALL = table(Action.ALLOW);
    private static final RuleTable DROP_ALL = table(Action.DROP);

    private final EngineHarness vm = new EngineHarness();

    @AfterEach
    void close() {
        vm.close();
    }

    @Test
    void shouldPassNothingWithoutRules() {
        assertThat(vm.out(FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER)))
                .isEqualTo(Verdict.DROP);
        assertThat(vm.in(toVm().tcp(1, 22).flags(PacketView.TCP_SYN))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.out.no-policy")).isEqualTo(1);
        assertThat(vm.counter("dropped.in.no-policy")).isEqualTo(1);
        assertThat(vm.engine.revision()).isZero();
        assertThat(vm.engine.rulesHash()).isEmpty();
    }

    @Test
    void shouldPassWhatARuleAllowsAndItsAnswers() {
        vm.with(1, table(Action.DROP, aRule(7).outbound().service(tcp(443)).allow()));
        vm.openTcp(40_000);
        assertThat(vm.in(toVm().tcp(9, 22).flags(PacketView.TCP_SYN))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("allowed.out")).isEqualTo(2);
        assertThat(vm.counter("allowed.in")).isEqualTo(2);
        assertThat(vm.counter("dropped.in.policy")).isEqualTo(1);
        assertThat(vm.engine.ruleHits()).containsEntry(7L, 1L).containsEntry(RuleTable.DEFAULT_RULE_ID, 1L);
        assertThat(vm.engine.connectionCount()).isEqualTo(1);
        assertThat(vm.engine.connections(10, vm.nowNanos)).singleElement().satisfies(connection -> {
            assertThat(connection.ruleId()).isEqualTo(7);
            assertThat(connection.policyRevision()).isEqualTo(1);
            assertThat(connection.outbound()).isTrue();
            assertThat(connection.state()).isEqualTo("ESTABLISHED");
        });
    }

    @Test
    void shouldTrackUdpAndEchoInBothFamilies() {
        vm.with(1, table(Action.DROP, aRule(1).outbound().allow()));
        assertThat(vm.out(fromVm().udp(4_000, 53))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().udp(53, 4_000))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().udp(53, 4_001))).isEqualTo(Verdict.DROP);
        assertThat(vm.out(fromVm6().udp(4_000, 53))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm6().udp(53, 4_000))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.out(fromVm().echoRequest(1, 1))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().echoReply(1, 1))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm().echoReply(2, 1))).isEqualTo(Verdict.DROP);
        assertThat(vm.out(fromVm6().echoRequest(1, 1))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm6().echoReply(1, 1))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.counter("dropped.in.invalid")).isEqualTo(1);
        assertThat(vm.counter("dropped.in.policy")).isEqualTo(1);
    }

    @Test
    void shouldPassIcmpErrorsAboutConnectionsOnly() {
        vm.with(1, table(Action.DROP, aRule(1).outbound().allow()));
        FrameBuilder query = fromVm().udp(4_000, 53);
        vm.out(query);
        assertThat(vm.in(toVm().icmp(3, 3, 0).payload(Frames.datagramOf(query.build()))))
                .isEqualTo(Verdict.ALLOW);
        byte[] neverSent = Frames.datagramOf(fromVm().udp(4_001, 53).build());
        assertThat(vm.in(toVm().icmp(3, 3, 0).payload(neverSent))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("related")).isEqualTo(1);
    }

    @Test
    void shouldPassArpAndNeighbourDiscoveryUnderAnyPolicy() {
        vm.with(1, DROP_ALL);
        assertThat(vm.out(FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(FrameBuilder.arpReply(Frames.PEER_MAC, Frames.PEER, Frames.VM_MAC, Frames.VM)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.out(fromVm6()
                        .icmp(135, 0, 0)
                        .payload(Frames.PEER6.getAddress())
                        .hopLimit(255)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(vm.in(toVm6().icmp(136, 0, 0)
                        .payload(Frames.PEER6.getAddress())
                        .hopLimit(255)))
                .isEqualTo(Verdict.ALLOW);
        FrameBuilder report = FrameBuilder.frame(Frames.VM_MAC, MacAddress.parse("33:33:00:00:00:16"))
                .ip(InetAddress.ofLiteral("::"), InetAddress.ofLiteral("ff02::16"))
                .extensions(0, new byte[] {58, 0, 5, 2, 0, 0, 1, 0})
                .icmp(143, 0, 0);
        assertThat(vm.out(report.hopLimit(1))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.out(report.hopLimit(2))).isEqualTo(Verdict.DROP);
        assertThat(vm.engine.connectionCount()).isZero();
    }

    @Test
    void shouldDecideAboutTheGivenFramesOnly() {
        vm.with(1, ALLOW_ALL);
        try (Arena arena = Arena.ofConfined()) {
            Burst burst = new Burst(arena);
            for (int i = 0; i < 4; i++) {
                fromVm().udp(i, 53).appendTo(burst);
            }
            Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
            vm.engine.process(burst, 1, 3, Direction.OUT, 0, verdicts, vm.toVm, vm.toNetwork);
            assertThat(verdicts).startsWith(null, Verdict.ALLOW, Verdict.ALLOW, null);
            assertThat(vm.counter("allowed.out")).isEqualTo(2);
            assertThat(vm.counter("allowed-bytes.out")).isEqualTo(burst.length(1) + burst.length(2));
        }
    }

    @Test
    void shouldCountWhatIsMalformedSpoofedOrUnknown() {
        vm.with(1, ALLOW_ALL);
        FrameBuilder raw = FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                .etherType(0x0806)
                .payload(new byte[27]);
        assertThat(vm.out(raw)).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("malformed.arp-truncated")).isEqualTo(1);
        assertThat(vm.counter("dropped.out.malformed")).isEqualTo(1);

        assertThat(vm.out(toVm().udp(1, 2))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.out.spoof")).isEqualTo(1);

        assertThat(vm.in(FrameBuilder.rarpAnnouncement(Frames.PEER_MAC))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.in.ethertype")).isEqualTo(1);

        assertThat(vm.in(toVm().tcp(443, 9).flags(PacketView.TCP_ACK))).isEqualTo(Verdict.DROP);
        assertThat(vm.counter("dropped.in.invalid")).isEqualTo(1);
        assertThat(vm.counter("invalid.no-connection")).isEqualTo(1);
    }

    @Test
    void shouldAnswerRejectedPacketsTowardsTheirSender() {
        vm.with(1, table(Action.REJECT));
        assertThat(vm.out(fromVm().tcp(40_000, 22).flags(PacketView.TCP_SYN).sequence(9)))
                .isEqualTo(Verdict.REJECT);
        assertThat(vm.toNetwork.count()).isZero();
        PacketView reset = EngineHarness.only(vm.toVm);
        assertThat(reset.destinationMac).isEqualTo(Frames.VM_MAC.value());
        assertThat(reset.tcpFlags).isEqualTo(PacketView.TCP_RST | PacketView.TCP_ACK);
        assertThat(reset.tcpAcknowledgement).isEqualTo(10);

        assertThat(vm.in(toVm6().udp(5, 53))).isEqualTo(Verdict.REJECT);
        PacketView unreachable = EngineHarness.only(vm.toNetwork);
        assertThat(unreachable.destinationMac).isEqualTo(Frames.PEER_MAC.value());
        assertThat(unreachable.icmpType).isEqualTo(1);
        assertThat(unreachable.icmpCode).isEqualTo(4);
        assertThat(vm.counter("dropped.out.reject")).isEqualTo(1);
        assertThat(vm.counter("dropped.in.reject")).isEqualTo(1);
        assertThat(vm.counter("replies.sent")).isEqualTo(2);
    }

    @Test
    void shouldNotTurnAFloodIntoAFloodOfAnswers() {
        vm.with(1, table(Action.REJECT));
        for (int i = 0; i < ReplyBudget.BURST_REPLIES * 3; i++) {
            vm.in(toVm().udp(i, 53));
            vm.nowNanos -= 1_000_000;
            vm.toNetwork.clear();
        }
        assertThat(vm.counter("replies.sent")).isEqualTo(ReplyBudget.BURST_REPLIES);
        assertThat(vm.counter("replies.limited")).isEqualTo(ReplyBudget.BURST_REPLIES * 2L);
        vm.nowNanos += 1_000_000_000L;
        vm.in(toVm().udp(1, 53));
        assertThat(vm.counter("replies.sent")).isEqualTo(ReplyBudget.BURST_REPLIES + 1L);
    }

    @Test
    void shouldNotAnswerGroupTraffic() {
        vm.with(1, table(Action.REJECT));
        assertThat(vm.in(FrameBuilder.frame(Frames.PEER_MAC, MacAddress.BROADCAST)
                        .ip(Frames.PEER, Frames.VM)
                        .udp(137, 137)))
                .isEqualTo(Verdict.REJECT);
        assertThat(vm.toNetwork.isEmpty()).isTrue();
        assertThat(vm.counter("replies.limited")).isZero();
    }

    @Test
    void shouldPassLaterFragmentsOfAllowedDatagramsOnly() {
        vm.with(1, table(Action.DROP, aRule(1).inbound().service(udp(53)).allow()));
        for (FrameBuilder frame : List.of(toVm(), toVm6())) {
            FrameBuilder fragment = frame.udp(5, 53).payload(new byte[24]);
            assertThat(vm.in(fragment.fragment(1, 0, true))).isEqualTo(Verdict.ALLOW);
            assertThat(vm.in(fragment.fragment(1, 32, true))).isEqualTo(Verdict.ALLOW);
            assertThat(vm.in(fragment.fragment(1, 56, true))).isEqualTo(Verdict.ALLOW);
            assertThat(vm.in(fragment.fragment(1, 24, false)))
                    .as("overlaps the first")
                    .isEqualTo(Verdict.DROP);
            assertThat(vm.in(fragment.fragment(1, 80, false)))
                    .as("spoiled by the one before")
                    .isEqualTo(Verdict.DROP);
            assertThat(vm.in(fragment.fragment(2, 32, false)))
                    .as("before the first")
                    .isEqualTo(Verdict.HOLD);

            FrameBuilder forbidden = frame.udp(5, 54).fragment(3, 0, true);
            assertThat(vm.in(forbidden)).isEqualTo(Verdict.DROP);
            assertThat(vm.in(forbidden.fragment(3, 32, false))).isEqualTo(Verdict.DROP);

            vm.nowNanos += VirtualReassembly.LIFETIME_NANOS;
            assertThat(vm.in(fragment.fragment(1, 32, false))).as("too late").isEqualTo(Verdict.HOLD);
        }
        assertThat(vm.counter("dropped.in.fragment")).isEqualTo(6);
        assertThat(vm.counter("fragments.overlapping")).isEqualTo(2);
        assertThat(vm.counter("fragments.held")).isEqualTo(4);
    }

    @Test
    void shouldSendOnWhatWaitedForTheFirstFragment() {
        vm.with(1, table(Action.DROP, aRule(1).inbound().service(udp(53)).allow()));
        FrameBuilder fragment = toVm().udp(5, 53).payload(new byte[24]);
        assertThat(vm.in(fragment.fragment(1, 56, false))).isEqualTo(Verdict.HOLD);
        assertThat(vm.in(fragment.fragment(1, 32, true))).isEqualTo(Verdict.HOLD);
        assertThat(vm.toVm.count()).isZero();
        assertThat(vm.in(fragment.fragment(1, 0, true))).isEqualTo(Verdict.ALLOW);
        assertThat(vm.toVm.count()).as("both that waited").isEqualTo(2);
        vm.toVm.clear();
        FrameBuilder forbidden = toVm().udp(5, 54).payload(new byte[24]);
        assertThat(vm.in(forbidden.fragment(2, 32, false))).isEqualTo(Verdict.HOLD);
        assertThat(vm.in(forbidden.fragment(2, 0, true))).isEqualTo(Verdict.DROP);
        assertThat(vm.toVm.count()).isZero();
        assertThat(vm.counter("fragments.held-lost")).isEqualTo(1);
    }

    @Test
    void shouldRefuseNewConnectionsAtTheLimitAndKeepTheOldOnes() {
        try (EngineHarness small = new EngineHarness(4)) {
            small.with(1, ALLOW_ALL);
            for (int port = 1; port <= 4; port++) {
                small.openTcp(port);
            }
            assertThat(small.out(fromVm().udp(5, 53))).isEqualTo(Verdict.DROP);
            assertThat(small.counter("dropped.out.table-full")).isEqualTo(1);
            assertThat(small.out(EngineHarness.segment(1))).isEqualTo(Verdict.ALLOW);
            assertThat(small.engine.connectionCount()).isEqualTo(4);
        }
    }

    @Test
    void shouldForgetIdleConnections() {
        vm.with(1, ALLOW_ALL);
        vm.out(fromVm().udp(4_000, 53));
        vm.nowNanos += 3_600_000_000_000L;
        vm.engine.expire(vm.nowNanos);
        assertThat(vm.engine.connectionCount()).isZero();
        assertThat(vm.counter("connections.expired")).isEqualTo(1);
    }

    @Test
    void shouldGoOnWhereAnotherEngineStopped() {
        vm.with(1, table(Action.DROP, aRule(7).outbound().allow()));
        vm.openTcp(40_000);
        vm.out(fromVm().udp(4_000, 53));
        TableSnapshot snapshot = vm.engine.exportTable(vm.nowNanos);
        assertThat(snapshot.entries()).isEqualTo(2);
        try (EngineHarness destination = new EngineHarness()) {
            destination.with(1, table(Action.DROP, aRule(7).outbound().allow()));
            assertThat(destination.in(EngineHarness.answer(40_000))).isEqualTo(Verdict.DROP);
            destination.engine.importTable(snapshot, destination.nowNanos);
            assertThat(destination.in(EngineHarness.answer(40_000))).isEqualTo(Verdict.ALLOW);
            assertThat(destination.in(toVm().udp(53, 4_000))).isEqualTo(Verdict.ALLOW);
            assertThat(destination.in(toVm().udp(53, 4_001))).isEqualTo(Verdict.DROP);
            FrameBuilder later = toVm().udp(53, 4_000).payload(new byte[8]).fragment(5, 1_480, false);
            assertThat(destination.in(later)).as("its first came to the source").isEqualTo(Verdict.ALLOW);
            destination.nowNanos += FragmentGate.ADOPTION_NANOS;
            assertThat(destination.in(later.fragment(6, 1_480, false))).isEqualTo(Verdict.HOLD);
        }
    }

    @Test
    void shouldRefuseADamagedSnapshotWhole() {
        vm.with(1, ALLOW_ALL);
        vm.openTcp(40_000);
        TableSnapshot snapshot = vm.engine.exportTable(vm.nowNanos);
        byte[] chunk = snapshot.chunks().getFirst().clone();
        chunk[chunk.length / 2] ^= 1;
        TableSnapshot damaged = new TableSnapshot(List.of(chunk), snapshot.entries(), snapshot.digest());
        try (EngineHarness destination = new EngineHarness()) {
            assertThatThrownBy(() -> destination.engine.importTable(damaged, 0))
                    .isInstanceOfSatisfying(
                            DataPathException.class,
                            e -> assertThat(e.reason()).isEqualTo(DataPathException.Reason.BAD_SNAPSHOT));
            assertThat(destination.engine.connectionCount()).isZero();
        }
    }

    @Test
    void shouldRefuseAnOlderRevision() {
        vm.with(5, ALLOW_ALL);
        assertThat(vm.engine.install(4, DROP_ALL, vm.nowNanos)).isFalse();
        assertThat(vm.engine.revision()).isEqualTo(5);
        assertThat(vm.engine.rulesHash()).isEqualTo(ALLOW_ALL.hash());
    }
}
