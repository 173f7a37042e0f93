package io.portcullis.datapath.port;

/** A port cannot be opened or used. The message says what, where and how to mend it. */
public final class PortException extends Exception {
    public PortException(String message) {
        super(message);
    }

    public PortException(String message, Throwable cause) {
        super(message, cause);
    }
}
