package io.portcullis.ports.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class FabricProtocolTest {
    @Test
    void shouldLetABufferGrowWithWhatComesAndKeepWhatIsInIt() {
        ByteBuffer first = ByteBuffer.allocateDirect(16).putLong(7);
        assertThat(FabricProtocol.withRoom(first, 8, 64)).isSameAs(first);

        ByteBuffer second = FabricProtocol.withRoom(first, 9, 64);
        assertThat(second.capacity()).isEqualTo(32);
        assertThat(second.putLong(8).flip())
                .isEqualTo(ByteBuffer.allocate(16).putLong(7).putLong(8).flip());
    }

    @Test
    void shouldNotLetABufferGrowBeyondItsLimit() {
        ByteBuffer all = FabricProtocol.withRoom(ByteBuffer.allocateDirect(16).putLong(7), 100, 64);
        assertThat(all.capacity()).isEqualTo(64);
        assertThat(all.remaining()).isEqualTo(56);
        assertThat(FabricProtocol.withRoom(all, 100, 64)).isSameAs(all);
    }

    @Test
    void shouldHoldTheLongestMessageBothWays() {
        assertThat(FabricProtocol.MAX_INPUT_BYTES)
                .isGreaterThan(FabricProtocol.LENGTH_BYTES + FabricProtocol.MAX_MESSAGE_BYTES);
        assertThat(FabricProtocol.MAX_OUTPUT_BYTES)
                .isGreaterThan(FabricProtocol.LENGTH_BYTES
                        + FabricProtocol.MAX_MESSAGE_BYTES
                        + FabricProtocol.CONTROL_RESERVE_BYTES);
    }
}
