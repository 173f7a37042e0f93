package io.portcullis.migration.model;

import java.util.List;

/**
 * What the destination has of a vNIC's table before the cut.
 *
 * @param chunks that it has taken in; the rest of the table goes on behind them
 */
public record Precopied(int chunks, List<CopyRound> rounds) {
    /** Nothing was sent. */
    public static final Precopied NOTHING = new Precopied(0, List.of());

    public Precopied {
        rounds = List.copyOf(rounds);
    }
}
