package io.portcullis.migration.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Whose turn it is to be cut: so many migrations of a lane at once, as pauses that overlap share the processors and become longer. The others wait in the
 * order in which they asked, while their source enforces. What cannot wait takes a turn beyond that number, and those that wait then wait for it, too.
 *
 * <p>Thread-safe. What is called back is called with the lock held, on the thread of whoever gave a turn back, and must only pass it on.
 *
 * @param <L> what migrations share, for example the host that they go to
 */
public final class CutTurns<L> {
    private final int atOnce;
    private final Map<L, Lane> lanes = new HashMap<>();
    private final Map<String, L> laneOf = new HashMap<>();

    /** Ids of migrations. */
    private static final class Lane {
        final Set<String> held = new HashSet<>();
        final Map<String, Runnable> waiting = new LinkedHashMap<>();
    }

    /** What taking a turn was. */
    public enum Taking {
        /** It had one. */
        HELD,
        /** One was free. */
        FREE,
        /** None was. */
        BEYOND
    }

    /** @param atOnce turns of a lane, at least 1 */
    public CutTurns(int atOnce) {
        this.atOnce = atOnce;
    }

    /**
     * Asks for a turn; who asks again keeps its place.
     *
     * @param granted called once when it is its turn, unless this says so already
     * @return whether it is its turn now
     */
    public synchronized boolean ask(L lane, String migration, Runnable granted) {
        Lane in = lane(lane, migration);
        if (in.held.contains(migration)) {
            return true;
        }
        if (in.held.size() < atOnce && in.waiting.isEmpty()) {
            in.held.add(migration);
            return true;
        }
        in.waiting.put(migration, granted);
        return false;
    }

    /** Takes a turn at once, whoever else has one or waits. */
    public synchronized Taking take(L lane, String migration) {
        Lane in = lane(lane, migration);
        in.waiting.remove(migration);
        if (!in.held.add(migration)) {
            return Taking.HELD;
        }
        return in.held.size() > atOnce ? Taking.BEYOND : Taking.FREE;
    }

    /** It needs no turn any more, if it had one or waited for one. */
    public synchronized void end(String migration) {
        L name = laneOf.remove(migration);
        if (name == null) {
            return;
        }
        Lane lane = Objects.requireNonNull(lanes.get(name));
        lane.held.remove(migration);
        lane.waiting.remove(migration);
        List<Runnable> granted = new ArrayList<>();
        while (lane.held.size() < atOnce && !lane.waiting.isEmpty()) {
            String next = lane.waiting.keySet().iterator().next();
            granted.add(lane.waiting.remove(next));
            lane.held.add(next);
        }
        if (lane.held.isEmpty()) {
            lanes.remove(name);
        }
        granted.forEach(Runnable::run);
    }

    /** Migrations of the lane that have a turn, and that wait. */
    public synchronized int size(L name) {
        Lane lane = lanes.get(name);
        return lane == null ? 0 : lane.held.size() + lane.waiting.size();
    }

    /** Migrations that have a turn. */
    public synchronized Set<String> held() {
        Set<String> all = new HashSet<>();
        lanes.values().forEach(lane -> all.addAll(lane.held));
        return all;
    }

    /** Whether nobody has a turn or waits for one. */
    public synchronized boolean isEmpty() {
        return laneOf.isEmpty();
    }

    private Lane lane(L lane, String migration) {
        L known = laneOf.putIfAbsent(migration, lane);
        if (known != null && !known.equals(lane)) {
            throw new IllegalArgumentException(migration + " goes by " + known + ", not by " + lane);
        }
        return lanes.computeIfAbsent(lane, _ -> new Lane());
    }
}
