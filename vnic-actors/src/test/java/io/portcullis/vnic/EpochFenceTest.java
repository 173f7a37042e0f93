package io.portcullis.vnic;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which epochs a host may go on with, and what it has to let go. */
class EpochFenceTest {
    private static final VnicId ETH0 = VnicId.parse("acme/web-1/eth0");
    private static final OptionalLong NO_ROW = OptionalLong.empty();

    @ParameterizedTest
    @EnumSource(
            value = VnicMode.class,
            names = {"CUTTING", "SEALED"})
    void shouldNeverTakeBackUnderTheEpochThatItHandedOver(VnicMode mode) {
        assertThat(EpochFence.mayReclaim(status(mode, 4), 4)).isFalse();
        assertThat(EpochFence.mayReclaim(status(mode, 4), 5)).isTrue();
    }

    @Test
    void shouldGoOnUnderTheEpochThatItEnforces() {
        assertThat(EpochFence.mayReclaim(status(VnicMode.ENFORCING, 4), 4)).isTrue();
        assertThat(EpochFence.mayReclaim(status(VnicMode.ENFORCING, 4), 3)).isFalse();
    }

    @Test
    void shouldAttachNothingAgainUnderTheEpochThatLeft() {
        EpochFence fence = new EpochFence(new HostId("host-1"), ETH0);
        fence.attaching(4);
        fence.attached();
        fence.leaving(4, null);
        fence.left();

        assertThat(fence.whyNotAttach(4)).isNotNull();
        assertThat(fence.whyNotAttach(5)).isNull();
        assertThat(fence.whyNotReclaim(5)).isNotNull();
    }

    // ---- what a host that was cut off finds of a migration

    @ParameterizedTest
    @EnumSource(
            value = VnicMode.class,
            names = {"PASSIVE", "HOLDING"})
    void shouldLetGoWhatNeverEnforcedAndNobodyKnowsOf(VnicMode mode) {
        assertThat(Strays.isStray(status(mode, 4), OptionalLong.of(3), false, false))
                .isTrue();
        assertThat(Strays.isStray(status(mode, 4), NO_ROW, false, false)).isTrue();
        assertThat(Strays.isStray(status(mode, 4), OptionalLong.of(3), false, true))
                .isFalse();
        assertThat(Strays.isStray(status(mode, 4), OptionalLong.of(4), true, false))
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = VnicMode.class,
            names = {"PASSIVE", "HOLDING"})
    void shouldLetGoWhatNeverEnforcedOnceItsEpochIsOverThoughTheAgentKnowsOfIt(VnicMode mode) {
        assertThat(Strays.isStray(status(mode, 4), OptionalLong.of(5), false, true))
                .isTrue();
        assertThat(Strays.isStray(status(mode, 4), OptionalLong.of(4), false, true))
                .isFalse();
        assertThat(Strays.isStray(status(mode, 4), NO_ROW, false, true)).isFalse();
        assertThat(Strays.isStray(status(mode, 4), OptionalLong.of(5), true, true))
                .isFalse();
    }

    @Test
    void shouldLetGoWhatWasHandedOverOnceItsEpochIsOver() {
        assertThat(Strays.isStray(status(VnicMode.SEALED, 4), OptionalLong.of(5), false, false))
                .isTrue();
        assertThat(Strays.isStray(status(VnicMode.SEALED, 4), OptionalLong.of(4), false, false))
                .isFalse();
    }

    @Test
    void shouldEnforceUntilAnotherHostHasAHigherEpoch() {
        assertThat(Strays.isStray(status(VnicMode.ENFORCING, 4), OptionalLong.of(3), false, false))
                .isFalse();
        assertThat(Strays.isStray(status(VnicMode.ENFORCING, 4), OptionalLong.of(5), false, true))
                .isTrue();
    }

    private static VnicStatus status(VnicMode mode, long epoch) {
        return new VnicStatus(ETH0, epoch, mode, "", 1, 0, Map.of());
    }
}
