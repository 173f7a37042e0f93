package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import io.portcullis.ports.memory.FabricProtocol.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The fabric's end of a host's connection. Used by the fabric's thread only. */
final class FabricConnection {
    /** More than a socket buffer holds. */
    private static final int MAX_EARLY_BYTES = 1 << 24;

    /** In place of the type of a message that was taken early. */
    private static final byte NOTHING = 0;

    private static final byte[] NO_OFFLOAD = new byte[Burst.VNET_HEADER_BYTES];

    private final SocketChannel channel;
    private final SelectionKey key;
    /** Is told once when there is something to write. */
    private final Consumer<FabricConnection> unflushed;

    private ByteBuffer input = ByteBuffer.allocateDirect(FabricProtocol.FIRST_BYTES);
    private ByteBuffer output = ByteBuffer.allocateDirect(FabricProtocol.FIRST_BYTES);
    private boolean isUnflushed;
    private boolean hasEnded;
    /** What the connection is, once it has said HELLO. */
    private @Nullable FabricTrunk trunk;

    private String uplink = "";
    private boolean closing;
    private long dropped;

    FabricConnection(SocketChannel channel, SelectionKey key, Consumer<FabricConnection> unflushed) {
        this.channel = channel;
        this.key = key;
        this.unflushed = unflushed;
    }

    /** Takes a message, of which the type is taken already. */
    @FunctionalInterface
    interface Taker {
        void take(byte type, ByteBuffer message) throws ProtocolException;
    }

    /** Reads what is there, if anything; the caller takes messages from {@link #nextMessage()} until it says null. */
    boolean read() throws IOException {
        int bytes = channel.read(input);
        if (bytes < 0 && hasEnded) {
            throw new EOFException("closed by the host");
        }
        hasEnded = bytes < 0; // what was read early is taken, first
        if (!input.hasRemaining()) {
            input = FabricProtocol.withRoom(input, 1, FabricProtocol.MAX_INPUT_BYTES);
        }
        input.flip();
        return bytes != 0;
    }

    /** The next complete message, type first, valid until the next call; null ends the round. */
    @Nullable
    ByteBuffer nextMessage() throws ProtocolException {
        while (true) {
            int bytes = FabricProtocol.completeMessageBytes(input);
            if (bytes < 0) {
                input.compact();
                return null;
            }
            int start = input.position() + FabricProtocol.LENGTH_BYTES;
            input.position(start + bytes);
            if (input.get(start) != NOTHING) {
                return input.slice(start, bytes);
            }
        }
    }

    /**
     * Reads all that has come, and has the messages for some ports taken, as far as they are complete; between rounds of {@link #read} only, of which
     * one must follow soon for what is left.
     *
     * @throws EOFException if the host has closed the connection: then take all that is left, first
     */
    void takeEarly(IntPredicate port, Taker taker) throws IOException, ProtocolException {
        int read = 1;
        while (read > 0) {
            input = FabricProtocol.withRoom(input, FabricProtocol.FIRST_BYTES, MAX_EARLY_BYTES);
            read = channel.read(input);
        }
        if (read < 0) {
            throw new EOFException("closed by the host");
        }
        ByteBuffer all = input.duplicate().flip();
        for (int bytes = FabricProtocol.completeMessageBytes(all);
                bytes >= 0;
                bytes = FabricProtocol.completeMessageBytes(all)) {
            int start = all.position() + FabricProtocol.LENGTH_BYTES;
            byte type = all.get(start);
            if (type != NOTHING
                    && bytes > FabricProtocol.NUMBER_BYTES
                    && type != FabricProtocol.OPEN
                    && port.test(all.getInt(start + 1))) {
                input.put(start, NOTHING);
                taker.take(type, all.slice(start + 1, bytes - 1));
            }
            all.position(start + bytes);
        }
    }

    static int number(ByteBuffer message) throws ProtocolException {
        if (message.remaining() != Integer.BYTES) {
            throw new ProtocolException("a number of " + message.remaining() + " bytes");
        }
        return message.getInt();
    }

    static byte[] frame(ByteBuffer message) throws ProtocolException {
        if (message.remaining() <= Burst.VNET_HEADER_BYTES) {
            throw new ProtocolException("a frame of " + message.remaining() + " bytes");
        }
        byte[] frame = new byte[message.remaining() - Burst.VNET_HEADER_BYTES];
        message.get(message.position() + Burst.VNET_HEADER_BYTES, frame);
        return frame;
    }

    /** Queues a frame of an uplink; dropped, and counted, when the host does not read fast enough. */
    void sendFrame(byte[] frame) {
        if (closing || !hasRoom(frame.length)) {
            dropped++;
            return;
        }
        output.putInt(1 + NO_OFFLOAD.length + frame.length).put(FabricProtocol.FRAME);
        output.put(NO_OFFLOAD).put(frame);
        becomesUnflushed();
    }

    /** Queues a frame for a port of a trunk; false when the host does not read fast enough. */
    boolean sendFrame(int port, byte[] frame) {
        if (!hasRoom(frame.length)) {
            return false;
        }
        output.putInt(1 + FabricProtocol.NUMBER_BYTES + NO_OFFLOAD.length + frame.length);
        output.put(FabricProtocol.FRAME).putInt(port).put(NO_OFFLOAD).put(frame);
        becomesUnflushed();
        return true;
    }

    private boolean hasRoom(int frameBytes) {
        if (output.position() + FabricProtocol.bytesFor(frameBytes) > FabricProtocol.MAX_OUTPUT_BYTES) {
            return false;
        }
        output = FabricProtocol.withRoom(output, FabricProtocol.bytesFor(frameBytes), FabricProtocol.MAX_OUTPUT_BYTES);
        return true;
    }

    private void makeRoom(int bytes) throws ProtocolException {
        output = FabricProtocol.withRoom(output, bytes, 2 * FabricProtocol.MAX_OUTPUT_BYTES);
        if (output.remaining() < bytes) {
            throw new ProtocolException("more requests than answers are read");
        }
        becomesUnflushed();
    }

    private void becomesUnflushed() {
        if (!isUnflushed) {
            isUnflushed = true;
            unflushed.accept(this);
        }
    }

    void sendDrained(int token) throws ProtocolException {
        makeRoom(FabricProtocol.LENGTH_BYTES + 1 + Integer.BYTES);
        FabricProtocol.putNumber(output, FabricProtocol.DRAINED, token);
    }

    void sendNumbers(byte type, int port, int number) throws ProtocolException {
        makeRoom(FabricProtocol.LENGTH_BYTES + 1 + 2 * Integer.BYTES);
        FabricProtocol.putNumbers(output, type, port, number);
    }

    void sendText(byte type, int port, String text) throws ProtocolException {
        makeRoom(FabricProtocol.CONTROL_RESERVE_BYTES + FabricProtocol.MAX_NAME_BYTES);
        FabricProtocol.putText(output, type, port, text);
    }

    void welcome() throws ProtocolException {
        makeRoom(FabricProtocol.CONTROL_RESERVE_BYTES);
        FabricProtocol.putText(output, FabricProtocol.WELCOME, "");
    }

    /** Refuses the host and closes when that is written. */
    void refuse(String reason) throws ProtocolException {
        makeRoom(FabricProtocol.CONTROL_RESERVE_BYTES);
        FabricProtocol.putText(output, FabricProtocol.REFUSED, reason);
        closing = true;
    }

    /** Writes what the socket takes; true if the connection is to be closed now. */
    boolean flush() throws IOException {
        isUnflushed = false;
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

    void become(FabricTrunk ofHost) {
        trunk = ofHost;
    }

    void becomeUplink(String name) {
        uplink = name;
    }

    @Nullable
    FabricTrunk trunk() {
        return trunk;
    }

    /** Name of the uplink, empty if the connection is none. */
    String uplink() {
        return uplink;
    }

    long dropped() {
        return dropped;
    }
}
