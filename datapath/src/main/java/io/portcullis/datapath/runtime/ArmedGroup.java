package io.portcullis.datapath.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * The vNICs of one VM at the destination of its cut-overs: they begin to enforce together, in one turn of the loop, or none of them by itself.
 * Owned by one loop.
 */
final class ArmedGroup {
    private final int size;
    private final List<ArmedTable> ready = new ArrayList<>();

    /** @param size vNICs of the VM */
    ArmedGroup(int size) {
        this.size = size;
    }

    /** All that the vNIC needs is here. */
    void ready(ArmedTable table) {
        ready.add(table);
        if (ready.size() == size) {
            ready.forEach(ArmedTable::activate);
        }
    }

    /** One of them is not to enforce by itself any more: then none does that has not yet. */
    void leave(ArmedTable table) {
        ready.remove(table);
    }
}
