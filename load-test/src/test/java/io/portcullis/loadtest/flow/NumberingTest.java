package io.portcullis.loadtest.flow;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NumberingTest {
    private final Numbering numbering = new Numbering();

    private void send(int count) {
        for (int i = 0; i < count; i++) {
            numbering.countSent();
        }
    }

    @Test
    void shouldTellWhatIsMissingLateAndDouble() {
        send(5);
        assertThat(numbering.arrived(0)).isEqualTo(Numbering.Arrival.IN_ORDER);
        assertThat(numbering.arrived(3)).isEqualTo(Numbering.Arrival.IN_ORDER);
        assertThat(numbering.lost()).isEqualTo(3);
        assertThat(numbering.arrived(1)).isEqualTo(Numbering.Arrival.LATE);
        assertThat(numbering.arrived(1)).isEqualTo(Numbering.Arrival.AGAIN);
        assertThat(numbering.arrived(3)).isEqualTo(Numbering.Arrival.AGAIN);
        assertThat(numbering.arrived(5)).isEqualTo(Numbering.Arrival.UNKNOWN);
        assertThat(numbering.received()).isEqualTo(3);
        assertThat(numbering.lost()).isEqualTo(2);
    }

    @Test
    void shouldSeeEachByteThatIsOtherThanSent() {
        byte[] payload = Payload.make(7, 9, true, 11, 100);
        byte[] frame = new byte[14 + 20 + 8 + payload.length];
        frame[12] = 8;
        frame[14] = 0x45;
        frame[14 + 9] = 17;
        System.arraycopy(payload, 0, frame, 42, payload.length);
        assertThat(Payload.find(frame)).isEqualTo(42);
        assertThat(Payload.isSound(frame, 42)).isTrue();
        assertThat(Payload.flow(frame, 42)).isEqualTo(7);
        assertThat(Payload.number(frame, 42)).isEqualTo(9);
        assertThat(Payload.isToVm(frame, 42)).isTrue();
        assertThat(Payload.dueNanos(frame, 42)).isEqualTo(11);
        for (int i = Payload.HEADER_BYTES; i < payload.length; i++) {
            frame[42 + i] ^= 1;
            assertThat(Payload.isSound(frame, 42)).as("byte " + i).isFalse();
            frame[42 + i] ^= 1;
        }
    }
}
