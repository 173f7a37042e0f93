package io.portcullis.migration.sim;

import java.util.PriorityQueue;

/** Virtual time: what was asked for runs in its order, and events of the same millisecond in the order in which they were asked for. */
final class Scheduler {
    private record Event(long atMillis, long sequence, Runnable run) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowMillis;
    private long sequence;

    long now() {
        return nowMillis;
    }

    void after(long millis, Runnable run) {
        events.add(new Event(nowMillis + millis, sequence++, run));
    }

    /** Runs the next event, unless it is later than {@code limitMillis}; says whether it did. */
    boolean step(long limitMillis) {
        Event next = events.peek();
        if (next == null || next.atMillis() > limitMillis) {
            return false;
        }
        events.remove();
        nowMillis = next.atMillis();
        next.run().run();
        return true;
    }
}
