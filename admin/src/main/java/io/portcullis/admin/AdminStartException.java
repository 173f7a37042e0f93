package io.portcullis.admin;

/** The admin endpoint cannot start; the message is one line for people. */
public final class AdminStartException extends RuntimeException {
    public AdminStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
