package io.portcullis.datapath.port;

import io.portcullis.policy.MacAddress;

/** Makes the ports of one kind (kernel or in-memory) and the poller that waits for them. Thread-safe. */
public interface PortBackend {
    /**
     * Opens a queue of a vNIC's port.
     *
     * @param specification where the port is, in the backend's own words: {@code tap:NAMESPACE/DEVICE} or {@code memory:NAME}
     * @param mac the vNIC's address
     * @throws PortException if there is no such port, it is in use, or a privilege is missing; the message says how to mend it
     */
    VmPort openVmPort(String specification, MacAddress mac) throws PortException;

    /** Opens the host's uplink. */
    FramePort openUplink(String specification) throws PortException;

    /** A poller for the ports of this backend; one per loop. */
    Poller newPoller();
}
