package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.PortException;
import io.portcullis.datapath.port.VmPort;
import java.util.concurrent.locks.LockSupport;

/**
 * A host's hold on the persistent multi-queue TAP device that is a VM's NIC.
 *
 * <p>Index: the host that has the VM holds queue 0, a destination gets queue 1. The steering program belongs to the device and
 * survives its holders; it is set to 0 when this port is the only one, and otherwise left as it is, so that a destination may
 * attach without touching the traffic. After the source has closed, the destination steers to 0.
 *
 * <p>When a queue closes, the kernel gives its index to the last one (drivers/net/tun.c, __tun_detach) and drops what was just
 * under way to that last index: a frame in some hundred moves. Therefore a port that is not alone holds a spare queue behind its
 * own. The spare takes the freed index 0 while the frames go on to 1, undisturbed; {@link #steerTo} 0 directs them to the
 * spare; and the old queue, which is the last one then, is read first and closed when it has been empty for
 * {@value #RETIRE_NANOS} ns. A next destination cannot attach before that.
 */
public final class TapPort extends TapQueue implements VmPort {
    /** More than a frame can be under way between the choice of a queue and the queue. */
    static final long RETIRE_NANOS = 30_000_000;

    private static final long SETTLE_MILLIS = 1_000;
    private static final long SETTLE_STEP_NANOS = 2_000_000;

    /** The first of two queues is the old one. */
    private boolean retiring;

    private boolean retired;
    private long emptySinceNanos;

    private TapPort(TapDevice device) {
        super(device);
    }

    /**
     * Attaches to {@code tap:NAMESPACE/DEVICE}, which must exist: {@code ip tuntap add … mode tap multi_queue vnet_hdr}. Where
     * the last move of the VM is being finished, waits for that, at most {@value #SETTLE_MILLIS} ms.
     */
    public static TapPort open(String specification) throws PortException {
        TapSpecification where = TapSpecification.parse(specification);
        TapPort port = new TapPort(attachSettled(where));
        try {
            // Loaded now, so that the cut does not have to.
            SteeringPrograms.fd(0);
            SteeringPrograms.fd(1);
            if (port.device().alone()) {
                port.device().steerTo(0);
            } else {
                port.read(port.device(), TapDevice.attach(where, true));
            }
        } catch (PortException e) {
            port.close();
            throw e;
        }
        return port;
    }

    /** Attaches as queue 0 or 1: with more queues, nobody could say which index is whose after the next close. */
    private static TapDevice attachSettled(TapSpecification where) throws PortException {
        long deadline = System.nanoTime() + SETTLE_MILLIS * 1_000_000;
        while (true) {
            TapDevice device = TapDevice.attach(where, true);
            int queues = device.queues();
            if (queues <= 2) {
                return device;
            }
            device.close();
            if (System.nanoTime() > deadline) {
                throw new PortException(where + ": " + (queues - 1)
                        + " queues are attached already, so another move of this VM is under way; try again after it");
            }
            LockSupport.parkNanos(SETTLE_STEP_NANOS);
        }
    }

    @Override
    public void steerTo(int queueIndex) {
        try {
            device().steerTo(queueIndex);
        } catch (PortException e) {
            // The device was deleted: there is no queue any more that could get frames.
            markGone();
        }
        if (second() != null && !retiring) {
            retiring = true;
            emptySinceNanos = System.nanoTime();
            beginsMaintenance();
        }
    }

    @Override
    void onRead(boolean first, int frames, boolean emptied) {
        if (retiring && first) {
            long now = System.nanoTime();
            if (frames > 0 || !emptied) {
                emptySinceNanos = now;
            }
            retired = now - emptySinceNanos >= RETIRE_NANOS;
        }
    }

    @Override
    boolean needsMaintenance() {
        return retiring;
    }

    @Override
    boolean maintain() {
        TapDevice old = device();
        TapDevice current = second();
        if (!retiring || !retired || current == null) {
            return false;
        }
        retiring = false;
        read(current, null);
        old.close();
        return true;
    }
}
