package io.portcullis.policy.analyze;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Few or many values by numbers from 0 on, in little memory: there are hundreds of thousands of these tables. */
final class IntTable<V> {
    private static final int FREE = -1;

    /** Spreads the numbers (Knuth, TAOCP 6.4). */
    private static final int MULTIPLIER = 0x9e37_79b9;

    private int[] keys = new int[2];
    private @Nullable Object[] values = new Object[2];
    private int size;

    IntTable() {
        Arrays.fill(keys, FREE);
    }

    int size() {
        return size;
    }

    /** Where to look in a loop over all: from 0 to below this; most places hold something. */
    int places() {
        return keys.length;
    }

    /** The key at a place, or -1. */
    int keyAt(int place) {
        return keys[place];
    }

    @SuppressWarnings("unchecked") // only put stores
    @Nullable
    V valueAt(int place) {
        return (V) values[place];
    }

    @Nullable
    V get(int key) {
        return valueAt(place(keys, key));
    }

    V computeIfAbsent(int key, IntFunction<V> make) {
        V known = get(key);
        if (known != null) {
            return known;
        }
        if (2 * (size + 1) > keys.length) {
            grow();
        }
        V made = make.apply(key);
        int place = place(keys, key);
        keys[place] = key;
        values[place] = made;
        size++;
        return made;
    }

    private void grow() {
        int[] moreKeys = new int[2 * keys.length];
        @Nullable Object[] moreValues = new Object[moreKeys.length];
        Arrays.fill(moreKeys, FREE);
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != FREE) {
                int place = place(moreKeys, keys[i]);
                moreKeys[place] = keys[i];
                moreValues[place] = values[i];
            }
        }
        keys = moreKeys;
        values = moreValues;
    }

    /** Of the key, or the free place that it would get: there always is one. */
    private static int place(int[] keys, int key) {
        int mask = keys.length - 1;
        int place = ((key * MULTIPLIER) >>> 12) & mask;
        while (keys[place] != FREE && keys[place] != key) {
            place = (place + 1) & mask;
        }
        return place;
    }
}
