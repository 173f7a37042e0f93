package io.portcullis.datapath.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SynMemoryTest {
    private static final long SEED = Long.getLong("portcullis.seed", System.nanoTime());
    private static final long SECOND = 1_000_000_000L;

    private final SynMemory memory = new SynMemory(SEED);
    private final PacketView syn = Frames.parsed(Frames.toVm()
            .tcp(60_000, 443)
            .flags(PacketView.TCP_SYN)
            .sequence(77)
            .build());

    @Test
    void shouldKnowARetransmissionAfterOneSecondAndAfterThree() {
        for (long start = -2 * SECOND; start < 2 * SECOND; start += SECOND / 3) {
            SynMemory fresh = new SynMemory(SEED);
            assertThat(fresh.knows(syn, start)).as("seed %d", SEED).isFalse();
            assertThat(fresh.knows(syn, start + SECOND)).isTrue();
            assertThat(fresh.knows(syn, start + 4 * SECOND))
                    .as("3 s after that")
                    .isTrue();
        }
    }

    @Test
    void shouldForgetAfterAWhileAndTakeANewAttemptForNew() {
        assertThat(memory.knows(syn, 0)).isFalse();
        syn.tcpSequence++;
        assertThat(memory.knows(syn, SECOND)).as("seed %d", SEED).isFalse();
        assertThat(memory.knows(syn, 8 * SECOND)).isFalse();
        assertThat(memory.knows(syn, 60 * SECOND)).isFalse();
    }

    @Test
    void shouldTellAFloodFromRetransmissions() {
        System.out.println("SynMemoryTest seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        int known = 0;
        int perSecond = 200_000;
        for (int i = 0; i < 3 * perSecond; i++) {
            syn.sourceLow = random.nextInt() & 0xffff_ffffL;
            syn.tcpSequence = random.nextInt();
            known += memory.knows(syn, i * SECOND / perSecond) ? 1 : 0;
        }
        assertThat(known).as("seed %d", SEED).isLessThan(3 * perSecond / 30);
    }
}
