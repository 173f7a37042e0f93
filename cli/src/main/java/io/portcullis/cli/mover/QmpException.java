package io.portcullis.cli.mover;

import java.io.IOException;

/** QEMU refused a command, did not answer in time, or is gone. */
public final class QmpException extends IOException {
    private static final long serialVersionUID = 1;

    QmpException(String message) {
        super(message);
    }

    QmpException(String message, Throwable cause) {
        super(message, cause);
    }
}
