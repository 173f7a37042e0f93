package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPathException;
import java.util.concurrent.CompletionException;

/** Failures of the data path as refusals. */
final class DataPathFailures {
    private DataPathFailures() {}

    static Refused refusal(Throwable failure) {
        Throwable cause = cause(failure);
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        if (!(cause instanceof DataPathException refused)) {
            return new Refused(RefusalCode.WRONG_STATE, message);
        }
        RefusalCode code = switch (refused.reason()) {
            case UNKNOWN_VNIC -> RefusalCode.UNKNOWN;
            case STALE_EPOCH -> RefusalCode.STALE_EPOCH;
            case ENFORCED_ELSEWHERE -> RefusalCode.TOO_LATE;
            case WRONG_MODE -> RefusalCode.WRONG_STATE;
            case PORT -> RefusalCode.PORT;
            case DUPLICATE_MAC, BAD_SNAPSHOT -> RefusalCode.INVALID;
            case CAPACITY, BUSY -> RefusalCode.CAPACITY;
            case TUNNEL, CLOSED -> RefusalCode.HOST_UNAVAILABLE;
            case TIMEOUT -> RefusalCode.TIMEOUT;
        };
        return new Refused(code, message);
    }

    static boolean isUnknown(Throwable failure) {
        return cause(failure) instanceof DataPathException refused
                && refused.reason() == DataPathException.Reason.UNKNOWN_VNIC;
    }

    /** Whether the vNIC is not here any more, or not what it was when it was asked for: it was released or cut over meanwhile. */
    static boolean hasMoved(Throwable failure) {
        return cause(failure) instanceof DataPathException refused
                && (refused.reason() == DataPathException.Reason.UNKNOWN_VNIC
                        || refused.reason() == DataPathException.Reason.WRONG_MODE);
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
