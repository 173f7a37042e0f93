package io.portcullis.migration.sim;

/** Something happened in a simulation that must not. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1;

    Violation(String what) {
        super(what, null, false, false);
    }
}
