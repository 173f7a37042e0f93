package io.portcullis.vnic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CheckpointRateTest {
    private static final long MILLIS = TimeUnit.MILLISECONDS.toNanos(1);

    private long now = Long.MAX_VALUE - 5;
    private final CheckpointRate rate = new CheckpointRate(1_000, () -> now);

    @Test
    void shouldLetWholesWaitForAllAndChangesForWhatIsAheadOfABurst() {
        assertThat(rate.waitNanos()).isZero();
        rate.wrote(100);
        assertThat(rate.waitNanos()).isEqualTo(100 * MILLIS);
        assertThat(rate.urgentWaitNanos()).isZero();
        now += 40 * MILLIS;
        rate.wrote(1_000);
        assertThat(rate.waitNanos()).isEqualTo(1_060 * MILLIS);
        assertThat(rate.urgentWaitNanos()).isEqualTo(60 * MILLIS);
    }

    @Test
    void shouldOweNothingForTimesWithoutWriting() {
        now += 10_000 * MILLIS;
        rate.wrote(10);
        assertThat(rate.waitNanos()).isEqualTo(10 * MILLIS);
    }

    @Test
    void shouldLetNobodyWaitAtAStop() {
        rate.wrote(100_000);
        rate.hurry(true);
        assertThat(rate.waitNanos()).isZero();
        assertThat(rate.urgentWaitNanos()).isZero();
        rate.hurry(false);
        assertThat(rate.waitNanos()).isPositive();
    }
}
