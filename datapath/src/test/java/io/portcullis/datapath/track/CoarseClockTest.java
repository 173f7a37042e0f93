package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CoarseClockTest {
    @Test
    void shouldGoOnInTheMiddleOfATickOnAnotherClock() {
        long seed = new Random().nextLong();
        System.out.println("CoarseClockTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 1_000; i++) {
            CoarseClock here = new CoarseClock();
            CoarseClock there = new CoarseClock();
            long now = random.nextLong() >> 2;
            long difference = random.nextLong() >> 2;
            there.align(now + difference, here.phase(now));
            for (long later : new long[] {0, 1, random.nextLong(CoarseClock.TICK_NANOS), random.nextLong(1L << 50)}) {
                assertThat(there.tick(now + difference + later) - there.tick(now + difference))
                        .as("seed %d", seed)
                        .isEqualTo(here.tick(now + later) - here.tick(now));
            }
        }
    }

    @Test
    void shouldTellTimeOutsApartAsLongAsItHasCodes() {
        CoarseClock clock = new CoarseClock();
        for (int ticks = 1; ticks < CoarseClock.MAX_CODES; ticks++) {
            assertThat(clock.timeout(clock.code(ticks * 10))).isEqualTo(ticks * 10);
        }
        assertThat(clock.timeout(clock.code(25))).isEqualTo(20);
        for (int ticks = 1; ticks < CoarseClock.MAX_CODES; ticks++) {
            assertThat(clock.timeout(clock.code(ticks * 10))).isEqualTo(ticks * 10);
        }
    }

    @Test
    void shouldBoundTimeOuts() {
        assertThat(CoarseClock.ticks(Long.MAX_VALUE)).isPositive();
        assertThat(CoarseClock.ticks(1)).isEqualTo(1);
        assertThat(CoarseClock.ticks(-1)).isZero();
    }
}
