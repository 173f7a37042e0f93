package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.PortException;

/**
 * A host's uplink: a persistent single-queue TAP device that is a port of a bridge. Frames carry their segment's VLAN tag in
 * line, both ways. A single queue has a single holder, so two host processes can never share an uplink.
 */
public final class TapUplink extends TapQueue {
    private TapUplink(TapDevice device) {
        super(device);
    }

    /** Attaches to {@code tap:NAMESPACE/DEVICE}, which must exist: {@code ip tuntap add … mode tap vnet_hdr}. */
    public static TapUplink open(String specification) throws PortException {
        return new TapUplink(TapDevice.attach(TapSpecification.parse(specification), false));
    }
}
