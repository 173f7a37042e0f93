package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.Checksums;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class MigrateFlowsTest {
    private static final int CONNECTION = 70_000;
    private static final int TAG = 4;

    private final MigrateFlows flows = new MigrateFlows(100_000, 7);
    private final MigrateFlows.Arrived arrived = new MigrateFlows.Arrived();

    @Test
    void shouldReadAtOneEndWhatTheOtherSends() {
        byte[] syn = flows.clientSyn(CONNECTION);
        assertThat(read(syn, TAG)).isTrue();
        assertThat(arrived.connection).isEqualTo(CONNECTION);
        assertThat(arrived.flags).isEqualTo(MigrateFlows.SYN);
        int first = arrived.sequence;
        flows.vmGot(CONNECTION, arrived.sequence, arrived.flags, arrived.payload);
        assertThat(read(flows.vmSynAck(CONNECTION), 0)).isTrue();
        flows.clientGot(CONNECTION, arrived.sequence, arrived.flags, arrived.payload);

        assertThat(read(flows.clientData(CONNECTION, 12, 34), TAG)).isTrue();

        assertThat(arrived.sequence).isEqualTo(first + 1);
        assertThat(arrived.payload).isEqualTo(MigrateFlows.PAYLOAD);
        assertThat(arrived.number).isEqualTo(12);
        assertThat(arrived.dueNanos).isEqualTo(34);
    }

    @Test
    void shouldMakeFramesThatAnyStackTakes() {
        assertSound(flows.clientSyn(CONNECTION), TAG);
        assertSound(flows.vmData(CONNECTION, 1, 2), 0);
    }

    @Test
    void shouldTellWhatTheDrawsAreWorth() {
        // 32 bits of address less the order of 100,000, 14.8 of port, two sequence numbers, 15.6 of window
        assertThat(flows.floorBits()).isBetween(108.0, 112.0);
        assertThat(flows.clients()).isBetween(99_900, 100_000);
    }

    private boolean read(byte[] frame, int tag) {
        return arrived.read(MemorySegment.ofArray(frame), 0, frame.length, tag);
    }

    private static void assertSound(byte[] bytes, int tag) {
        MemorySegment frame = MemorySegment.ofArray(bytes);
        int ip = 14 + tag;
        int length = bytes.length - ip;
        assertThat(Checksums.finish(Checksums.sum(frame, ip, 20))).isZero();
        long pseudo = Checksums.sum(frame, ip + 12L, 8) + 6 + (length - 20);
        assertThat(Checksums.finish(pseudo + Checksums.sum(frame, ip + 20L, length - 20)))
                .isZero();
    }
}
