package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import io.portcullis.ports.memory.FabricProtocol.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** The fabric's end of a host's connection. Used by the fabric's thread only. */
final class FabricConnection {
    private static final byte[] NO_OFFLOAD = new byte[Burst.VNET_HEADER_BYTES];

    private final SocketChannel channel;
    private final SelectionKey key;
    private ByteBuffer input = ByteBuffer.allocateDirect(FabricProtocol.FIRST_BYTES);
    private ByteBuffer output = ByteBuffer.allocateDirect(FabricProtocol.FIRST_BYTES);
    /** What the connection is, once it has said HELLO; null before, and for uplinks. */
    private @Nullable MemoryVm vm;

    private String uplink = "";
    private String host = "";
    private boolean closing;
    private long dropped;

    FabricConnection(SocketChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
    }

    /** Reads what is there, if anything; the caller takes messages from {@link #nextMessage()} until it says null. */
    boolean read() throws IOException {
        int bytes = channel.read(input);
        if (bytes < 0) {
            throw new EOFException("closed by the host");
        }
        if (!input.hasRemaining()) {
            input = FabricProtocol.withRoom(input, 1, FabricProtocol.MAX_INPUT_BYTES);
        }
        input.flip();
        return bytes > 0;
    }

    /** The next complete message, type first, valid until the next call; null ends the round. */
    @Nullable
    ByteBuffer nextMessage() throws ProtocolException {
        int bytes = FabricProtocol.completeMessageBytes(input);
        if (bytes < 0) {
            input.compact();
            return null;
        }
        int start = input.position() + FabricProtocol.LENGTH_BYTES;
        input.position(start + bytes);
        return input.slice(start, bytes);
    }

    /** Queues a frame; false, and counted, when the host does not read fast enough. */
    boolean sendFrame(byte[] frame) {
        if (closing || !hasRoom(frame.length)) {
            dropped++;
            return false;
        }
        output.putInt(1 + NO_OFFLOAD.length + frame.length)
                .put(FabricProtocol.FRAME)
                .put(NO_OFFLOAD)
                .put(frame);
        return true;
    }

    boolean hasRoom(int frameBytes) {
        makeRoom(FabricProtocol.bytesFor(frameBytes));
        return FabricProtocol.hasRoom(output, frameBytes);
    }

    private void makeRoom(int bytes) {
        output = FabricProtocol.withRoom(output, bytes, FabricProtocol.MAX_OUTPUT_BYTES);
    }

    void sendDrained(int token) throws ProtocolException {
        makeRoom(FabricProtocol.LENGTH_BYTES + 1 + Integer.BYTES);
        if (output.remaining() < FabricProtocol.LENGTH_BYTES + 1 + Integer.BYTES) {
            throw new ProtocolException("more drain requests than answers are read");
        }
        FabricProtocol.putNumber(output, FabricProtocol.DRAINED, token);
    }

    void sendText(byte type, String text) {
        makeRoom(FabricProtocol.CONTROL_RESERVE_BYTES);
        FabricProtocol.putText(output, type, text);
    }

    /** Refuses the host and closes when that is written. */
    void refuse(String reason) {
        sendText(FabricProtocol.REFUSED, reason);
        closing = true;
    }

    /** Writes what the socket takes; true if the connection is to be closed now. */
    boolean flush() throws IOException {
        if (output.position() > 0) {
            output.flip();
            channel.write(output);
            output.compact();
        }
        boolean pending = output.position() > 0;
        key.interestOps(SelectionKey.OP_READ | (pending ? SelectionKey.OP_WRITE : 0));
        return closing && !pending;
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    void close() throws IOException {
        key.cancel();
        channel.close();
    }

    void becomeQueueOf(MemoryVm owner, String ofHost) {
        vm = owner;
        host = ofHost;
    }

    void becomeUplink(String name) {
        uplink = name;
    }

    @Nullable
    MemoryVm vm() {
        return vm;
    }

    /** The host whose queue this is, as it calls itself; empty if it does not, and for uplinks. */
    String host() {
        return host;
    }

    /** Name of the uplink, empty if the connection is none. */
    String uplink() {
        return uplink;
    }

    long dropped() {
        return dropped;
    }
}
