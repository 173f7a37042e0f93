package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The design's promise: no garbage per packet. */
class AllocationTest {
    private static final int ROUNDS = 20;
    private static final int TALKS_PER_ROUND = 400;

    @Test
    void shouldNotAllocatePerPacket() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        List<PacketView> packets = TcpConversation.of(new Random(1), Story.CLIENT, Story.SERVER);
        PacketView question = Packets.udp(Story.CLIENT, Story.SERVER);
        PacketView answer = Packets.udp(Story.SERVER, Story.CLIENT);
        long fewest = Long.MAX_VALUE;
        try (ConnectionTracker tracker =
                new ConnectionTracker(new ConnectionTable(100, 1, 2), TrackingProfile.STRICT)) {
            // the first rounds warm up; a compiler that happens to run in one of them does not matter
            for (int round = 0; round < ROUNDS; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int talk = 0; talk < TALKS_PER_ROUND; talk++) {
                    for (int i = 0; i < packets.size(); i++) {
                        pass(tracker, packets.get(i), talk);
                    }
                    pass(tracker, question, talk);
                    pass(tracker, answer, talk);
                    tracker.expire(Long.MAX_VALUE / 2, 100);
                }
                fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - before);
            }
        }
        long count = (long) TALKS_PER_ROUND * packets.size();
        assertThat(fewest).as("bytes for %d packets", count).isLessThan(count / 100);
    }

    private static void pass(ConnectionTracker tracker, PacketView packet, long nowNanos) {
        if (tracker.lookup(packet, nowNanos) == TrackResult.MISS_NEW) {
            tracker.insert(packet, Direction.OUT, 1, 1, nowNanos);
        }
    }
}
