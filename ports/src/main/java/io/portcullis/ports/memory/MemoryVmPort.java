package io.portcullis.ports.memory;

import io.portcullis.datapath.port.VmPort;
import java.nio.channels.SocketChannel;

/**
 * One queue of a VM's port on the fabric. Like a TAP's: the first to connect has index 0, the next 1; when one closes, the last
 * takes its index; the steering index is taken modulo the number of queues.
 */
final class MemoryVmPort extends MemoryPort implements VmPort {
    MemoryVmPort(String name, SocketChannel channel) {
        super(name, channel);
    }

    @Override
    public void steerTo(int queueIndex) {
        control(FabricProtocol.STEER, queueIndex);
    }
}
