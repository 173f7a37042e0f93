package io.portcullis.datapath.runtime;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One side's end of a cut-over's tunnel: not open yet, open, or gone. Owned by one loop. */
final class TunnelEnd {
    private @Nullable Tunnel tunnel;

    void open(Tunnel opened) {
        tunnel = opened;
    }

    boolean isOpen() {
        return tunnel != null;
    }

    /** Sends a marker; without a tunnel nobody is there who would wait for it. */
    void send(TunnelMessage marker) {
        if (tunnel != null) {
            tunnel.send(marker);
        }
    }

    /** Answers false if there is no tunnel, or it is full or broken; the frame was not taken. */
    boolean sendFrame(TunnelMessage.Frame frame) {
        return tunnel != null && tunnel.sendFrame(frame);
    }

    /** Gives all that has come to {@code reader}, until that closes the tunnel; says whether anything had. */
    boolean read(Consumer<TunnelMessage> reader) {
        boolean worked = false;
        TunnelMessage message = poll();
        while (message != null) {
            worked = true;
            reader.accept(message);
            message = poll();
        }
        return worked;
    }

    private @Nullable TunnelMessage poll() {
        return tunnel == null ? null : tunnel.poll();
    }

    /** Whether there is a tunnel through which nothing will come any more. */
    boolean hasEnded() {
        return tunnel != null && tunnel.isEnded();
    }

    /** Sends what waits, then nothing more; what comes can still be read. */
    void finishSending() {
        if (tunnel != null) {
            tunnel.closeWhenSent();
        }
    }

    /** Sends what waits, and is gone for this side at once. */
    void close() {
        finishSending();
        tunnel = null;
    }

    /** Breaks the connection; it is seen to have ended when what came before is read. */
    void breakOff() {
        if (tunnel != null) {
            tunnel.abort();
        }
    }

    /** Breaks the connection, and is gone for this side at once. */
    void abort() {
        breakOff();
        tunnel = null;
    }
}
