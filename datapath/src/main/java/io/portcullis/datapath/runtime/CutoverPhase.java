package io.portcullis.datapath.runtime;

/** Where one side of a cut-over stands. */
interface CutoverPhase {
    /** Whether it waits for a port's drain. */
    boolean drains();

    /** Whether it may last only so long. */
    boolean hasTimeLimit();
}
