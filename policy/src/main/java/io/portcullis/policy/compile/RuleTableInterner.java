package io.portcullis.policy.compile;

import io.portcullis.policy.table.RuleTable;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one object for every rule table content, for as long as somebody uses it, so that thousands of vNICs with the same
 * policy share one table. Any thread.
 */
public final class RuleTableInterner {
    private final ConcurrentHashMap<String, Entry> tables = new ConcurrentHashMap<>();
    private final ReferenceQueue<RuleTable> unused = new ReferenceQueue<>();

    private static final class Entry extends WeakReference<RuleTable> {
        private final String hash;

        Entry(RuleTable table, ReferenceQueue<RuleTable> queue) {
            super(table, queue);
            hash = table.hash();
        }
    }

    /** The one table with this content: the given one, unless there was one before. */
    public RuleTable intern(RuleTable table) {
        forgetUnused();
        Entry fresh = new Entry(table, unused);
        while (true) {
            Entry entry = tables.putIfAbsent(table.hash(), fresh);
            @Nullable RuleTable known = entry == null ? table : entry.get();
            if (known != null) {
                return known;
            }
            tables.remove(table.hash(), entry);
        }
    }

    /** Contents known now. */
    public int count() {
        forgetUnused();
        return tables.size();
    }

    private void forgetUnused() {
        for (var cleared = unused.poll(); cleared != null; cleared = unused.poll()) {
            tables.remove(((Entry) cleared).hash, cleared);
        }
    }
}
