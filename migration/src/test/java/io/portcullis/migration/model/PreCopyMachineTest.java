package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.datapath.track.TableSum;
import io.portcullis.policy.VnicId;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PreCopyMachineTest {
    private static final VnicId ETH0 = VnicId.parse("acme/web-1/eth0");
    private static final long LONG = 1_000_000_000_000L;

    private final PreCopyMachine machine = new PreCopyMachine(
            new PreCopyTask("m-1", List.of(ETH0), 1, new PreCopyBudget(500_000, 8), LONG, false, LONG, LONG));
    private List<PreCopyOrder> orders = List.of();

    @Test
    void shouldTellTheTimeInWhichLeaveToSendIsAwaitedFromThatOfSending() {
        at(0, new PreCopyInput.Started());
        at(100, exported(0, 2));
        assertThat(orders).contains(new PreCopyOrder.AskToSend());
        at(200, exported(1, 0));
        at(1_000, new PreCopyInput.Granted());
        // the second chunk waits for leave while the first one is on its way: that is sending
        at(1_600, new PreCopyInput.Taken(new ChunkName(ETH0, 0), null));
        at(2_000, new PreCopyInput.Granted());
        at(2_300, new PreCopyInput.Taken(new ChunkName(ETH0, 1), null));
        at(3_000, new PreCopyInput.Finish());
        at(3_050, exported(2, 0));

        PreCopyOrder.Cut cut = (PreCopyOrder.Cut) orders.getLast();
        List<CopyRound> rounds = Objects.requireNonNull(cut.sent().get(ETH0)).rounds();
        assertThat(rounds.getFirst().nanos()).isEqualTo(2_300);
        assertThat(rounds.getFirst().waitNanos()).isEqualTo(900 + 400);
        assertThat(rounds.getLast().waitNanos()).isZero();
    }

    private void at(long nanos, PreCopyInput input) {
        orders = machine.decide(input, nanos);
    }

    private static PreCopyInput exported(int piece, int chunks) {
        List<byte[]> bytes = Stream.generate(() -> new byte[10]).limit(chunks).toList();
        return new PreCopyInput.Exported(
                ETH0, piece, new ExportedBatch(bytes, chunks, 0, true, 0, new TableSum(0, 0), 1), null);
    }
}
