package io.portcullis.ports.memory;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Joins the uplinks: learns (VLAN, MAC) → uplink from source addresses, forwards to the learned uplink, floods what is unknown or
 * for a group. Never back to where a frame came from. The fabric's thread only.
 */
final class LearningSwitch {
    static final int MAX_ADDRESSES = 65_536;

    private static final int SHORTEST_FRAME_BYTES = 14;
    private static final int VLAN_TAG = 0x8100;

    private final Map<String, FabricConnection> uplinks = new LinkedHashMap<>();
    private final Map<Long, FabricConnection> learned = new HashMap<>();
    private long runts;

    boolean hasUplink(String name) {
        return uplinks.containsKey(name);
    }

    void add(String name, FabricConnection uplink) {
        uplinks.put(name, uplink);
    }

    void remove(String name) {
        FabricConnection uplink = uplinks.remove(name);
        learned.values().removeIf(where -> where == uplink);
    }

    Collection<String> uplinkNames() {
        return uplinks.keySet();
    }

    Collection<FabricConnection> uplinks() {
        return uplinks.values();
    }

    long runts() {
        return runts;
    }

    /** Calls {@code out} for every uplink that is to get the frame. */
    void forward(FabricConnection from, byte[] frame, BiConsumer<FabricConnection, byte[]> out) {
        if (frame.length < SHORTEST_FRAME_BYTES) {
            runts++;
            return;
        }
        long vlan = vlan(frame);
        long source = mac(frame, 6);
        if (!isGroup(source) && (learned.size() < MAX_ADDRESSES || learned.containsKey(vlan << 48 | source))) {
            learned.put(vlan << 48 | source, from);
        }
        long destination = mac(frame, 0);
        @Nullable FabricConnection known = isGroup(destination) ? null : learned.get(vlan << 48 | destination);
        if (known != null) {
            if (known != from) {
                out.accept(known, frame);
            }
            return;
        }
        for (FabricConnection uplink : uplinks.values()) {
            if (uplink != from) {
                out.accept(uplink, frame);
            }
        }
    }

    private static boolean isGroup(long mac) {
        return (mac >>> 40 & 1) != 0;
    }

    private static long vlan(byte[] frame) {
        boolean tagged =
                frame.length >= SHORTEST_FRAME_BYTES + 4 && ((frame[12] & 0xff) << 8 | (frame[13] & 0xff)) == VLAN_TAG;
        return tagged ? (frame[14] & 0x0f) << 8 | (frame[15] & 0xff) : 0;
    }

    private static long mac(byte[] frame, int at) {
        long mac = 0;
        for (int i = 0; i < 6; i++) {
            mac = mac << 8 | (frame[at + i] & 0xff);
        }
        return mac;
    }
}
