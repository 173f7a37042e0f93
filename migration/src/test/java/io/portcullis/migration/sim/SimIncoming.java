package io.portcullis.migration.sim;

import io.portcullis.datapath.track.TableSum;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Another host's table on its way into a vNIC, beside the vNIC's own, as {@code IncomingTable} has it. */
final class SimIncoming {
    /** A connection that no VM has. */
    private static final int UNKNOWN = 99;

    private final Summed taken = new Summed();
    private final List<TableSum> sums = new ArrayList<>();

    /** How many chunks came. */
    int chunks() {
        return sums.size();
    }

    /** What was here with the first {@code chunks} chunks, or null if fewer came. */
    @Nullable
    TableSum sumAfter(int chunks) {
        return chunks > sums.size() ? null : sums.get(chunks - 1);
    }

    TableSum sum() {
        return taken.sum();
    }

    Map<Integer, Integer> connections() {
        return taken.connections();
    }

    /** @param keepsRemoved with a mistake: what is over stays */
    void take(byte[] chunk, boolean keepsRemoved) {
        ByteBuffer bytes = ByteBuffer.wrap(chunk);
        while (bytes.hasRemaining()) {
            int connection = bytes.get();
            int version = bytes.getInt();
            if (version != SimExport.REMOVED) {
                taken.put(connection, version);
            } else if (!keepsRemoved) {
                taken.remove(connection);
            }
        }
        sums.add(sum());
    }

    /** Something else is here than came. */
    void damage() {
        taken.put(UNKNOWN, sums.size());
        sums.set(sums.size() - 1, sum());
    }
}
