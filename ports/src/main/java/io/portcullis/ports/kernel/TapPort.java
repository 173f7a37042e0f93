package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;

/**
 * One queue of the persistent multi-queue TAP device that is a VM's NIC.
 *
 * <p>Index: the first queue to attach is 0, the next 1. When a queue closes, the last one takes its index. The steering
 * program belongs to the device and survives its holders; it is set to 0 when this queue is the only one, and otherwise left
 * as it is, so that a destination may attach without touching the traffic. After the source has closed, steer to 0.
 */
public final class TapPort extends TapQueue implements VmPort {
    private TapPort(TapDevice device) {
        super(device);
    }

    /** Attaches to {@code tap:NAMESPACE/DEVICE}, which must exist: {@code ip tuntap add … mode tap multi_queue vnet_hdr}. */
    public static TapPort open(String specification) throws PortException {
        TapSpecification where = TapSpecification.parse(specification);
        // Loaded before the cut needs them.
        SteeringPrograms.fd(0);
        SteeringPrograms.fd(1);
        TapPort port = new TapPort(TapDevice.attach(where, true));
        if (port.device.alone()) {
            try {
                port.device.steerTo(0);
            } catch (PortException e) {
                port.close();
                throw e;
            }
        }
        return port;
    }

    @Override
    public void steerTo(int queueIndex) {
        try {
            device.steerTo(queueIndex);
        } catch (PortException e) {
            // The device was deleted: there is no queue any more that could get frames.
            markGone();
        }
    }
}
