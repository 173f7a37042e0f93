package io.portcullis.policy.compile;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Things by small numbers. The number of one that is gone is given to another only after {@link #recycle}, so that during one update
 * a number means one thing. One thread.
 */
final class Numbered<T> {
    private final List<@Nullable T> things = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private final List<Integer> retired = new ArrayList<>();

    /** The number that {@link #put} gives next. */
    int next() {
        Integer number = free.peek();
        return number == null ? things.size() : number;
    }

    void put(T thing) {
        Integer number = free.poll();
        if (number == null) {
            things.add(thing);
        } else {
            things.set(number, thing);
        }
    }

    /** The thing that has, or until the next {@link #recycle} had, this number. */
    T get(int number) {
        return Objects.requireNonNull(things.get(number));
    }

    void retire(int number) {
        retired.add(number);
    }

    void recycle() {
        for (int number : retired) {
            things.set(number, null);
            free.add(number);
        }
        retired.clear();
    }
}
