package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TickGridTest {
    private static final int TRIALS = 100_000;
    private static final long LONGEST = CoarseClock.ticks(Long.MAX_VALUE);

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @Test
    void shouldTellTheLastPacketToAThousandthOfTheTimeOut() {
        for (int trial = 0; trial < TRIALS; trial++) {
            long timeout = upTo(LONGEST);
            long idle = Math.min(upTo(LONGEST), timeout);
            int now = random.nextInt();
            int shift = TickGrid.idleShift(timeout);
            long told = TickGrid.idle(TickGrid.idleSteps(idle, shift, now), shift, now);
            assertThat(1L << shift)
                    .isLessThanOrEqualTo(Math.max(1, timeout / 1_000))
                    .isLessThanOrEqualTo(1_024);
            // what has just come is not told to come yet
            assertThat(told)
                    .as("seed %d, trial %d", seed, trial)
                    .isNotNegative()
                    .isCloseTo(idle, within(1L << shift));
            assertThat(again(told, shift, now))
                    .as("seed %d, trial %d", seed, trial)
                    .isEqualTo(told);
        }
    }

    /** At a later time. */
    private long again(long idle, int shift, int now) {
        int later = random.nextInt(100_000);
        return TickGrid.idle(TickGrid.idleSteps(idle + later, shift, now + later), shift, now + later) - later;
    }

    @Test
    void shouldTellAnAgeToAnEighthAndLeaveItSo() {
        for (int trial = 0; trial < TRIALS; trial++) {
            long age = upTo(0xffff_ffffL);
            int now = random.nextInt();
            long code = TickGrid.ageCode(age, now);
            long told = TickGrid.age(code, now);
            assertThat(code).isBetween(0L, 255L);
            assertThat(told)
                    .as("seed %d, trial %d: %d at %d", seed, trial, age, now)
                    .isBetween(Math.max(0, age - 64), Math.min(0xffff_ffffL, age + age / 7 + 1));
            // it comes a little early or late where it goes
            int off = told < 10_000 ? 0 : random.nextInt(121) - 60;
            assertThat(TickGrid.age(TickGrid.ageCode(told + off, now), now))
                    .as("seed %d, trial %d: %d at %d", seed, trial, age, now)
                    .isBetween(told, told + told / 7);
        }
    }

    /** As many of each length. */
    private long upTo(long most) {
        return (random.nextLong() >>> 1 >>> random.nextInt(Long.SIZE - 1)) % (most + 1);
    }
}
