package io.portcullis.cli;

import org.jspecify.annotations.Nullable;

/** Ends the command with a line for people and an exit status. */
final class CommandFailure extends RuntimeException {
    private final int status;
    private final @Nullable String hint;

    CommandFailure(int status, String message, @Nullable String hint) {
        super(message, null, false, false);
        this.status = status;
        this.hint = hint;
    }

    int status() {
        return status;
    }

    @Nullable
    String hint() {
        return hint;
    }
}
