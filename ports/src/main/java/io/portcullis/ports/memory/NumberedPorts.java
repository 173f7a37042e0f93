package io.portcullis.ports.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The ports of a trunk by number. A place is used again, but not its number, so that what is still under way to a port that was closed
 * reaches no other one. One thread at a time.
 */
final class NumberedPorts<T> {
    private static final int PLACE_BITS = 20;

    /** Of one trunk. */
    static final int MAX_PORTS = 1 << PLACE_BITS;

    private int[] numbers = {};
    private final List<@Nullable T> ports = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();

    /** Makes a port with a number that none has had lately; null if there are too many. */
    @Nullable
    T add(IntFunction<T> made) {
        if (free.isEmpty() && ports.size() == MAX_PORTS) {
            return null;
        }
        int place = free.isEmpty() ? ports.size() : free.removeFirst();
        grow(place);
        numbers[place] = ((numbers[place] >>> PLACE_BITS) + 1) << PLACE_BITS | place;
        T port = made.apply(numbers[place]);
        ports.set(place, port);
        return port;
    }

    /** Takes a port with the number that the other side gave it; false if its place is taken. */
    boolean put(int number, T port) {
        int place = place(number);
        grow(place);
        if (ports.get(place) != null) {
            return false;
        }
        numbers[place] = number;
        ports.set(place, port);
        return true;
    }

    @Nullable
    T get(int number) {
        int place = place(number);
        return place < ports.size() && numbers[place] == number ? ports.get(place) : null;
    }

    /** Its place may be used by another one from now on. */
    void remove(int number) {
        if (get(number) != null) {
            ports.set(place(number), null);
            free.add(place(number));
        }
    }

    List<T> all() {
        return ports.stream()
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .toList();
    }

    private static int place(int number) {
        return number & (MAX_PORTS - 1);
    }

    private void grow(int place) {
        if (place >= numbers.length) {
            numbers = Arrays.copyOf(numbers, Math.max(place + 1, numbers.length * 3 / 2));
        }
        if (place >= ports.size()) {
            ports.addAll(Collections.nCopies(place + 1 - ports.size(), null));
        }
    }
}
