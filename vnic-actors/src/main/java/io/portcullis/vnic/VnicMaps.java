package io.portcullis.vnic;

import io.portcullis.policy.VnicId;
import java.util.Map;
import org.agrona.collections.Hashing;
import org.agrona.collections.Object2ObjectHashMap;

/** Maps with an entry for each vNIC that stays for as long as the vNIC is there: in flat memory, as a node for each is more than most have to say of it. */
final class VnicMaps {
    private static final int FIRST_CAPACITY = 8;

    private VnicMaps() {}

    /** For one thread; in no order. Neither keys nor values may be null. */
    static <V> Map<VnicId, V> compact() {
        // iterators of their own, as those of any other map
        return new Object2ObjectHashMap<>(FIRST_CAPACITY, Hashing.DEFAULT_LOAD_FACTOR, false);
    }
}
