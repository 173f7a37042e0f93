package io.portcullis.cluster;

/** The node cannot start here; the message is one line that says what, where and how to mend it. */
final class NodeStartException extends Exception {
    NodeStartException(String message) {
        super(message);
    }

    NodeStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
