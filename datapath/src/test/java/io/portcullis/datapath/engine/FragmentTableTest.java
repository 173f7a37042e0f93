package io.portcullis.datapath.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import org.junit.jupiter.api.Test;

class FragmentTableTest {
    private final FragmentTable table = new FragmentTable(42);

    @Test
    void shouldTellDirectionsProtocolsAndIdsApart() {
        table.admit(fragment(1, 0), Direction.OUT, 0);
        assertThat(table.passes(fragment(1, 32), Direction.OUT, 1)).isTrue();
        assertThat(table.passes(fragment(1, 32), Direction.IN, 1)).isFalse();
        assertThat(table.passes(fragment(2, 32), Direction.OUT, 1)).isFalse();
        PacketView icmp = fragment(1, 32);
        icmp.protocol = PacketView.PROTOCOL_ICMP;
        assertThat(table.passes(icmp, Direction.OUT, 1)).isFalse();
    }

    @Test
    void shouldForgetTheOldestWhenFull() {
        int datagrams = FragmentTable.ENTRIES * 4;
        for (int id = 0; id < datagrams; id++) {
            table.admit(fragment(id, 0), Direction.OUT, id);
        }
        assertThat(table.passes(fragment(datagrams - 1, 32), Direction.OUT, datagrams))
                .isTrue();
        assertThat(table.evicted()).isPositive();
        int known = 0;
        for (int id = 0; id < datagrams; id++) {
            known += table.knows(fragment(id, 32), Direction.OUT, datagrams) ? 1 : 0;
        }
        assertThat(known).isBetween(1, FragmentTable.ENTRIES);
        assertThat(table.evicted()).isEqualTo(datagrams - known);
    }

    @Test
    void shouldNotUncoverWhatALongerFirstFragmentHeld() {
        table.admit(parsed(Frames.fromVm().udp(1, 2).payload(new byte[56]).fragment(1, 0, true)), Direction.OUT, 0);
        table.admit(fragment(1, 0), Direction.OUT, 0);
        assertThat(table.passes(fragment(1, 56), Direction.OUT, 0)).isFalse();
        assertThat(table.passes(fragment(1, 64), Direction.OUT, 0)).isTrue();
    }

    private static PacketView fragment(int id, int offset) {
        return parsed(Frames.fromVm().udp(1, 2).payload(new byte[24]).fragment(id, offset, true));
    }

    private static PacketView parsed(FrameBuilder frame) {
        return Frames.parsed(frame.build());
    }
}
