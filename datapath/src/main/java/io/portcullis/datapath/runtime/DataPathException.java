package io.portcullis.datapath.runtime;

import java.util.concurrent.CompletionException;

/** A command to the data path was refused or failed; nothing was changed unless the message says so. */
public final class DataPathException extends RuntimeException {
    /** Why. */
    public enum Reason {
        /** No such vNIC is attached here. */
        UNKNOWN_VNIC,
        /** The command named a lower epoch than the vNIC's own. */
        STALE_EPOCH,
        /** The vNIC is in a mode in which the command makes no sense. */
        WRONG_MODE,
        /** A source asks its vNIC back that the destination enforces already. */
        ENFORCED_ELSEWHERE,
        /** The port cannot be opened or used. */
        PORT,
        /** Another vNIC of the segment has the same MAC address. */
        DUPLICATE_MAC,
        /** The snapshot is damaged, truncated, of another version, or its digest differs. */
        BAD_SNAPSHOT,
        /** The snapshot or the table does not fit the vNIC's limit. */
        CAPACITY,
        /** The destination's tunnel could not be reached or broke. */
        TUNNEL,
        /** The other side did not answer in time. */
        TIMEOUT,
        /** Too many commands wait already; try again. */
        BUSY,
        /** The data path is shut down. */
        CLOSED
    }

    private final Reason reason;

    public DataPathException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public DataPathException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** The failure behind the wrapper that a completion stage may put around it. */
    static Throwable causeOf(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    public Reason reason() {
        return reason;
    }
}
