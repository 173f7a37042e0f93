package io.portcullis.policy.compile;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of the tables that were made or read last, by their hash. A table that has just been made goes to several hosts, and one that has just come
 * is stored for each of its vNICs. What was used longest ago is forgotten. Thread-safe.
 */
final class RecentBytes {
    /** Of all tables together; a larger one is not kept. */
    static final long MAX_BYTES = 32L << 20;

    private final Map<String, byte[]> byHash = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    synchronized void put(String hash, byte[] content) {
        byte[] before = byHash.put(hash, content);
        bytes += content.length - (before == null ? 0 : before.length);
        Iterator<byte[]> oldest = byHash.values().iterator();
        while (bytes > MAX_BYTES) {
            bytes -= oldest.next().length;
            oldest.remove();
        }
    }

    synchronized byte @Nullable [] get(String hash) {
        return byHash.get(hash);
    }
}
