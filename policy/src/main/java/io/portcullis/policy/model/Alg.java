package io.portcullis.policy.model;

/** Application-level gateway: reads in a control connection which data connections its ends are about to open, and lets these pass. */
public enum Alg {
    NONE,
    /** File transfer (RFC 959, 2428) with its control connection on TCP port {@value #FTP_PORT}. */
    FTP;

    public static final int FTP_PORT = 21;
}
