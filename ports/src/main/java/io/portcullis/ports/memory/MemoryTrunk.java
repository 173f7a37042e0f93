package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import io.portcullis.ports.memory.FabricProtocol.ProtocolException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A host's connection to the fabric for all ports of its VMs, so that a port costs no file and, while nothing waits for it, no buffer. Thread-safe, as ports are opened by
 * other threads than those of their loops: one lock, held for as long as a buffer is read or written. Whoever reads takes
 * what has come for all ports, and tells their pollers.
 */
final class MemoryTrunk {
    /** Buffers that are kept for the next port that gets something. */
    private static final int MAX_SPARE = 64;

    private static final int MAX_READS = 4;

    private final SocketChannel channel;
    private final NumberedPorts<MemoryVmPort> ports = new NumberedPorts<>();
    private final Deque<ByteBuffer> spare = new ArrayDeque<>();
    private ByteBuffer input = ByteBuffer.allocateDirect(FabricProtocol.MAX_INPUT_BYTES);
    private ByteBuffer output = ByteBuffer.allocateDirect(FabricProtocol.MAX_INPUT_BYTES);
    private MemorySegment outputMemory = MemoryUplink.all(output);
    private boolean lost;

    /** Takes over a connected, non-blocking channel after the fabric's WELCOME. */
    MemoryTrunk(SocketChannel channel) {
        this.channel = channel;
    }

    SocketChannel channel() {
        return channel;
    }

    synchronized boolean isLost() {
        return lost;
    }

    /**
     * A port that was asked for.
     *
     * @param refusal why there is none, or nothing; completed once somebody has read the fabric's answer
     */
    record Opening(MemoryVmPort port, CompletableFuture<String> refusal) {}

    /** Asks the fabric for a queue of a VM's port; null if there are too many. */
    synchronized @Nullable Opening open(String portName, String vm) {
        CompletableFuture<String> refusal = new CompletableFuture<>();
        MemoryVmPort port = ports.add(number -> new MemoryVmPort(portName, this, number, refusal));
        if (port == null) {
            return null;
        }
        if (makeRoom(FabricProtocol.CONTROL_RESERVE_BYTES)) {
            FabricProtocol.putText(output, FabricProtocol.OPEN, port.number(), vm);
            flush();
        }
        if (lost) {
            port.lose();
        }
        return new Opening(port, refusal);
    }

    /** Takes what has come, a bounded piece of it; true if there was anything. */
    synchronized boolean read() {
        boolean any = false;
        try {
            for (int i = 0; i < MAX_READS && !lost; i++) {
                int bytes = channel.read(input);
                if (bytes < 0) {
                    lose();
                }
                boolean isFull = !input.hasRemaining();
                input.flip();
                takeMessages();
                input.compact();
                any |= bytes > 0;
                if (!isFull) {
                    break;
                }
            }
        } catch (IOException | ProtocolException e) {
            lose();
        }
        return any;
    }

    private void takeMessages() throws ProtocolException {
        for (int bytes = FabricProtocol.completeMessageBytes(input);
                bytes >= 0;
                bytes = FabricProtocol.completeMessageBytes(input)) {
            int start = input.position() + FabricProtocol.LENGTH_BYTES;
            int end = start + bytes;
            if (bytes < 1 + FabricProtocol.NUMBER_BYTES) {
                throw new ProtocolException("a message without a port");
            }
            MemoryVmPort port = ports.get(input.getInt(start + 1));
            int limit = input.limit();
            input.position(start + 1 + FabricProtocol.NUMBER_BYTES).limit(end);
            if (port != null) {
                take(port, input.get(start));
            }
            input.limit(limit).position(end);
        }
    }

    private void take(MemoryVmPort port, byte type) throws ProtocolException {
        switch (type) {
            case FabricProtocol.FRAME -> {
                if (input.remaining() <= Burst.VNET_HEADER_BYTES) {
                    throw new ProtocolException("a frame of " + input.remaining() + " bytes");
                }
                port.takeFrame(input);
            }
            case FabricProtocol.DRAINED -> port.drained(input.getInt());
            case FabricProtocol.OPENED -> port.opened("");
            case FabricProtocol.REFUSED -> {
                port.opened(FabricProtocol.text(input));
                port.lose();
                ports.remove(port.number());
            }
            case FabricProtocol.CLOSE -> {
                port.lose();
                ports.remove(port.number());
            }
            default -> throw new ProtocolException("message type " + type);
        }
    }

    /** A buffer with room for so many bytes more, and with what the other one had. */
    ByteBuffer withRoom(@Nullable ByteBuffer used, int bytes) {
        if (used != null) {
            return FabricProtocol.withRoom(used, bytes, Integer.MAX_VALUE);
        }
        ByteBuffer kept = spare.isEmpty() ? ByteBuffer.allocateDirect(FabricProtocol.FIRST_BYTES) : spare.removeLast();
        return FabricProtocol.withRoom(kept.clear(), bytes, Integer.MAX_VALUE);
    }

    void giveBack(ByteBuffer buffer) {
        if (spare.size() < MAX_SPARE && buffer.capacity() <= FabricProtocol.MAX_INPUT_BYTES) {
            spare.addLast(buffer);
        }
    }

    /** False if the fabric does not read fast enough. */
    synchronized boolean sendFrame(int port, MemorySegment memory, long offset, int lengthBytes) {
        int bytes = Burst.VNET_HEADER_BYTES + lengthBytes;
        if (!hasRoomForFrame(lengthBytes)) {
            flush();
        }
        if (lost || !hasRoomForFrame(lengthBytes)) {
            return false;
        }
        makeRoom(FabricProtocol.bytesFor(lengthBytes));
        output.putInt(1 + FabricProtocol.NUMBER_BYTES + bytes)
                .put(FabricProtocol.FRAME)
                .putInt(port);
        MemorySegment.copy(memory, offset - Burst.VNET_HEADER_BYTES, outputMemory, output.position(), bytes);
        output.position(output.position() + bytes);
        return true;
    }

    private boolean hasRoomForFrame(int lengthBytes) {
        return output.position() + FabricProtocol.bytesFor(lengthBytes) <= FabricProtocol.MAX_OUTPUT_BYTES;
    }

    /** Control messages have room that frames leave; more of them than fit means that nobody reads. */
    synchronized void control(byte type, int port, int number) {
        if (makeRoom(FabricProtocol.LENGTH_BYTES + 1 + 2 * Integer.BYTES)) {
            FabricProtocol.putNumbers(output, type, port, number);
            flush();
        }
    }

    private boolean makeRoom(int bytes) {
        ByteBuffer larger = FabricProtocol.withRoom(output, bytes, 2 * FabricProtocol.MAX_OUTPUT_BYTES);
        if (larger.capacity() > output.capacity()) {
            output = larger;
            outputMemory = MemoryUplink.all(larger);
        }
        if (output.remaining() < bytes) {
            lose();
        }
        return !lost;
    }

    /** Writes what the socket takes. */
    synchronized void flush() {
        if (lost || output.position() == 0) {
            return;
        }
        output.flip();
        try {
            channel.write(output);
        } catch (IOException e) {
            lose();
        }
        output.compact();
    }

    synchronized boolean hasOutput() {
        return !lost && output.position() > 0;
    }

    synchronized void close(MemoryVmPort port) {
        ports.remove(port.number());
        if (makeRoom(FabricProtocol.LENGTH_BYTES + 1 + FabricProtocol.NUMBER_BYTES)) {
            FabricProtocol.putText(output, FabricProtocol.CLOSE, port.number(), "");
            flush();
        }
    }

    /** No port of it has frames again. */
    private void lose() {
        if (lost) {
            return;
        }
        lost = true;
        ports.all().forEach(MemoryVmPort::lose);
        try {
            channel.close();
        } catch (IOException e) {
            // The descriptor is given up in any case; there is nothing to mend.
            spare.clear();
        }
    }
}
