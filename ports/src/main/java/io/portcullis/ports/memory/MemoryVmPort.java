package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.VmPort;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One queue of a VM's port on the fabric. Like a TAP's: the first to connect has index 0, the next 1; when one closes, the last
 * takes its index; the steering index is taken modulo the number of queues. What it sends and gets goes through the host's
 * {@link MemoryTrunk}, whose lock guards all of it; frames that have come wait here, within {@link FabricProtocol#WINDOW_BYTES}.
 */
final class MemoryVmPort extends MemoryPort implements VmPort {
    private final MemoryTrunk trunk;
    private final int number;
    /** Null once the fabric has answered. */
    private @Nullable CompletableFuture<String> opening;
    /** For each frame its length, 4, its virtio-net header, and itself; null when there is none. */
    private @Nullable ByteBuffer input;

    private long comeBytes;
    private long takenBytes;
    /** Of these the fabric knows. */
    private long toldBytes;

    private int drainToken;
    /** How much has come before the fabric's answer to {@link #drainToken}; beyond everything while there is none. */
    private long drainedAtBytes;

    private boolean lost;

    /** @param opening is told why there is no such port, or nothing */
    MemoryVmPort(String name, MemoryTrunk trunk, int number, CompletableFuture<String> opening) {
        super(name);
        this.trunk = trunk;
        this.number = number;
        this.opening = opening;
    }

    MemoryTrunk trunk() {
        return trunk;
    }

    int number() {
        return number;
    }

    // ---- for the trunk, which holds its lock

    void opened(String refusal) {
        CompletableFuture<String> answer = opening;
        opening = null;
        if (answer != null) {
            answer.complete(refusal);
        }
    }

    /** A message's virtio-net header and frame. */
    void takeFrame(ByteBuffer message) {
        int bytes = message.remaining();
        ByteBuffer all = trunk.withRoom(input, Integer.BYTES + bytes);
        all.putInt(bytes).put(message);
        input = all;
        comeBytes += FabricProtocol.windowBytes(bytes - Burst.VNET_HEADER_BYTES);
        becomesBusy();
    }

    void drained(int token) {
        if (token == drainToken) {
            drainedAtBytes = comeBytes;
            becomesBusy();
        }
    }

    void lose() {
        lost = true;
        opened("the memory fabric is gone");
        giveBack();
        becomesBusy();
    }

    // ---- for its loop

    @Override
    boolean isLost() {
        synchronized (trunk) {
            return lost;
        }
    }

    @Override
    boolean hasInput() {
        synchronized (trunk) {
            return input != null;
        }
    }

    @Override
    public int receive(Burst burst) {
        synchronized (trunk) {
            int before = burst.count();
            take(burst);
            if (!lost && burst.hasRoom()) {
                trunk.read();
                take(burst);
            }
            int count = burst.count() - before;
            received += count;
            if (input != null) {
                becomesBusy();
            }
            return count;
        }
    }

    private void take(Burst burst) {
        ByteBuffer all = input;
        if (all == null) {
            return;
        }
        all.flip();
        MemorySegment memory = MemorySegment.ofBuffer(all);
        int at = 0;
        while (at < all.limit() && burst.hasRoom()) {
            int bytes = all.getInt(at);
            int header = burst.nextOffset() - Burst.VNET_HEADER_BYTES;
            MemorySegment.copy(memory, at + Integer.BYTES, burst.memory(), header, bytes);
            burst.commit(bytes - Burst.VNET_HEADER_BYTES);
            at += Integer.BYTES + bytes;
            takenBytes += FabricProtocol.windowBytes(bytes - Burst.VNET_HEADER_BYTES);
        }
        all.position(at).compact();
        if (all.position() == 0) {
            giveBack();
        }
        if (takenBytes - toldBytes >= FabricProtocol.WINDOW_BYTES / 4) {
            trunk.control(FabricProtocol.TAKEN, number, (int) (takenBytes - toldBytes));
            toldBytes = takenBytes;
        }
    }

    private void giveBack() {
        if (input != null) {
            trunk.giveBack(input);
            input = null;
        }
    }

    @Override
    public boolean send(MemorySegment memory, long offset, int lengthBytes) {
        synchronized (trunk) {
            if (lost) {
                refusedLost++;
                return false;
            }
            if (!trunk.sendFrame(number, memory, offset, lengthBytes)) {
                refusedFull++;
                return false;
            }
            sent++;
            return true;
        }
    }

    @Override
    public void flush() {
        trunk.flush();
    }

    @Override
    public void requestDrain() {
        synchronized (trunk) {
            drainedAtBytes = Long.MAX_VALUE;
            if (!lost) {
                trunk.control(FabricProtocol.DRAIN_REQUEST, number, ++drainToken);
            }
        }
    }

    @Override
    public boolean isDrained() {
        synchronized (trunk) {
            return lost || takenBytes >= drainedAtBytes;
        }
    }

    @Override
    public void steerTo(int queueIndex) {
        synchronized (trunk) {
            if (!lost) {
                trunk.control(FabricProtocol.STEER, number, queueIndex);
            }
        }
    }

    /** Frames that were still buffered, either way, are lost: drain first. */
    @Override
    public void close() {
        synchronized (trunk) {
            if (!lost) {
                trunk.close(this);
                lost = true;
                giveBack();
            }
        }
    }
}
