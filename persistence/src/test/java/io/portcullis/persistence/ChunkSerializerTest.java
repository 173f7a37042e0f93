package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.policy.VnicId;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ChunkSerializerTest {
    private final ChunkSerializer serializer = new ChunkSerializer();
    private final StateChunk chunk =
            new StateChunk("m-1", VnicId.parse("acme/web-1/eth0"), 3, true, new byte[] {1, 2, 3, -4});

    @Test
    void shouldComeBackAsItWas() throws NotSerializableException {
        byte[] bytes = serializer.toBinary(chunk);

        StateChunk read = (StateChunk) serializer.fromBinary(bytes, serializer.manifest(chunk));

        assertThat(read).usingRecursiveComparison().isEqualTo(chunk);
    }

    @Test
    void shouldComeBackThroughABufferThatIsLargerThanItself() throws NotSerializableException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1_024);
        serializer.toBinary(chunk, buffer);
        buffer.flip();

        StateChunk read = (StateChunk) serializer.fromBinary(buffer, serializer.manifest(chunk));

        assertThat(read).usingRecursiveComparison().isEqualTo(chunk);
        assertThat(buffer.hasRemaining()).isFalse();
    }

    @Test
    void shouldRefuseAnotherVersionAndWhatIsTruncated() {
        byte[] bytes = serializer.toBinary(chunk);

        assertThatThrownBy(() -> serializer.fromBinary(bytes, "1")).isInstanceOf(NotSerializableException.class);
        for (int length = 0; length < bytes.length - chunk.bytes().length; length++) {
            byte[] truncated = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> serializer.fromBinary(truncated, "2"))
                    .as("%d bytes", length)
                    .isInstanceOf(NotSerializableException.class);
        }
    }
}
