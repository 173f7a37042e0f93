package io.portcullis.loadtest.lab;

/** The VM's end of its port, for whoever makes frames himself. Thread-safe. */
public interface WireEnd {
    /** Takes the frames for a VM, on a thread of the lab: it must not block. */
    @FunctionalInterface
    interface Receiver {
        /**
         * A frame has come.
         *
         * @param host that let it pass, by the name of its uplink; empty if that cannot be known
         */
        void receive(String host, byte[] frame);
    }

    /** What the cluster opens the vNIC's port by. */
    String port();

    /** Whether receivers are told which host let a frame pass. */
    boolean knowsHosts();

    /**
     * Sends a copy of a complete, untagged Ethernet frame, in order with this thread's other frames.
     *
     * @return false if there is no room for it
     */
    boolean send(byte[] frame);

    /** Who gets the frames from now on. Replaces the one before. */
    void onReceive(Receiver receiver);
}
