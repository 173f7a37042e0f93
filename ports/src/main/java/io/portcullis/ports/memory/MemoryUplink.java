package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import io.portcullis.ports.memory.FabricProtocol.ProtocolException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A host's uplink on the fabric, with a connection of its own. Never blocks; both buffers grow with
 * what goes through them, within bounds, and a frame that does not fit is refused and counted. A drain sends a token around.
 */
final class MemoryUplink extends MemoryPort {
    private final SocketChannel channel;
    private ByteBuffer input =
            ByteBuffer.allocateDirect(FabricProtocol.FIRST_BYTES).flip();
    private MemorySegment inputMemory = all(input);
    private ByteBuffer output = ByteBuffer.allocateDirect(FabricProtocol.FIRST_BYTES);
    private MemorySegment outputMemory = all(output);

    private int drainToken;
    private boolean drained = true;
    private boolean lost;

    /** Takes over a connected, non-blocking channel after the fabric's WELCOME. */
    MemoryUplink(String name, SocketChannel channel) {
        super(name);
        this.channel = channel;
    }

    static MemorySegment all(ByteBuffer buffer) {
        return MemorySegment.ofBuffer(buffer.duplicate().clear());
    }

    /** Lets the output grow, as far as it may, to what comes. */
    private void makeRoom(int bytes) {
        ByteBuffer larger = FabricProtocol.withRoom(output, bytes, FabricProtocol.MAX_OUTPUT_BYTES);
        if (larger.capacity() > output.capacity()) {
            output = larger;
            outputMemory = all(larger);
        }
    }

    SocketChannel channel() {
        return channel;
    }

    @Override
    boolean isLost() {
        return lost;
    }

    boolean hasOutput() {
        return !lost && output.position() > 0;
    }

    @Override
    boolean hasInput() {
        try {
            return !lost && FabricProtocol.completeMessageBytes(input) >= 0;
        } catch (ProtocolException e) {
            return true;
        }
    }

    @Override
    public int receive(Burst burst) {
        int before = burst.count();
        try {
            do {
                takeMessages(burst);
            } while (!lost && burst.hasRoom() && fill() > 0);
        } catch (IOException | ProtocolException e) {
            lose();
        }
        if (!burst.hasRoom()) {
            becomesBusy();
        }
        int count = burst.count() - before;
        received += count;
        return count;
    }

    private int fill() throws IOException {
        input.compact();
        int bytes = channel.read(input);
        if (!input.hasRemaining() && input.capacity() < FabricProtocol.MAX_INPUT_BYTES) {
            input = FabricProtocol.withRoom(input, 1, FabricProtocol.MAX_INPUT_BYTES);
            inputMemory = all(input);
        }
        input.flip();
        if (bytes < 0) {
            lose();
        }
        return bytes;
    }

    private void takeMessages(Burst burst) throws ProtocolException {
        while (burst.hasRoom()) {
            int bytes = FabricProtocol.completeMessageBytes(input);
            if (bytes < 0) {
                return;
            }
            int start = input.position() + FabricProtocol.LENGTH_BYTES;
            switch (input.get(start)) {
                case FabricProtocol.FRAME -> takeFrame(burst, start + 1, bytes - 1);
                case FabricProtocol.DRAINED -> {
                    if (input.getInt(start + 1) == drainToken) {
                        drained = true;
                    }
                }
                default -> throw new ProtocolException("message type " + input.get(start));
            }
            input.position(start + bytes);
        }
    }

    private void takeFrame(Burst burst, int start, int bytes) throws ProtocolException {
        if (bytes <= Burst.VNET_HEADER_BYTES) {
            throw new ProtocolException("a frame of " + bytes + " bytes");
        }
        int header = burst.nextOffset() - Burst.VNET_HEADER_BYTES;
        MemorySegment.copy(inputMemory, start, burst.memory(), header, bytes);
        burst.commit(bytes - Burst.VNET_HEADER_BYTES);
    }

    @Override
    public boolean send(MemorySegment memory, long offset, int lengthBytes) {
        if (!lost && !FabricProtocol.hasRoom(output, lengthBytes)) {
            makeRoom(FabricProtocol.bytesFor(lengthBytes));
        }
        if (!lost && !FabricProtocol.hasRoom(output, lengthBytes)) {
            flush();
        }
        if (lost) {
            refusedLost++;
            return false;
        }
        if (!FabricProtocol.hasRoom(output, lengthBytes)) {
            refusedFull++;
            return false;
        }
        int bytes = Burst.VNET_HEADER_BYTES + lengthBytes;
        output.putInt(1 + bytes).put(FabricProtocol.FRAME);
        MemorySegment.copy(memory, offset - Burst.VNET_HEADER_BYTES, outputMemory, output.position(), bytes);
        output.position(output.position() + bytes);
        sent++;
        becomesBusy();
        return true;
    }

    @Override
    public void flush() {
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

    @Override
    public void requestDrain() {
        drained = lost;
        drainToken++;
        if (lost) {
            return;
        }
        makeRoom(FabricProtocol.LENGTH_BYTES + 1 + Integer.BYTES);
        if (output.remaining() < FabricProtocol.LENGTH_BYTES + 1 + Integer.BYTES) {
            flush();
        }
        if (output.remaining() < FabricProtocol.LENGTH_BYTES + 1 + Integer.BYTES) {
            lose(); // more requests than there is room for: nobody reads
            return;
        }
        FabricProtocol.putNumber(output, FabricProtocol.DRAIN_REQUEST, drainToken);
        flush();
        if (hasOutput()) {
            becomesBusy();
        }
    }

    @Override
    public boolean isDrained() {
        return drained;
    }

    private void lose() {
        lost = true;
        drained = true;
        close();
    }

    /** Frames that were still buffered, either way, are lost: drain first. */
    @Override
    public void close() {
        lost = true;
        try {
            channel.close();
        } catch (IOException e) {
            // The descriptor is given up in any case; there is nothing to mend.
            drained = true;
        }
    }
}
