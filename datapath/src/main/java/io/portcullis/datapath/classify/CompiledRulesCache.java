package io.portcullis.datapath.classify;

import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiles each rule table once, for as long as a vNIC has it in force: thousands of vNICs with the same rules share one. A table
 * in which little but members of groups is different from one with the same rules shares the index with that. Any thread.
 */
public final class CompiledRulesCache {
    private final ConcurrentHashMap<String, Entry> byHash = new ConcurrentHashMap<>();
    /** The latest of those with the same rule ids, which the next one may differ little from. */
    private final ConcurrentHashMap<Long, Entry> latestByIds = new ConcurrentHashMap<>();

    private final ReferenceQueue<CompiledRules> unused = new ReferenceQueue<>();

    private static final class Entry extends WeakReference<CompiledRules> {
        private final String hash;
        private final long ids;

        Entry(CompiledRules rules, long ids, ReferenceQueue<CompiledRules> queue) {
            super(rules, queue);
            hash = rules.table().hash();
            this.ids = ids;
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
        long ids = ids(table);
        Entry latest = latestByIds.get(ids);
        CompiledRules before = latest == null ? null : latest.get();
        CompiledRules compiled = before == null ? CompiledRules.of(table) : CompiledRules.after(before, table);
        Entry entry = new Entry(compiled, ids, unused);
        byHash.put(table.hash(), entry);
        latestByIds.put(ids, entry);
        return compiled;
    }

    /** Of tables with the same rules this is most often the same. */
    private static long ids(RuleTable table) {
        long mixed = table.rules().size();
        for (TableRule rule : table.rules()) {
            mixed = (mixed ^ rule.id()) * 0x9e37_79b9_7f4a_7c15L;
            mixed ^= mixed >>> 32;
        }
        return mixed;
    }

    private @Nullable CompiledRules known(String hash) {
        for (var cleared = unused.poll(); cleared != null; cleared = unused.poll()) {
            byHash.remove(((Entry) cleared).hash, cleared);
            latestByIds.remove(((Entry) cleared).ids, cleared);
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
