package io.portcullis.migration.sim;

import io.portcullis.datapath.runtime.ExportedBatch;
import io.portcullis.migration.model.CopyRound;
import java.util.List;

/** What a source's data path has made of a vNIC's table before the cut, counted where it was made: what a receipt must say. */
final class Made {
    private long entries;
    private long removals;
    private long bytes;

    void add(ExportedBatch piece) {
        entries += piece.entries();
        removals += piece.removals();
        bytes += piece.bytes();
    }

    boolean isWhatIsSaid(List<CopyRound> rounds) {
        return entries == rounds.stream().mapToLong(CopyRound::entries).sum()
                && removals == rounds.stream().mapToLong(CopyRound::removals).sum()
                && bytes == rounds.stream().mapToLong(CopyRound::bytes).sum();
    }

    @Override
    public String toString() {
        return entries + " connections, " + removals + " removals, " + bytes + " bytes";
    }
}
