package io.portcullis.migration;

import io.portcullis.migration.model.CopyRound;
import java.util.List;

/**
 * What the destination has of a vNIC's table before the cut.
 *
 * @param chunks that it has taken in; the rest of the table goes on behind them
 */
record Precopied(int chunks, List<CopyRound> rounds) {
    /** Nothing was sent. */
    static final Precopied NOTHING = new Precopied(0, List.of());

    Precopied {
        rounds = List.copyOf(rounds);
    }
}
