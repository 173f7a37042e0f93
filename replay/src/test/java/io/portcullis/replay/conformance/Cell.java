package io.portcullis.replay.conformance;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.portcullis.datapath.engine.Verdict;

/** What becomes of a connection between two ends, and which firewall sees to it. Each firewall is asked, whatever the other says. */
enum Cell {
    /** Passes, and so does what comes back. */
    PASSES(".", Verdict.ALLOW, Verdict.ALLOW),
    /** The sender's firewall drops it, the receiver's would not. */
    DROPPED_OUT("O", Verdict.DROP, Verdict.ALLOW),
    /** The receiver's firewall drops it. */
    DROPPED_IN("I", Verdict.ALLOW, Verdict.DROP),
    /** Both firewalls drop it. */
    DROPPED("X", Verdict.DROP, Verdict.DROP),
    /** The sender's firewall rejects it, the receiver's would not. */
    REJECTED_OUT("o", Verdict.REJECT, Verdict.ALLOW),
    /** The receiver's firewall rejects it. */
    REJECTED_IN("i", Verdict.ALLOW, Verdict.REJECT),
    /** Both firewalls reject it. */
    REJECTED("x", Verdict.REJECT, Verdict.REJECT),
    /** Not asked about. */
    NONE("-", Verdict.ALLOW, Verdict.ALLOW);

    private final String letter;
    private final Verdict out;
    private final Verdict in;

    Cell(String letter, Verdict out, Verdict in) {
        this.letter = letter;
        this.out = out;
        this.in = in;
    }

    @JsonCreator
    static Cell of(String letter) {
        for (Cell cell : values()) {
            if (cell.letter.equals(letter)) {
                return cell;
            }
        }
        throw new IllegalArgumentException("'" + letter + "' is no cell of a matrix");
    }

    static Cell of(Verdict out, Verdict in) {
        for (Cell cell : values()) {
            if (cell.out == out && cell.in == in) {
                return cell;
            }
        }
        throw new AssertionError("no cell for " + out + " by the sender's and " + in + " by the receiver's firewall");
    }

    @Override
    public String toString() {
        return letter;
    }
}
