package io.portcullis.vnic;

import java.util.HashMap;
import java.util.Map;

/**
 * Lets equal values be one object, where many vNICs have the same and each came in a message of its own. Begins anew when there are too many
 * different ones; what was given out stays good. One thread.
 */
final class Interned<T> {
    private static final int MAX_VALUES = 10_000;

    private final Map<T, T> values = new HashMap<>();

    /** One that is equal. */
    T of(T value) {
        if (values.size() >= MAX_VALUES) {
            values.clear();
        }
        T known = values.putIfAbsent(value, value);
        return known == null ? value : known;
    }
}
