package io.portcullis.api;

import java.util.List;

/** What a list is answered with; an object, so that it can grow. */
public record ItemList<T>(List<T> items) {
    public ItemList {
        items = List.copyOf(items);
    }
}
