package io.portcullis.simulation;

import java.util.ArrayDeque;
import java.util.Queue;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.dispatch.Envelope;
import org.apache.pekko.dispatch.MessageQueue;
import org.apache.pekko.dispatch.UnboundedMessageQueueSemantics;
import org.jspecify.annotations.Nullable;

/** An actor's mailbox, which has what comes from another node go by the {@link SimNetwork}, and knows what caused each message. Thread-safe. */
final class SimMailbox implements MessageQueue, UnboundedMessageQueueSemantics {
    private static final int USUAL_LENGTH = 4;

    private record Waiting(Envelope envelope, int cause) {}

    private final SimLoop loop;
    private final @Nullable String node;
    private @Nullable Queue<Waiting> queue;
    /** Of what the actor does before its first message. */
    private int causeOfBeginning;

    /** @param node null for an actor that is no node's */
    SimMailbox(SimLoop loop, @Nullable String node) {
        this.loop = loop;
        this.node = node;
        this.causeOfBeginning = loop.cause();
    }

    /** Of what comes by no message. */
    int cause() {
        return causeOfBeginning;
    }

    @Nullable
    String node() {
        return node;
    }

    @Override
    public void enqueue(ActorRef receiver, Envelope envelope) {
        if (!loop.network().takes(node, receiver, envelope)) {
            add(envelope);
        }
    }

    private synchronized void add(Envelope envelope) {
        Queue<Waiting> its = queue;
        if (its == null) {
            its = new ArrayDeque<>(USUAL_LENGTH);
            queue = its;
        }
        its.add(new Waiting(envelope, loop.cause()));
        loop.network().waits(its.size());
    }

    @Override
    public synchronized @Nullable Envelope dequeue() {
        Waiting next = queue == null ? null : queue.poll();
        if (next == null) {
            return null;
        }
        loop.continueWith(next.cause());
        causeOfBeginning = SimLoop.BACKGROUND;
        return next.envelope();
    }

    @Override
    public synchronized int numberOfMessages() {
        return queue == null ? 0 : queue.size();
    }

    @Override
    public synchronized boolean hasMessages() {
        return queue != null && !queue.isEmpty();
    }

    @Override
    public synchronized void cleanUp(ActorRef owner, MessageQueue deadLetters) {
        if (queue != null) {
            queue.forEach(waiting -> deadLetters.enqueue(owner, waiting.envelope()));
            queue.clear();
        }
    }
}
