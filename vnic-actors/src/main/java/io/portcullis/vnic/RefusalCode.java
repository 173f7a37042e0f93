package io.portcullis.vnic;

/** Why a command was refused. Nothing was changed by a refused command. */
public enum RefusalCode {
    /** No such VM, vNIC, host or migration. */
    UNKNOWN,
    /** The command named a lower ownership epoch than the one in force. */
    STALE_EPOCH,
    /** The command makes no sense in the present state. */
    WRONG_STATE,
    /** A named limit of the host is reached. */
    CAPACITY,
    /** The vNIC's port cannot be opened or used. */
    PORT,
    /** The host is not an up member of the cluster. */
    HOST_UNAVAILABLE,
    /** The other side did not answer in time. */
    TIMEOUT,
    /** The host is being evacuated and takes no VM. */
    DRAINING,
    /** The VM is already on that host. */
    SAME_HOST,
    /** The VM is moving. */
    MOVING,
    /** The hand-over has begun and cannot be cancelled any more, or is over and cannot be taken back. */
    TOO_LATE,
    /** The command itself is wrong. */
    INVALID
}
