package io.portcullis.simulation;

import io.portcullis.persistence.CborSerializable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.ActorPath;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.internal.AdaptMessage;
import org.apache.pekko.dispatch.Envelope;
import org.apache.pekko.serialization.SerializationExtension;
import org.jspecify.annotations.Nullable;

/**
 * The network between the nodes of a simulation: whatever an actor of one node tells one of another takes its time, is counted by kind and cause, and weighed as the
 * product's serializer writes it. Nothing is lost but what goes to a node that is down. An actor's node is its first ancestor under the guardian.
 */
final class SimNetwork {
    /** From one node to another. */
    static final Duration LATENCY = Duration.ofMillis(1);

    /** The largest message so far. */
    record Largest(String kind, long bytes) {}

    private final SimLoop loop;
    private final Map<Integer, Traffic> byCause = new HashMap<>();
    private final Map<String, Long> toNode = new HashMap<>();
    private final Set<String> down = new HashSet<>();
    private final Map<Class<?>, List<RecordComponent>> refs = new ConcurrentHashMap<>();
    private @Nullable ExtendedActorSystem system;
    private boolean isDelivering;
    private int longestMailbox;
    private Largest largest = new Largest("", 0);
    private long lost;

    SimNetwork(SimLoop loop) {
        this.loop = loop;
    }

    /** Serializers are those of this system. */
    void begin(ExtendedActorSystem actorSystem) {
        system = actorSystem;
    }

    /** Null for an actor that is no node's. */
    static @Nullable String nodeOf(ActorPath path) {
        Iterator<String> elements = path.getElements().iterator();
        boolean isUser = elements.hasNext() && elements.next().equals("user");
        return isUser && elements.hasNext() ? elements.next() : null;
    }

    /** Whether the network takes the message over; it comes later then. Else it is for an actor of the same node. */
    boolean takes(@Nullable String to, ActorRef receiver, Envelope envelope) {
        String from = loop.node();
        if (system == null || isDelivering || from == null || to == null || from.equals(to)) {
            return false;
        }
        Object message = contentOf(envelope.message());
        count(to, message);
        if (down.contains(to) || down.contains(from)) {
            lost++;
            return true;
        }
        loop.after(LATENCY.toNanos(), loop.cause(), () -> {
            isDelivering = true;
            try {
                receiver.tell(envelope.message(), envelope.sender());
            } finally {
                isDelivering = false;
            }
        });
        return true;
    }

    private static Object contentOf(Object message) {
        return switch (message) {
            case SimShard.ToEntity envelope -> envelope.message();
            case AdaptMessage<?, ?> adapted -> adapted.message();
            default -> message;
        };
    }

    private void count(String to, Object message) {
        Traffic traffic = traffic(loop.cause());
        long bytes = weigh(message);
        traffic.count(kindOf(message), bytes, loop.nowNanos());
        if (bytes > largest.bytes()) {
            largest = new Largest(kindOf(message), bytes);
        }
        toNode.merge(to, 1L, Long::sum);
        if (asks(message)) {
            traffic.countAnswer();
        }
    }

    static String kindOf(Object message) {
        Class<?> type = message.getClass();
        Class<?> owner = type.getEnclosingClass();
        return owner == null ? type.getSimpleName() : owner.getSimpleName() + "." + type.getSimpleName();
    }

    /** Bytes as the product's serializer writes it; -1 for what it does not take, which between real nodes would be lost. */
    private long weigh(Object message) {
        ExtendedActorSystem its = system;
        if (its == null || !(message instanceof CborSerializable)) {
            return -1;
        }
        return SerializationExtension.get(its).serialize(message).get().length;
    }

    /** Whether it is a question whose answer goes to no actor, but ends a wait: then the answer cannot be seen, and there is one. */
    private boolean asks(Object message) {
        for (RecordComponent component : refs.computeIfAbsent(message.getClass(), SimNetwork::refsOf)) {
            try {
                Object ref = component.getAccessor().invoke(message);
                if (ref instanceof org.apache.pekko.actor.typed.ActorRef<?> typed
                        && typed.path().getElements().iterator().next().equals("temp")) {
                    return true;
                }
            } catch (IllegalAccessException | InvocationTargetException impossible) {
                throw new IllegalStateException("a message's accessor failed", impossible);
            }
        }
        return false;
    }

    private static List<RecordComponent> refsOf(Class<?> type) {
        if (!type.isRecord()) {
            return List.of();
        }
        List<RecordComponent> found = Arrays.stream(type.getRecordComponents())
                .filter(each -> org.apache.pekko.actor.typed.ActorRef.class.isAssignableFrom(each.getType()))
                .toList();
        found.forEach(each -> each.getAccessor().setAccessible(true));
        return found;
    }

    /** What goes from and to it is lost. */
    void setDown(String node, boolean isDown) {
        if (isDown) {
            down.add(node);
        } else {
            down.remove(node);
        }
    }

    /** So many messages wait in one mailbox. */
    synchronized void waits(int messages) {
        longestMailbox = Math.max(longestMailbox, messages);
    }

    synchronized int longestMailbox() {
        return longestMailbox;
    }

    Largest largest() {
        return largest;
    }

    /** Messages to nodes that were down. */
    long lost() {
        return lost;
    }

    /** What was sent for a reason. */
    Traffic traffic(int cause) {
        return byCause.computeIfAbsent(cause, _ -> new Traffic());
    }

    /** Counts anew what goes on all the time, and what each node gets. */
    void resetBackground() {
        byCause.remove(SimLoop.BACKGROUND);
        toNode.clear();
    }

    /** Messages to the node that got most since {@link #resetBackground}. */
    long busiest() {
        return toNode.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }
}
