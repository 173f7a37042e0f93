package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.MacAddress;

/** TAP devices of this machine's kernel: {@code tap:NAMESPACE/DEVICE}, {@code tap:/DEVICE} in the process's own namespace. */
public final class KernelBackend implements PortBackend {
    @Override
    public VmPort openVmPort(String specification, MacAddress mac) throws PortException {
        return TapPort.open(specification);
    }

    @Override
    public FramePort openUplink(String specification) throws PortException {
        return TapUplink.open(specification);
    }

    @Override
    public Poller newPoller() {
        return new EpollPoller();
    }
}
