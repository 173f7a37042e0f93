package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutgoingTest {
    private static final int WINDOW = 4;
    private static final VmId VM = VmId.parse("acme/web-1");
    private static final VnicId ETH0 = new VnicId(VM, "eth0");
    private static final VnicId ETH1 = new VnicId(VM, "eth1");

    @Test
    void shouldKeepNoMoreChunksOnTheirWayThanTheWindow() {
        Transition<Outgoing, SourceOrder> start = start(6, 0);
        assertThat(start.orders())
                .containsExactly(
                        new SourceOrder.OpenTransfer(), chunk(ETH0, 0), chunk(ETH0, 1), chunk(ETH0, 2), chunk(ETH0, 3));

        Transition<Outgoing, SourceOrder> one = start.state().acknowledged(new ChunkName(ETH0, 0));
        assertThat(one.orders()).containsExactly(chunk(ETH0, 4));
        assertThat(one.state().acknowledged(new ChunkName(ETH0, 0)).orders()).isEmpty();
        assertThat(one.state().acknowledged(new ChunkName(ETH0, 1)).orders())
                .containsExactly(chunk(ETH0, 5), handover(6, 0));
    }

    @Test
    void shouldHandOverAtOnceWhenTheTablesAreEmpty() {
        assertThat(start(0, 0).orders()).containsExactly(new SourceOrder.OpenTransfer(), handover(0, 0));
    }

    @Test
    void shouldSendAgainWhatWasLostButOnlyWhenStuck() {
        Transition<Outgoing, SourceOrder> start = start(2, 1);
        assertThat(start.orders()).hasSize(5);

        Transition<Outgoing, SourceOrder> first = start.state().repeatIfStuck();
        assertThat(first.orders()).isEmpty();
        Transition<Outgoing, SourceOrder> progressed =
                first.state().acknowledged(new ChunkName(ETH0, 1)).state().repeatIfStuck();
        assertThat(progressed.orders()).isEmpty();
        assertThat(progressed.state().repeatIfStuck().orders())
                .containsExactly(new SourceOrder.OpenTransfer(), chunk(ETH0, 0), chunk(ETH1, 0), handover(2, 1));
    }

    private static Transition<Outgoing, SourceOrder> start(int first, int second) {
        return Outgoing.start(List.of(vnic(ETH0, first), vnic(ETH1, second)), WINDOW);
    }

    private static SourceOrder handover(int first, int second) {
        return new SourceOrder.HandOver(List.of(vnic(ETH0, first), vnic(ETH1, second)));
    }

    private static SourceOrder chunk(VnicId vnic, int sequence) {
        return new SourceOrder.SendChunk(new ChunkName(vnic, sequence));
    }

    private static VnicHandover vnic(VnicId vnic, int chunks) {
        return new VnicHandover(vnic, chunks, chunks, 10L * chunks, 5, 7, 3, 1_000);
    }
}
