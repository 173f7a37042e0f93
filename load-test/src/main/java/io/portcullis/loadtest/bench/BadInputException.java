package io.portcullis.loadtest.bench;

import java.nio.file.Path;

/** A file that a measurement cannot use: which, where and how to mend it. */
final class BadInputException extends Exception {
    private static final long serialVersionUID = 1;

    BadInputException(Path file, int line, String what) {
        super(file + ", line " + line + ": " + what);
    }

    BadInputException(Path file, String what) {
        super(file + ": " + what);
    }
}
