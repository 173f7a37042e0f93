package io.portcullis.datapath.port;

/** Whose transport checksums need not be verified, of the frames that come from a port. */
public enum ChecksumTrust {
    /** Of those whose {@link VnetHeader} vouches for them; all others are verified. */
    DECLARED,
    /** Of all: who brings them, a NIC or a hypervisor, has verified them and does not say so. */
    ALL
}
