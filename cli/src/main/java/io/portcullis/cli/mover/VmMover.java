package io.portcullis.cli.mover;

/**
 * Moves one VM, once. For one thread; all methods block, each for a bounded time. What fails throws {@link MoverException}, and the VM is then where {@link #comeBack}
 * finds it.
 */
public interface VmMover extends AutoCloseable {
    /** Copies the VM while it runs. Returns when it stands still at its source and only the last piece is missing at the destination. */
    void copyAndStop() throws MoverException;

    /** Sends the last piece and lets the VM go on at the destination. Returns when it runs there. */
    void goOn() throws MoverException;

    /** Gives up: the VM goes on at its source. Does nothing if it runs there. Fails if it runs at the destination. */
    void comeBack() throws MoverException;

    @Override
    void close();
}
