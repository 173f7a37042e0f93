package io.portcullis.datapath.rulelog;

import static io.portcullis.datapath.classify.Rules.aRule;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.rulelog.RuleLogEvent.Cause;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleLogRingTest {
    private static final VnicId VNIC = VnicId.parse("acme/web-1/eth0");
    private static final TableRule RULE = aRule(7).logged().drop();

    private final RuleLogRing ring = new RuleLogRing();
    private final List<RuleLogEvent> events = new ArrayList<>();

    @Test
    void shouldHandOverWhatItWasGiven() {
        PacketView packet =
                Frames.parsed(Frames.fromVm6().tcp(40_000, 443).flags(2).build());
        assertThat(offer(packet, 5)).isTrue();
        assertThat(ring.drain(events::add, 10)).isEqualTo(1);
        assertThat(ring.drain(events::add, 10)).isZero();
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.source()).isEqualTo(Frames.VM6);
            assertThat(event.destination()).isEqualTo(Frames.PEER6);
            assertThat(event.atNanos()).isEqualTo(5);
            assertThat(event)
                    .hasToString("vnic=acme/web-1/eth0 cause=FIRST_PACKET action=DROP rule=test/7 ruleId=7 revision=3"
                            + " direction=OUT protocol=6 source=fd00:0:0:0:0:0:0:1 destination=fd00:0:0:0:0:0:0:2"
                            + " sourcePort=40000 destinationPort=443 tcpFlags=0x2");
        });
    }

    @Test
    void shouldKeepNothingOfAnEarlierEventInItsPlace() {
        PacketView packet = Frames.parsed(Frames.fromVm().udp(1, 53).build());
        PacketView arp = Frames.parsed(
                FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER).build());
        for (int i = 0; i < RuleLogRing.CAPACITY; i++) {
            offer(packet, i);
            ring.drain(event -> {}, 1);
        }
        offer(arp, 1);
        ring.drain(events::add, 1);
        assertThat(events.getFirst().source()).isNull();
        assertThat(events.getFirst().toString())
                .endsWith("etherType=0x806 sourceMac=02:00:00:00:00:01 destinationMac=ff:ff:ff:ff:ff:ff");
    }

    @Test
    void shouldRefuseWhatItHasNoRoomForAndLoseNothingElse() {
        PacketView packet = Frames.parsed(Frames.fromVm().udp(1, 53).build());
        for (int i = 0; i < RuleLogRing.CAPACITY; i++) {
            assertThat(offer(packet, i)).isTrue();
        }
        assertThat(offer(packet, -1)).isFalse();
        ring.drain(events::add, 1);
        assertThat(offer(packet, RuleLogRing.CAPACITY)).isTrue();
        ring.drain(events::add, Integer.MAX_VALUE);
        assertThat(events).extracting(RuleLogEvent::atNanos).isSorted().hasSize(RuleLogRing.CAPACITY + 1);
    }

    @Test
    void shouldBringEveryEventOnceAndInOrderToAnotherThread() throws InterruptedException {
        int count = 200_000;
        Thread loop = Thread.ofPlatform().start(() -> {
            PacketView packet = Frames.parsed(Frames.fromVm().udp(1, 53).build());
            for (int i = 0; i < count; i++) {
                packet.sourcePort = i & 0xffff;
                while (!offer(packet, i)) {
                    Thread.onSpinWait();
                }
            }
        });
        long[] next = {0};
        while (next[0] < count) {
            ring.drain(
                    event -> {
                        assertThat(event.atNanos()).isEqualTo(next[0]);
                        assertThat(event.sourcePort()).isEqualTo((int) next[0] & 0xffff);
                        next[0]++;
                    },
                    1_000);
        }
        loop.join();
        assertThat(ring.drain(events::add, 1)).isZero();
    }

    private boolean offer(PacketView packet, long atNanos) {
        return ring.offer(VNIC, Cause.FIRST_PACKET, RULE, 3, packet, Direction.OUT, Action.DROP, atNanos);
    }
}
