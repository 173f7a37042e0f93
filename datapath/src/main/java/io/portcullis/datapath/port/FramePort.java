package io.portcullis.datapath.port;

import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * Where frames come from and go to. Never blocks. Every method but {@link #close()} is called by the one loop that owns
 * the port.
 *
 * <p>Drain: after {@link #requestDrain()} and once {@link #isDrained()} says true, every frame that had been queued for
 * this port when the request was made has been handed out by {@link #receive}. It is what makes a cut exact: a kernel port
 * is drained when a read finds nothing; a port behind a socket sends a marker around.
 *
 * <p>A drain is a barrier for what was sent, too: everything that went through {@link #send} before the request has then
 * reached the other side, so that no frame which another port sends later can overtake it. A newer request replaces an older
 * one. Go on calling {@link #receive} until the port is drained.
 */
public interface FramePort extends AutoCloseable {
    /** Name for people, for example {@code tap:web-1/eth0}. */
    String name();

    /**
     * Appends frames to the burst while it has room and the port has frames.
     *
     * @return number of frames appended; 0 when there is nothing to read now
     */
    int receive(Burst burst);

    /**
     * Sends one frame; {@code offset} is that of its Ethernet header and {@link Burst#VNET_HEADER_BYTES} of virtio-net header
     * stand in front.
     *
     * @return false if the port could not take it (full or down); the caller counts the loss
     */
    boolean send(MemorySegment memory, long offset, int lengthBytes);

    /** Pushes out what {@link #send} may have buffered. */
    void flush();

    void requestDrain();

    boolean isDrained();

    /** Whose checksums the port vouches for, as far as it knows by itself; an operator may trust more. Never changes. */
    default ChecksumTrust checksumTrust() {
        return ChecksumTrust.DECLARED;
    }

    /** What the port has counted, by name in its own words: {@code sent}, {@code received}, what it refused and why. */
    default Map<String, Long> counters() {
        return Map.of();
    }

    @Override
    void close();
}
