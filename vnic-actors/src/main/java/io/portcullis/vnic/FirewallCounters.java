package io.portcullis.vnic;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What the firewalls of a host count together, since its actors began. Thread-safe. */
public final class FirewallCounters {
    /** What comes before the names of {@link #values}. */
    public static final String PREFIX = "firewall.";

    private final LongAdder refusedBusy = new LongAdder();

    /** A command found too many others waiting. */
    void refusedBusy() {
        refusedBusy.increment();
    }

    /** All that is counted, by stable names. */
    public Map<String, Long> values() {
        return Map.of(PREFIX + "refused-busy", refusedBusy.sum());
    }
}
