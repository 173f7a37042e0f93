package io.portcullis.vnic;

/** What a host takes at most; beyond it an attach is refused with {@link RefusalCode#CAPACITY}. */
public record HostLimits(int maxVnics, int maxConnectionsPerVnic) {
    public HostLimits {
        if (maxVnics < 1 || maxConnectionsPerVnic < 1) {
            throw new IllegalArgumentException("limits must be at least 1: " + maxVnics + ", " + maxConnectionsPerVnic);
        }
    }
}
