package io.portcullis.vnic;

import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A part of the bytes of a rule table ({@link RuleTableCodec}): a table of any size travels so, whatever a message may have.
 *
 * @param number from 0
 * @param count of all pieces of the table
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content, below
public record TablePiece(int number, int count, byte[] bytes) {
    /** Well below what one message between nodes may have, also if it is the default of the transport. */
    public static final int MAX_BYTES = 128 << 10;

    /** A table in pieces, in order. */
    public static List<TablePiece> of(RuleTable table) {
        byte[] whole = RuleTableCodec.bytes(table);
        int count = Math.ceilDiv(whole.length, MAX_BYTES);
        List<TablePiece> pieces = new ArrayList<>(count);
        for (int number = 0; number < count; number++) {
            int from = number * MAX_BYTES;
            pieces.add(new TablePiece(
                    number, count, Arrays.copyOfRange(whole, from, Math.min(whole.length, from + MAX_BYTES))));
        }
        return pieces;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TablePiece piece
                && number == piece.number
                && count == piece.count
                && Arrays.equals(bytes, piece.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * number + Arrays.hashCode(bytes);
    }
}
