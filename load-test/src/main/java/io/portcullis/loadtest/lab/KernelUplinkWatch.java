package io.portcullis.loadtest.lab;

import io.portcullis.datapath.port.PortException;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.kernel.PacketCapture;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Counts with a capture on the bridge's port. */
final class KernelUplinkWatch implements Lab.UplinkWatch {
    /** Both MAC addresses and the ethertype. */
    private static final int SNAP_BYTES = 14;

    private final AtomicLong frames = new AtomicLong();
    private final PacketCapture capture;

    private KernelUplinkWatch(String uplink, MacAddress mac) throws PortException {
        capture = PacketCapture.start(uplink, SNAP_BYTES, captured -> {
            if (UnicastOf.matches(captured.bytes(), mac)) {
                frames.incrementAndGet();
            }
        });
    }

    static KernelUplinkWatch start(String uplink, MacAddress mac) throws IOException {
        try {
            return new KernelUplinkWatch(uplink, mac);
        } catch (PortException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public Lab.Count stop() {
        capture.close();
        return new Lab.Count(frames.get(), capture.dropped());
    }
}
