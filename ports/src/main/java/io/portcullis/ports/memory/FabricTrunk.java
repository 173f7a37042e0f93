package io.portcullis.ports.memory;

import io.portcullis.ports.memory.FabricProtocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The fabric's end of a host's trunk: what the host says of its VMs' ports. Used by the fabric's thread only. */
final class FabricTrunk {
    private final MemoryFabric fabric;
    private final FabricConnection connection;
    private final String host;
    private final NumberedPorts<FabricQueue> queues = new NumberedPorts<>();
    /** VMs with frames for which the connection had no room. */
    private final Set<MemoryVm> waiting = new LinkedHashSet<>();

    FabricTrunk(MemoryFabric fabric, FabricConnection connection, String host) {
        this.fabric = fabric;
        this.connection = connection;
        this.host = host;
    }

    FabricConnection connection() {
        return connection;
    }

    /** A message after HELLO, its type already taken. */
    void take(byte type, ByteBuffer message) throws ProtocolException {
        if (message.remaining() < FabricProtocol.NUMBER_BYTES) {
            throw new ProtocolException("message type " + type + " without a port");
        }
        int number = message.getInt();
        if (type == FabricProtocol.OPEN) {
            open(number, FabricProtocol.text(message));
            return;
        }
        FabricQueue queue = queues.get(number);
        if (queue == null) {
            return; // the fabric has closed it meanwhile
        }
        MemoryVm vm = queue.vm();
        switch (type) {
            case FabricProtocol.FRAME -> {
                byte[] frame = FabricConnection.frame(message);
                fabric.runGuarded(() -> vm.deliver(host, frame));
            }
            case FabricProtocol.DRAIN_REQUEST ->
                connection.sendNumbers(FabricProtocol.DRAINED, number, FabricConnection.number(message));
            case FabricProtocol.STEER -> {
                int index = FabricConnection.number(message);
                fabric.catchUp(vm, connection);
                vm.steerTo(index);
            }
            case FabricProtocol.TAKEN -> queue.taken(FabricConnection.number(message));
            case FabricProtocol.CLOSE -> {
                queues.remove(number);
                vm.disconnect(queue);
            }
            default -> throw new ProtocolException("message type " + type);
        }
    }

    private void open(int number, String name) throws ProtocolException {
        MemoryVm vm = fabric.vm(name);
        if (vm == null) {
            connection.sendText(
                    FabricProtocol.REFUSED,
                    number,
                    "there is no VM '" + name + "' on this fabric; create it there first");
            return;
        }
        fabric.catchUp(vm, connection);
        FabricQueue queue = new FabricQueue(this, number, vm);
        if (!queues.put(number, queue)) {
            throw new ProtocolException("two ports with one number");
        }
        connection.sendText(FabricProtocol.OPENED, number, "");
        vm.connect(queue);
    }

    /** Takes what was sent for ports of the VM and still waits; all other messages keep their places. */
    void takeEarly(MemoryVm vm) throws IOException, ProtocolException {
        connection.takeEarly(
                number -> {
                    FabricQueue queue = queues.get(number);
                    return queue != null && queue.vm() == vm;
                },
                this::take);
    }

    /** The VM is asked again when the connection has room. */
    void isFullFor(MemoryVm vm) {
        waiting.add(vm);
    }

    /** There may be room again. */
    void pump() {
        if (!waiting.isEmpty()) {
            List<MemoryVm> asked = List.copyOf(waiting);
            waiting.clear();
            asked.forEach(MemoryVm::pump);
        }
    }

    /** The VM is no more. */
    void close(FabricQueue queue) throws ProtocolException {
        queues.remove(queue.number());
        connection.sendText(FabricProtocol.CLOSE, queue.number(), "");
    }

    /** The connection has ended. */
    void end() {
        queues.all().forEach(queue -> queue.vm().disconnect(queue));
        waiting.clear();
    }
}
