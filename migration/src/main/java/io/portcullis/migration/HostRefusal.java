package io.portcullis.migration;

import io.portcullis.datapath.runtime.DataPathException;
import io.portcullis.migration.model.Refusal;
import io.portcullis.vnic.RefusalCode;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;

/** A host refused or failed to do something; completes the stages of {@link VmHost}. */
public final class HostRefusal extends RuntimeException {
    private final Refusal refusal;

    public HostRefusal(RefusalCode code, String message) {
        super(code + ": " + message);
        this.refusal = new Refusal(code, message);
    }

    /** What {@code failure} of a stage means; anything unexpected is INVALID with its text. */
    static Refusal of(Throwable failure) {
        return switch (failure) {
            case CompletionException e when e.getCause() != null -> of(e.getCause());
            case HostRefusal e -> e.refusal;
            case TimeoutException e -> new Refusal(RefusalCode.TIMEOUT, text(e));
            case DataPathException e -> new Refusal(code(e.reason()), text(e));
            default -> new Refusal(RefusalCode.INVALID, text(failure));
        };
    }

    private static RefusalCode code(DataPathException.Reason reason) {
        return switch (reason) {
            case UNKNOWN_VNIC -> RefusalCode.UNKNOWN;
            case STALE_EPOCH -> RefusalCode.STALE_EPOCH;
            case ENFORCED_ELSEWHERE -> RefusalCode.TOO_LATE;
            case WRONG_MODE, DUPLICATE_MAC -> RefusalCode.WRONG_STATE;
            case PORT -> RefusalCode.PORT;
            case BAD_SNAPSHOT -> RefusalCode.INVALID;
            case CAPACITY -> RefusalCode.CAPACITY;
            case TUNNEL, CLOSED, BUSY -> RefusalCode.HOST_UNAVAILABLE;
            case TIMEOUT -> RefusalCode.TIMEOUT;
        };
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
