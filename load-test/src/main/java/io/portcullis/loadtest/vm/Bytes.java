package io.portcullis.loadtest.vm;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** Parts of frames. */
final class Bytes {
    private Bytes() {}

    /** A negative length is none. */
    static byte[] slice(byte[] from, int offset, int length) {
        return Arrays.copyOfRange(from, offset, offset + Math.max(0, length));
    }

    /** Of 4 or 16 bytes. */
    static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
