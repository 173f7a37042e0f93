package io.portcullis.datapath.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The time-outs that a rule table asks for. */
class TrackingSwitchesTest {
    private static final long LONG_NIGHT_NANOS = TimeUnit.HOURS.toNanos(13);

    private static RuleTable allowing(TimeoutPreset timeouts) {
        return new RuleTable(timeouts.name(), List.of(), Action.ALLOW, false, timeouts, false);
    }

    private static Verdict afterALongNight(TimeoutPreset opened, TimeoutPreset then) {
        try (EngineHarness vm = new EngineHarness()) {
            vm.with(1, allowing(opened)).openTcp(40_000);
            vm.with(2, allowing(then));
            assertThat(vm.out(EngineHarness.segment(40_000))).isEqualTo(Verdict.ALLOW);
            vm.nowNanos += LONG_NIGHT_NANOS;
            return vm.out(EngineHarness.segment(40_000));
        }
    }

    @Test
    void shouldForgetAnIdleConnectionAfterTheTimeOfTheTable() {
        assertThat(afterALongNight(TimeoutPreset.LINUX, TimeoutPreset.LINUX)).isEqualTo(Verdict.ALLOW);
        assertThat(afterALongNight(TimeoutPreset.NSX, TimeoutPreset.NSX)).isEqualTo(Verdict.DROP);
    }

    @Test
    void shouldPutOtherTimeoutsInForceWithTheNextPacket() {
        assertThat(afterALongNight(TimeoutPreset.NSX, TimeoutPreset.LINUX)).isEqualTo(Verdict.ALLOW);
        assertThat(afterALongNight(TimeoutPreset.LINUX, TimeoutPreset.NSX)).isEqualTo(Verdict.DROP);
    }
}
