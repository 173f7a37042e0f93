package io.portcullis.datapath.classify;

import io.portcullis.policy.table.RuleTable;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiles each rule table once, for as long as a vNIC has it in force: thousands of vNICs with the same rules share one. Any
 * thread.
 */
public final class CompiledRulesCache {
    private final ConcurrentHashMap<String, Entry> byHash = new ConcurrentHashMap<>();
    private final ReferenceQueue<CompiledRules> unused = new ReferenceQueue<>();

    private static final class Entry extends WeakReference<CompiledRules> {
        private final String hash;

        Entry(CompiledRules rules, ReferenceQueue<CompiledRules> queue) {
            super(rules, queue);
            hash = rules.table().hash();
        }
    }

    /** The rules of this content; compiles them, one table at a time, if nobody has them. */
    public CompiledRules of(RuleTable table) {
        CompiledRules known = known(table.hash());
        return known != null ? known : compile(table);
    }

    private synchronized CompiledRules compile(RuleTable table) {
        CompiledRules known = known(table.hash());
        if (known != null) {
            return known;
        }
        CompiledRules compiled = CompiledRules.of(table);
        byHash.put(table.hash(), new Entry(compiled, unused));
        return compiled;
    }

    private @Nullable CompiledRules known(String hash) {
        for (var cleared = unused.poll(); cleared != null; cleared = unused.poll()) {
            byHash.remove(((Entry) cleared).hash, cleared);
        }
        Entry entry = byHash.get(hash);
        return entry == null ? null : entry.get();
    }

    /** Tables known now. */
    public int count() {
        var _ = known("");
        return byHash.size();
    }
}
