package io.portcullis.datapath.fuzz;

/** The bytes of a fuzzer, read from front to back; 0 behind their end. */
final class FuzzInput {
    private final byte[] bytes;
    private int at;

    FuzzInput(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean isAtEnd() {
        return at >= bytes.length;
    }

    /** Unsigned. */
    int next() {
        return at < bytes.length ? bytes[at++] & 0xff : 0;
    }

    int next16() {
        return next() << 8 | next();
    }

    /** One of the choices. */
    int pick(int... choices) {
        return choices[next() % choices.length];
    }

    byte[] rest() {
        byte[] rest = new byte[Math.max(0, bytes.length - at)];
        System.arraycopy(bytes, at, rest, 0, rest.length);
        at = bytes.length;
        return rest;
    }
}
