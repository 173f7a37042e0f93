package io.portcullis.datapath.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.runtime.TunnelMessage.FrameKind;
import io.portcullis.policy.VnicId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TunnelCodecTest {
    static List<TunnelMessage> markers() {
        return List.of(
                new TunnelMessage.Hello(VnicId.parse("acme/web-1/eth0"), "secret"),
                new TunnelMessage.Welcome(),
                new TunnelMessage.EgressDrained(),
                new TunnelMessage.UplinkLearned(),
                new TunnelMessage.Sealed(7, List.of(1L, -1L), null),
                new TunnelMessage.Sealed(0, List.of(), new TunnelMessage.SealedState(5, -6, true, 7, 8)),
                new TunnelMessage.Released(),
                new TunnelMessage.Leaving(),
                new TunnelMessage.Reclaim(),
                new TunnelMessage.ReclaimRefused(),
                new TunnelMessage.EgressReturned(),
                new TunnelMessage.ReclaimLearned(),
                new TunnelMessage.Returned());
    }

    private static byte[] encode(TunnelMessage message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TunnelCodec.write(new DataOutputStream(bytes), message);
        return bytes.toByteArray();
    }

    private static TunnelMessage decode(byte... bytes) throws IOException {
        return TunnelCodec.read(new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    @ParameterizedTest
    @MethodSource("markers")
    void shouldReadWhatItWrote(TunnelMessage message) throws IOException {
        assertThat(decode(encode(message))).isEqualTo(message);
    }

    @Test
    void shouldCarryAFrameWithItsOffloadHeader() throws IOException {
        byte[] frame = new byte[70];
        frame[0] = 1;
        frame[69] = 9;

        TunnelMessage read = decode(encode(new TunnelMessage.Frame(FrameKind.OUT, 12, MemorySegment.ofArray(frame))));

        assertThat(read).isInstanceOfSatisfying(TunnelMessage.Frame.class, found -> {
            assertThat(found.kind()).isEqualTo(FrameKind.OUT);
            assertThat(found.epoch()).isEqualTo(12);
            assertThat(found.bytes().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(frame);
        });
    }

    @Test
    void shouldCarryAChunk() throws IOException {
        assertThat(decode(encode(new TunnelMessage.State(new byte[] {1, 2}))))
                .isInstanceOfSatisfying(
                        TunnelMessage.State.class,
                        state -> assertThat(state.chunk()).containsExactly(1, 2));
    }

    @Test
    void shouldRefuseWhatItDoesNotKnow() {
        assertThatThrownBy(() -> decode((byte) 99)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> decode((byte) 1, (byte) 'H', (byte) 'T', (byte) 'T', (byte) 'P'))
                .isInstanceOf(ProtocolException.class);
    }

    @Test
    void shouldRefuseAnotherVersionByName() throws IOException {
        byte[] hello = encode(new TunnelMessage.Hello(VnicId.parse("acme/web-1/eth0"), "secret"));
        ByteBuffer.wrap(hello).putShort(5, (short) (TunnelCodec.VERSION + 1));

        assertThatThrownBy(() -> decode(hello))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("version " + (TunnelCodec.VERSION + 1));
    }

    @Test
    void shouldRefuseLengthsBeforeItTakesMemory() throws IOException {
        byte[] frame = encode(new TunnelMessage.Frame(FrameKind.IN, 1, MemorySegment.ofArray(new byte[60])));
        ByteBuffer.wrap(frame).putInt(10, Integer.MAX_VALUE);
        byte[] sealed = encode(new TunnelMessage.Sealed(1, List.of(), null));
        ByteBuffer.wrap(sealed).putInt(9, Integer.MAX_VALUE);

        assertThatThrownBy(() -> decode(frame)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> decode(sealed)).isInstanceOf(ProtocolException.class);
        byte[] state = encode(new TunnelMessage.State(new byte[3]));
        ByteBuffer.wrap(state).putInt(1, Integer.MAX_VALUE);
        assertThatThrownBy(() -> decode(state)).isInstanceOf(ProtocolException.class);
    }
}
