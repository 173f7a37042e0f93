package io.portcullis.ports.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The VM's end of its port. It lives as long as the fabric, whatever becomes of the hosts: while no queue is connected, or the
 * queue's connection is full, up to {@value #MAX_WAITING_FRAMES} frames wait; more are dropped and counted.
 */
public final class MemoryVm {
    /** Takes the frames for a VM, on the fabric's thread: it must not block. */
    @FunctionalInterface
    public interface Receiver {
        /**
         * A frame has come.
         *
         * @param host that let it pass, by its uplink's name; empty if its backend was made without one
         */
        void receive(String host, byte[] frame);
    }

    public static final int MAX_WAITING_FRAMES = 4_096;

    private final String name;
    private final MemoryFabric fabric;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong unheard = new AtomicLong();
    private volatile Receiver receiver = (_, _) -> unheard.incrementAndGet();

    // The fabric's thread only.
    private final List<FabricQueue> queues = new ArrayList<>();
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private int steering;

    MemoryVm(String name, MemoryFabric fabric) {
        this.name = name;
        this.fabric = fabric;
    }

    public String name() {
        return name;
    }

    /**
     * Sends a copy of a complete, untagged Ethernet frame, in order with this thread's other frames. Any thread.
     *
     * @return false, and counted, if the fabric is too far behind or closed
     */
    public boolean send(byte[] frame) {
        byte[] copy = frame.clone();
        if (!fabric.execute(() -> accept(copy))) {
            dropped.incrementAndGet();
            return false;
        }
        sent.incrementAndGet();
        return true;
    }

    /** Who gets the frames for the VM, from the fabric's thread: it must not block. Replaces the one before. */
    public void onReceive(Consumer<byte[]> newReceiver) {
        receiver = (_, frame) -> newReceiver.accept(frame);
    }

    /** As {@link #onReceive(Consumer)}, for whoever wants to know which host a frame came through. */
    public void onReceiveFrom(Receiver newReceiver) {
        receiver = newReceiver;
    }

    /** Frames that the VM has sent. */
    public long sent() {
        return sent.get();
    }

    /** Frames that came for the VM. */
    public long received() {
        return received.get();
    }

    /** Frames of the VM that found no room. */
    public long dropped() {
        return dropped.get();
    }

    /** Frames that came while nobody had asked for them. */
    public long unheard() {
        return unheard.get();
    }

    void deliver(String host, byte[] frame) {
        received.incrementAndGet();
        receiver.receive(host, frame);
    }

    private void accept(byte[] frame) {
        if (waiting.size() >= MAX_WAITING_FRAMES) {
            dropped.incrementAndGet();
            return;
        }
        waiting.add(frame);
        pump();
    }

    /** Hands waiting frames to the queue that the steering index chooses, as far as it has room. */
    void pump() {
        if (queues.isEmpty()) {
            return;
        }
        FabricQueue queue = queues.get(steering % queues.size());
        for (byte[] frame = waiting.peek(); frame != null && queue.send(frame); frame = waiting.peek()) {
            waiting.remove();
        }
    }

    void connect(FabricQueue queue) {
        if (queues.isEmpty()) {
            steering = 0;
        }
        queues.add(queue);
        pump();
    }

    /** Like a TAP: the last queue takes the freed index. */
    void disconnect(FabricQueue queue) {
        int index = queues.indexOf(queue);
        if (index >= 0) {
            FabricQueue last = queues.removeLast();
            if (index < queues.size()) {
                queues.set(index, last);
            }
            pump();
        }
    }

    List<FabricQueue> queues() {
        return queues;
    }

    void steerTo(int index) {
        steering = Math.max(0, index);
        pump();
    }
}
