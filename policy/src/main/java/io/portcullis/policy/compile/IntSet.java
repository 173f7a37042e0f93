package io.portcullis.policy.compile;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** A set of numbers, ascending; small, quick to walk, and quickest to fill in ascending order. One thread. */
final class IntSet {
    private static final int FEWEST = 2;

    private int[] numbers;
    private int size;

    IntSet() {
        numbers = new int[FEWEST];
    }

    private IntSet(int[] ascending, int size) {
        numbers = ascending;
        this.size = size;
    }

    /** Of the first {@code count} numbers, in any order, some perhaps twice; the array is the set's from now on. */
    static IntSet of(int[] numbers, int count) {
        Arrays.sort(numbers, 0, count);
        int size = 0;
        for (int place = 0; place < count; place++) {
            if (size == 0 || numbers[size - 1] != numbers[place]) {
                numbers[size++] = numbers[place];
            }
        }
        return new IntSet(numbers.length < FEWEST ? new int[FEWEST] : numbers, size);
    }

    /** Whether it was not in it. */
    boolean add(int number) {
        int place = size == 0 || numbers[size - 1] < number ? -size - 1 : Arrays.binarySearch(numbers, 0, size, number);
        if (place >= 0) {
            return false;
        }
        if (size == numbers.length) {
            numbers = Arrays.copyOf(numbers, size * 2);
        }
        int at = -place - 1;
        System.arraycopy(numbers, at, numbers, at + 1, size - at);
        numbers[at] = number;
        size++;
        return true;
    }

    /** Whether it was in it. */
    boolean remove(int number) {
        int place = Arrays.binarySearch(numbers, 0, size, number);
        if (place < 0) {
            return false;
        }
        System.arraycopy(numbers, place + 1, numbers, place, size - place - 1);
        size--;
        if (size > FEWEST && size < numbers.length / 4) {
            numbers = Arrays.copyOf(numbers, size * 2);
        }
        return true;
    }

    boolean contains(int number) {
        return Arrays.binarySearch(numbers, 0, size, number) >= 0;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The one at this place in ascending order. */
    int get(int place) {
        return numbers[place];
    }

    /** The set must not change meanwhile. */
    void forEach(IntConsumer consumer) {
        for (int place = 0; place < size; place++) {
            consumer.accept(numbers[place]);
        }
    }

    int[] toArray() {
        return Arrays.copyOf(numbers, size);
    }

    @Override
    public String toString() {
        return Arrays.toString(toArray());
    }
}
