package io.portcullis.cli.mover;

/** The VM could not be moved, or what moves it does not answer. */
public final class MoverException extends Exception {
    private static final long serialVersionUID = 1;

    public MoverException(String message) {
        super(message);
    }

    public MoverException(String message, Throwable cause) {
        super(message, cause);
    }
}
