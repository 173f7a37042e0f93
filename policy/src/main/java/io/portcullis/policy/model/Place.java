package io.portcullis.policy.model;

import org.jspecify.annotations.Nullable;

/**
 * A place in a model. It becomes a text only where something is wrong at it: that is so with few of the places that are checked, of which a
 * large policy has ten for each of its rules.
 */
final class Place {
    private final @Nullable Place outer;
    private final Object step;

    private Place(@Nullable Place outer, Object step) {
        this.outer = outer;
        this.step = step;
    }

    /** @param pointer JSON pointer (RFC 6901), as {@link Problems#pointer} makes them */
    static Place of(String pointer) {
        return new Place(null, pointer);
    }

    /** @param name of a field, without a slash */
    Place field(String name) {
        return new Place(this, name);
    }

    Place item(int index) {
        return new Place(this, index);
    }

    /** As JSON pointer. */
    @Override
    public String toString() {
        return outer == null ? step.toString() : outer + "/" + step;
    }
}
