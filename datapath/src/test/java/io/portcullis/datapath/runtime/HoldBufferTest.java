package io.portcullis.datapath.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.port.Burst;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HoldBufferTest {
    private static final int VNET = Burst.VNET_HEADER_BYTES;

    private final Arena arena = Arena.ofConfined();
    private final Burst burst = new Burst(arena);

    @AfterEach
    void free() {
        arena.close();
    }

    private static boolean offer(HoldBuffer hold, int number, int lengthBytes) {
        byte[] bytes = new byte[VNET + lengthBytes];
        MemorySegment segment = MemorySegment.ofArray(bytes);
        segment.set(ValueLayout.JAVA_INT_UNALIGNED, VNET, number);
        bytes[0] = 1;
        return hold.offer(segment, VNET, lengthBytes);
    }

    @Test
    void shouldGiveBackAllFramesInOrder() {
        HoldBuffer hold = new HoldBuffer(64 << 20, 10_000);
        for (int i = 0; i < 1_000; i++) {
            assertThat(offer(hold, i, i % 10 == 0 ? Burst.MAX_FRAME_BYTES : 60 + i))
                    .isTrue();
        }
        List<Integer> numbers = new ArrayList<>();
        while (!hold.isEmpty()) {
            burst.clear();
            hold.drainTo(burst);
            for (int i = 0; i < burst.count(); i++) {
                int number = burst.memory().get(ValueLayout.JAVA_INT_UNALIGNED, burst.offset(i));
                numbers.add(number);
                assertThat(burst.length(i)).isEqualTo(number % 10 == 0 ? Burst.MAX_FRAME_BYTES : 60 + number);
                assertThat(burst.memory().get(ValueLayout.JAVA_BYTE, burst.offset(i) - (long) VNET))
                        .isEqualTo((byte) 1);
            }
        }
        assertThat(numbers).isSorted().hasSize(1_000).doesNotHaveDuplicates();
    }

    @Test
    void shouldRefuseWhatIsOverItsBounds() {
        HoldBuffer few = new HoldBuffer(1 << 20, 2);
        assertThat(offer(few, 0, 60)).isTrue();
        assertThat(offer(few, 1, 60)).isTrue();
        assertThat(offer(few, 2, 60)).isFalse();
        assertThat(few.frames()).isEqualTo(2);

        HoldBuffer small = new HoldBuffer(200, 100);
        assertThat(offer(small, 0, 100)).isTrue();
        assertThat(offer(small, 1, 100)).isFalse();
        small.drainTo(burst);
        assertThat(offer(small, 2, 100)).isTrue();
        small.clear();
        assertThat(small.isEmpty()).isTrue();
    }
}
