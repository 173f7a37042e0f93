package io.portcullis.loadtest.lab;

import io.portcullis.policy.MacAddress;

/** Whether a frame is a unicast frame from or to a VM. */
final class UnicastOf {
    private UnicastOf() {}

    static boolean matches(byte[] frame, MacAddress mac) {
        if (frame.length < 12) {
            return false;
        }
        MacAddress destination = mac(frame, 0);
        return !destination.isGroup()
                && (destination.equals(mac) || mac(frame, 6).equals(mac));
    }

    private static MacAddress mac(byte[] frame, int offset) {
        long value = 0;
        for (int i = 0; i < 6; i++) {
            value = (value << 8) | (frame[offset + i] & 0xff);
        }
        return new MacAddress(value);
    }
}
