package io.portcullis.api;

import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;

/** No answer from the admin endpoint: nothing listens there, or the connection broke. */
public final class NotReachableException extends RuntimeException {
    private final transient URI uri;

    public NotReachableException(URI uri, Throwable cause) {
        super("no answer from " + uri + ": " + reason(cause), cause);
        this.uri = uri;
    }

    /** Address that was tried. */
    public URI uri() {
        return uri;
    }

    private static String reason(Throwable cause) {
        if (cause instanceof HttpConnectTimeoutException) {
            return "it does not answer in time";
        }
        if (cause instanceof ConnectException) {
            return "nothing listens there";
        }
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
