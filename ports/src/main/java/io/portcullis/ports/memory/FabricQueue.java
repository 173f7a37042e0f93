package io.portcullis.ports.memory;

/** The fabric's end of a queue of a VM's port, which some host's trunk carries. Used by the fabric's thread only. */
final class FabricQueue {
    private final FabricTrunk trunk;
    private final int number;
    private final MemoryVm vm;
    /** What was sent and not yet taken, as {@link FabricProtocol#windowBytes} counts it. */
    private int untakenBytes;

    FabricQueue(FabricTrunk trunk, int number, MemoryVm vm) {
        this.trunk = trunk;
        this.number = number;
        this.vm = vm;
    }

    FabricTrunk trunk() {
        return trunk;
    }

    int number() {
        return number;
    }

    MemoryVm vm() {
        return vm;
    }

    /** Sends a frame to the host; false if there is no room: then the VM is asked for it again when there is. */
    boolean send(byte[] frame) {
        int bytes = FabricProtocol.windowBytes(frame.length);
        if (untakenBytes > 0 && untakenBytes + bytes > FabricProtocol.WINDOW_BYTES) {
            return false;
        }
        if (!trunk.connection().sendFrame(number, frame)) {
            trunk.isFullFor(vm);
            return false;
        }
        untakenBytes += bytes;
        return true;
    }

    /** The host has taken so much. */
    void taken(int bytes) {
        untakenBytes = Math.max(0, untakenBytes - Math.max(0, bytes));
        vm.pump();
    }
}
