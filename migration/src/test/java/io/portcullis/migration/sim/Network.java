package io.portcullis.migration.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Between nodes. A message to oneself is never lost, one to actors that have stopped always; null as sender or receiver is a node that nothing happens to. */
final class Network {
    private record Link(@Nullable SimHost one, @Nullable SimHost other) {}

    private final World world;
    private final Set<SimHost> isolated = new HashSet<>();
    private final Set<SimHost> withoutTunnels = new HashSet<>();
    private final Set<Link> cut = new HashSet<>();
    /** When the last message of each stream arrives. */
    private final Map<Link, Long> streams = new HashMap<>();

    private int lossPercent;
    private int twicePercent;
    private int delayMillis;

    Network(World world) {
        this.world = world;
    }

    void bad(int loss, int twice, int delay) {
        lossPercent = loss;
        twicePercent = twice;
        delayMillis = delay;
    }

    void isolate(SimHost host, boolean on, boolean withTunnels) {
        if (on) {
            isolated.add(host);
        } else {
            isolated.remove(host);
        }
        if (on && withTunnels) {
            withoutTunnels.add(host);
        } else {
            withoutTunnels.remove(host);
        }
    }

    void cutTunnels(SimHost host, boolean on) {
        if (on) {
            withoutTunnels.add(host);
        } else {
            withoutTunnels.remove(host);
        }
    }

    boolean isIsolated(SimHost host) {
        return isolated.contains(host);
    }

    void cutLink(SimHost one, SimHost other, boolean on) {
        for (Link link : new Link[] {new Link(one, other), new Link(other, one)}) {
            if (on) {
                cut.add(link);
            } else {
                cut.remove(link);
            }
        }
    }

    /** Whether the data paths of two hosts reach each other: their network may be another one. */
    boolean joins(SimHost one, SimHost other) {
        return !withoutTunnels.contains(one) && !withoutTunnels.contains(other) && !cut.contains(new Link(one, other));
    }

    /** Whether messages get from one to the other now. */
    boolean connects(@Nullable SimHost from, @Nullable SimHost to) {
        if (from != null && from == to) {
            return true;
        }
        boolean isOff = (from != null && isolated.contains(from)) || (to != null && isolated.contains(to));
        return !isOff && !(from != null && to != null && cut.contains(new Link(from, to)));
    }

    void send(@Nullable SimHost from, @Nullable SimHost to, Runnable deliver) {
        send(from, to, false, deliver);
    }

    /** As {@link #send}, on a stream: messages overtake each other only in a bad network, where it breaks and is opened anew. */
    void stream(SimHost from, SimHost to, Runnable deliver) {
        send(from, to, true, deliver);
    }

    private void send(@Nullable SimHost from, @Nullable SimHost to, boolean isStream, Runnable deliver) {
        if (!connects(from, to)) {
            return;
        }
        boolean isLocal = from != null && from == to;
        if (!isLocal && world.chance(lossPercent)) {
            return;
        }
        int incarnation = to == null ? 0 : to.actorsIncarnation();
        int copies = !isLocal && world.chance(twicePercent) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long delay =
                    1 + world.random.nextInt(3) + (isLocal || delayMillis == 0 ? 0 : world.random.nextInt(delayMillis));
            if (isStream && delayMillis == 0) {
                Link link = new Link(from, to);
                long at = Math.max(world.time.now() + delay, streams.getOrDefault(link, 0L));
                streams.put(link, at);
                delay = at - world.time.now();
            }
            world.time.after(delay, () -> {
                if (connects(from, to) && (to == null || to.isRunning(incarnation))) {
                    deliver.run();
                }
            });
        }
    }
}
