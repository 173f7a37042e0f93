package io.portcullis.datapath;

/** Direction of a frame, as seen from the VM of the vNIC. */
public enum Direction {
    /** From the VM towards the network. */
    OUT,
    /** From the network towards the VM. */
    IN;

    public Direction opposite() {
        return this == OUT ? IN : OUT;
    }
}
