package io.portcullis.datapath.port;

/**
 * The port of one vNIC. While a VM moves, source and destination host both hold a queue of it; the steering index says
 * which queue gets the frames that the VM sends. Frames for the VM may be sent through either.
 */
public interface VmPort extends FramePort {
    /** Directs all frames that the VM sends from now on to the queue with this index. */
    void steerTo(int queueIndex);
}
