package io.portcullis.policy;

/** Direction of the first packet of a connection, as seen from the VM of the vNIC. */
public enum RuleDirection {
    /** Towards the VM. */
    IN,
    /** From the VM. */
    OUT,
    /** Either. */
    BOTH
}
