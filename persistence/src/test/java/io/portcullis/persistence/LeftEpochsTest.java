package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.VnicId;
import org.junit.jupiter.api.Test;

class LeftEpochsTest {
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");
    private static final VnicId DB = VnicId.parse("acme/db-1/eth0");
    private static final VnicId API = VnicId.parse("acme/api-1/eth0");

    private final LeftEpochs left = new LeftEpochs(2);

    @Test
    void shouldKnowTheHighestEpochUnderWhichAVnicHasLeft() {
        left.leave(WEB, 7);
        left.leave(WEB, 3);

        assertThat(left.hasLeft(WEB, 7)).isTrue();
        assertThat(left.hasLeft(WEB, 8)).isFalse();
        assertThat(left.hasLeft(DB, 1)).isFalse();
    }

    @Test
    void shouldForgetAVnicThatIsBack() {
        left.leave(WEB, 7);
        left.comeBack(WEB);

        assertThat(left.hasLeft(WEB, 7)).isFalse();
    }

    @Test
    void shouldKeepTheVnicsThatLeftLast() {
        left.leave(WEB, 1);
        left.leave(DB, 1);
        left.leave(WEB, 3);
        left.leave(API, 1);

        assertThat(left.hasLeft(DB, 1)).as("left first").isFalse();
        assertThat(left.hasLeft(WEB, 3)).isTrue();
        assertThat(left.hasLeft(API, 1)).isTrue();
    }
}
