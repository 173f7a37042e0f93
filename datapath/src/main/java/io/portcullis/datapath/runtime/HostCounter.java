package io.portcullis.datapath.runtime;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** What a host's data path counts beside its vNICs. Every limit and every unexpected event has one. */
enum HostCounter {
    UPLINK_RECEIVED("uplink.received"),
    UPLINK_SENT("uplink.sent"),
    /** The uplink port took a frame no more. */
    UPLINK_FULL("uplink.dropped.full"),
    /** A frame without the tag of any segment. */
    UPLINK_UNTAGGED("uplink.dropped.untagged"),
    /** Shorter than an Ethernet header. */
    UPLINK_SHORT("uplink.dropped.short"),
    /** Unicast for nobody here. */
    UPLINK_UNKNOWN("uplink.dropped.unknown"),
    /** For a vNIC that another host enforces. */
    UPLINK_PASSIVE("uplink.dropped.passive"),
    /** A VM port took a frame no more. */
    PORT_FULL("port.dropped.full"),
    /** An engine's answer to an answer to an answer. */
    REPLY_DEPTH("reply.dropped.depth"),
    COMMANDS("commands"),
    COMMANDS_REFUSED_BUSY("commands.refused.busy"),
    COMMAND_FAILURES("commands.failures"),
    LOOP_FAILURES("loop.failures"),
    TUNNELS_ACCEPTED("tunnel.accepted"),
    /** Wrong token, version or greeting. */
    TUNNELS_REFUSED("tunnel.refused"),
    /** More greetings at once than the limit. */
    TUNNELS_OVER_LIMIT("tunnel.refused.limit"),
    ANNOUNCEMENTS("announcements");

    final String text;

    HostCounter(String text) {
        this.text = text;
    }

    /** The counters' values: any thread adds and reads. */
    // Ordinals index the counters of this process; they are neither stored nor sent.
    @SuppressWarnings("EnumOrdinal")
    static final class Values {
        private final AtomicLongArray values = new AtomicLongArray(HostCounter.values().length);

        void add(HostCounter counter) {
            add(counter, 1);
        }

        void add(HostCounter counter, long count) {
            values.getAndAdd(counter.ordinal(), count);
        }

        Map<String, Long> toMap() {
            Map<String, Long> map = new LinkedHashMap<>();
            for (HostCounter counter : HostCounter.values()) {
                map.put(counter.text, values.get(counter.ordinal()));
            }
            return map;
        }
    }
}
