package io.portcullis.pki;

/** A file or a certificate is not as it must be. The message is one line for people, the hint says what to do. */
public final class PkiException extends Exception {
    private final String hint;

    public PkiException(String message, String hint) {
        super(message);
        this.hint = hint;
    }

    PkiException(String message, String hint, Throwable cause) {
        super(message, cause);
        this.hint = hint;
    }

    public String hint() {
        return hint;
    }
}
