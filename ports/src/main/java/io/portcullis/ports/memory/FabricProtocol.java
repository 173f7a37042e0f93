package io.portcullis.ports.memory;

import io.portcullis.datapath.port.Burst;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What hosts and fabric say to each other over TCP: one connection for a host's uplink, and one, its trunk, for all ports of its VMs. Each message
 * is a 4-byte length of what follows, a type byte and its content, big endian; on a trunk, content begins with the number that the host
 * gave the port, 4:
 *
 * <pre>
 * HELLO          host → fabric  magic 4, version 2, kind 1, name (UTF-8): of the uplink; of the host whose trunk it is, or nothing
 * WELCOME        fabric → host                                            the connection is one
 * REFUSED        fabric → host  reason (UTF-8)                             then closed; on a trunk: there will be no such port
 * FRAME          both ways      virtio-net header 10, Ethernet frame
 * DRAIN_REQUEST  host → fabric  token 4
 * DRAINED        fabric → host  token 4      everything sent before the request was taken, all that was queued has gone before
 *
 * on trunks only:
 * OPEN           host → fabric  name of the VM's port (UTF-8)
 * OPENED         fabric → host                the port has a queue of it
 * STEER          host → fabric  queue index 4
 * TAKEN          host → fabric  bytes 4       so much of {@link #WINDOW_BYTES} is free again
 * CLOSE          both ways                    there is no such port any more
 * </pre>
 */
final class FabricProtocol {
    static final int MAGIC = 0x5043_4642;
    static final short VERSION = 3;

    static final byte HELLO = 1;
    static final byte WELCOME = 2;
    static final byte REFUSED = 3;
    static final byte FRAME = 4;
    static final byte STEER = 5;
    static final byte DRAIN_REQUEST = 6;
    static final byte DRAINED = 7;
    static final byte OPEN = 8;
    static final byte OPENED = 9;
    static final byte TAKEN = 10;
    static final byte CLOSE = 11;

    static final byte KIND_UPLINK = 1;
    static final byte KIND_TRUNK = 2;

    static final int LENGTH_BYTES = 4;
    static final int NUMBER_BYTES = 4;
    static final int MAX_MESSAGE_BYTES = 1 + NUMBER_BYTES + Burst.VNET_HEADER_BYTES + Burst.MAX_FRAME_BYTES;
    /** Room that frames leave in an output buffer, so that control messages fit. */
    static final int CONTROL_RESERVE_BYTES = 1_024;

    /** What a buffer begins with. */
    static final int FIRST_BYTES = 1 << 14;

    static final int MAX_INPUT_BYTES = 1 << 18;
    /** Of frames; control messages of the many ports of a trunk may take as much once more. */
    static final int MAX_OUTPUT_BYTES = 1 << 21;
    /** What a port may have of frames that its host has not taken yet, as {@link #windowBytes} counts them; others wait at the VM. */
    static final int WINDOW_BYTES = 1 << 21;

    static final int MAX_NAME_BYTES = 300;

    private FabricProtocol() {}

    /** The buffer, which is being filled, or one with its content and room for so many bytes more, as far as its limit allows. */
    static ByteBuffer withRoom(ByteBuffer buffer, int bytes, int maxBytes) {
        int wanted = buffer.position() + bytes;
        if (wanted <= buffer.capacity() || buffer.capacity() == maxBytes) {
            return buffer;
        }
        // doubled, so that what grows step by step is seldom copied
        int capacity = Math.min(maxBytes, Math.max(2 * buffer.capacity(), wanted));
        return ByteBuffer.allocateDirect(capacity).put(buffer.flip());
    }

    /** What a frame needs, and leaves over for control messages. */
    static int bytesFor(int frameBytes) {
        return LENGTH_BYTES + 1 + NUMBER_BYTES + Burst.VNET_HEADER_BYTES + frameBytes + CONTROL_RESERVE_BYTES;
    }

    /** Bytes of the message at the buffer's position without its length, or -1 if it is not complete yet. */
    static int completeMessageBytes(ByteBuffer input) throws ProtocolException {
        if (input.remaining() < LENGTH_BYTES) {
            return -1;
        }
        int bytes = input.getInt(input.position());
        if (bytes < 1 || bytes > MAX_MESSAGE_BYTES) {
            throw new ProtocolException("a message of " + bytes + " bytes");
        }
        return input.remaining() >= LENGTH_BYTES + bytes ? bytes : -1;
    }

    /** What a frame takes of its port's window. */
    static int windowBytes(int frameBytes) {
        return LENGTH_BYTES + Burst.VNET_HEADER_BYTES + frameBytes;
    }

    static void putNumber(ByteBuffer output, byte type, int number) {
        output.putInt(1 + Integer.BYTES).put(type).putInt(number);
    }

    static void putNumbers(ByteBuffer output, byte type, int port, int number) {
        output.putInt(1 + 2 * Integer.BYTES).put(type).putInt(port).putInt(number);
    }

    static void putText(ByteBuffer output, byte type, int port, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        output.putInt(1 + NUMBER_BYTES + bytes.length).put(type).putInt(port).put(bytes);
    }

    static void putText(ByteBuffer output, byte type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        output.putInt(1 + bytes.length).put(type).put(bytes);
    }

    static void putHello(ByteBuffer output, byte kind, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        output.putInt(1 + 7 + bytes.length).put(HELLO).putInt(MAGIC).putShort(VERSION);
        output.put(kind).put(bytes);
    }

    /** Whether a frame of this length fits and leaves room for control messages. */
    static boolean hasRoom(ByteBuffer output, int frameBytes) {
        return output.remaining() >= bytesFor(frameBytes);
    }

    static String text(ByteBuffer message) {
        return StandardCharsets.UTF_8.decode(message).toString();
    }

    /** The other side does not speak this protocol; the connection ends. */
    static final class ProtocolException extends Exception {
        ProtocolException(String message) {
            super(message);
        }
    }
}
