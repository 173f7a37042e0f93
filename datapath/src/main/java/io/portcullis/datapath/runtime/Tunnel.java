package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.Burst;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection of a cut-over: messages of one vNIC in order, both ways. The loop sends and polls without blocking; a
 * reading and a writing thread do the rest. Frames are bounded in both directions: the sender's overflow is refused, the
 * receiver's holds the connection back.
 */
final class Tunnel {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int PERMIT_BYTES = 1_024;
    private static final long LINGER_MILLIS = 2_000;

    /** The connection itself, below what secures it: closing it never waits for anything. */
    private final Socket wire;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final Runnable wakeUp;

    private final long maxQueueBytes;
    private final AtomicLong outboxBytes = new AtomicLong();
    private final LinkedBlockingQueue<Outgoing> outbox = new LinkedBlockingQueue<>();
    private final ConcurrentLinkedQueue<TunnelMessage> inbox = new ConcurrentLinkedQueue<>();
    private final Semaphore inboxPermits;
    private final Thread reader;
    private final Thread writer;
    private volatile boolean inputEnded;
    private volatile boolean broken;

    /** Either a message or, without one, the end. */
    private record Outgoing(@Nullable TunnelMessage message) {}

    private Tunnel(Socket wire, Socket socket, long maxQueueBytes, Runnable wakeUp) throws IOException {
        this.wire = wire;
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES));
        this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES));
        this.maxQueueBytes = maxQueueBytes;
        this.wakeUp = wakeUp;
        this.inboxPermits = new Semaphore((int) Math.min(Integer.MAX_VALUE, maxQueueBytes / PERMIT_BYTES + 128));
        String peer = String.valueOf(wire.getRemoteSocketAddress());
        reader = thread("tunnel-in-" + peer, this::read);
        writer = thread("tunnel-out-" + peer, this::write);
    }

    /** A pause waits for it as for the loop. */
    @SuppressWarnings("ThreadPriorityCheck") // nothing depends on it but the time
    private static Thread thread(String name, Runnable body) {
        return Thread.ofPlatform().daemon().priority(Loop.PRIORITY).name(name).unstarted(body);
    }

    /**
     * Opens a tunnel and waits for the welcome. Blocks; not for the loop.
     *
     * @throws IOException if the other side cannot be reached, does not answer in time, is not whom it should be, or refuses
     */
    static Tunnel connect(
            InetSocketAddress address,
            TunnelSecurity security,
            TunnelMessage.Hello hello,
            long timeoutNanos,
            long maxQueueBytes,
            Runnable wakeUp)
            throws IOException {
        int timeoutMillis = timeoutMillis(timeoutNanos);
        Socket wire = new Socket();
        try {
            wire.connect(address, timeoutMillis);
            wire.setSoTimeout(timeoutMillis);
            wire.setTcpNoDelay(true);
            Tunnel tunnel = new Tunnel(wire, security.overConnected(wire, address), maxQueueBytes, wakeUp);
            TunnelCodec.write(tunnel.out, hello);
            tunnel.out.flush();
            if (!(TunnelCodec.read(tunnel.in) instanceof TunnelMessage.Welcome)) {
                throw new ProtocolException("no welcome");
            }
            tunnel.start();
            return tunnel;
        } catch (IOException failed) {
            wire.close();
            throw failed;
        }
    }

    /** Around an accepted connection; nothing is read by a thread of its own before {@link #start}. */
    static Tunnel accepted(Socket wire, TunnelSecurity security, long maxQueueBytes, Runnable wakeUp)
            throws IOException {
        wire.setTcpNoDelay(true);
        return new Tunnel(wire, security.overAccepted(wire), maxQueueBytes, wakeUp);
    }

    static int timeoutMillis(long nanos) {
        return (int) Math.clamp(TimeUnit.NANOSECONDS.toMillis(nanos), 1L, Integer.MAX_VALUE);
    }

    /** First message of an accepted connection; blocks for at most {@code timeoutNanos} per read. */
    TunnelMessage readGreeting(long timeoutNanos) throws IOException {
        wire.setSoTimeout(timeoutMillis(timeoutNanos));
        return TunnelCodec.read(in);
    }

    void start() throws IOException {
        wire.setSoTimeout(0);
        reader.start();
        writer.start();
    }

    // ---- for the loop

    /** Sends a marker; there are few of them, they are never refused. */
    void send(TunnelMessage marker) {
        outbox.add(new Outgoing(marker));
    }

    /** Copies a frame of a burst into a message. */
    static TunnelMessage.Frame frame(TunnelMessage.FrameKind kind, long epoch, Burst burst, int index) {
        byte[] bytes = new byte[Burst.VNET_HEADER_BYTES + burst.length(index)];
        MemorySegment copy = MemorySegment.ofArray(bytes);
        MemorySegment.copy(burst.memory(), (long) burst.offset(index) - Burst.VNET_HEADER_BYTES, copy, 0, bytes.length);
        return new TunnelMessage.Frame(kind, epoch, copy);
    }

    /** Answers false if the tunnel is full or broken; the frame was not taken. */
    boolean sendFrame(TunnelMessage.Frame frame) {
        long lengthBytes = frame.bytes().byteSize();
        if (broken || outboxBytes.get() + lengthBytes > maxQueueBytes) {
            return false;
        }
        outboxBytes.addAndGet(lengthBytes);
        outbox.add(new Outgoing(frame));
        return true;
    }

    /** Next message, null if there is none now. */
    @Nullable
    TunnelMessage poll() {
        TunnelMessage message = inbox.poll();
        if (message != null) {
            inboxPermits.release(permits(message));
        }
        return message;
    }

    /** Whether nothing will ever come any more, and all that came was polled. */
    boolean isEnded() {
        return inputEnded && inbox.isEmpty();
    }

    /** Sends what is waiting, then ends. */
    void closeWhenSent() {
        outbox.add(new Outgoing(null));
    }

    /** Ends at once. */
    void abort() {
        broken = true;
        outbox.add(new Outgoing(null));
        closeSocket();
    }

    // ---- its own threads

    private static int permits(TunnelMessage message) {
        return message instanceof TunnelMessage.Frame frame
                ? 1 + (int) (frame.bytes().byteSize() / PERMIT_BYTES)
                : 1;
    }

    private void read() {
        try {
            while (true) {
                TunnelMessage message = TunnelCodec.read(in);
                inboxPermits.acquire(permits(message));
                inbox.add(message);
                wakeUp.run();
            }
        } catch (IOException | InterruptedException ended) {
            // The end of the stream, a broken connection and a foreign message are one thing to the loop: it is over.
            inputEnded = true;
            wakeUp.run();
        }
    }

    private void write() {
        try {
            while (true) {
                TunnelMessage message = outbox.take().message();
                if (message == null) {
                    break;
                }
                TunnelCodec.write(out, message);
                if (message instanceof TunnelMessage.Frame frame) {
                    outboxBytes.addAndGet(-frame.bytes().byteSize());
                }
                if (outbox.isEmpty()) {
                    out.flush();
                }
            }
            out.flush();
            socket.shutdownOutput();
            // Closing with unread input would reset the connection and could take what was just sent with it.
            reader.join(LINGER_MILLIS);
        } catch (IOException | InterruptedException ended) {
            broken = true;
        } finally {
            closeSocket();
            // A reader that waits for room in the inbox would wait for ever.
            reader.interrupt();
        }
    }

    private void closeSocket() {
        try {
            wire.close();
        } catch (IOException alreadyGone) {
            broken = true;
        }
    }
}
