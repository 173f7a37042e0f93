package io.portcullis.policy.model;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A sorted map by name that never changes: {@link #with} and {@link #without} give another one, which shares all but a path of
 * about log n nodes with this one. What two maps share costs nothing when they are compared. Any thread.
 */
// what is shared is told by reference; SortedMap is what models say that they have
@SuppressWarnings({"ReferenceEquality", "JdkObsolete"})
public final class NameMap<V> extends AbstractMap<String, V> implements SortedMap<String, V> {
    private static final NameMap<?> EMPTY = new NameMap<>(null, null, null);

    private final @Nullable NameTree<V> root;
    private final @Nullable Keys<? super V> keys;
    /** How often the values have each key; null until somebody asks. Threads may race to set it to equal maps. */
    private @Nullable NameMap<Integer> counts;

    /** Tells by which keys a value can be counted, and how often it has each: addresses that it claims, things that it refers to. */
    @FunctionalInterface
    interface Keys<V> {
        void of(V value, ObjIntConsumer<String> consumer);
    }

    /** Takes what is different between two maps; {@code before} or {@code after} is null where the name is in one of them only. */
    @FunctionalInterface
    public interface Differences<V> {
        void accept(String name, @Nullable V before, @Nullable V after);
    }

    private NameMap(@Nullable NameTree<V> root, @Nullable Keys<? super V> keys, @Nullable NameMap<Integer> counts) {
        this.root = root;
        this.keys = keys;
        this.counts = counts;
    }

    @Nullable
    NameTree<V> root() {
        return root;
    }

    @SuppressWarnings("unchecked") // nobody can put anything into it
    public static <V> NameMap<V> empty() {
        return (NameMap<V>) EMPTY;
    }

    /** The very map if it is one of this kind, else one with the same entries; linear in them then. */
    public static <V> NameMap<V> copyOf(Map<String, V> map) {
        return map instanceof NameMap<V> same ? same : of(treeOf(map));
    }

    /** The same, with values that can be counted by these keys. */
    static <V> NameMap<V> copyOf(Map<String, V> map, Keys<? super V> keys) {
        return map instanceof NameMap<V> same && same.keys == keys ? same : new NameMap<>(copyOf(map).root, keys, null);
    }

    private static <V> @Nullable NameTree<V> treeOf(Map<String, V> map) {
        boolean inOrder = map instanceof SortedMap<String, V> sorted && sorted.comparator() == null;
        List<Map.Entry<String, V>> entries = new ArrayList<>((inOrder ? map : new TreeMap<>(map)).entrySet());
        return NameTree.balanced(entries, 0, entries.size());
    }

    private static <V> NameMap<V> of(@Nullable NameTree<V> root) {
        return root == null ? empty() : new NameMap<>(root, null, null);
    }

    /** The same map with this value for this name; the very map if it has that object already. */
    public NameMap<V> with(String name, V value) {
        NameTree<V> next = NameTree.with(root, name, value);
        return next == root ? this : new NameMap<>(next, keys, recounted(get(name), value));
    }

    /** The same map without this name; the very map if it does not have it. */
    public NameMap<V> without(String name) {
        NameTree<V> next = NameTree.without(root, name);
        return next == root ? this : new NameMap<>(next, keys, recounted(get(name), null));
    }

    // ---- keys

    /** Whether {@link #count} knows the keys, in the maps that come from this one too. */
    boolean isCounted() {
        return counts != null;
    }

    /** Counts the keys of all values once; maps that come from this one then count what is different only. */
    void countKeys() {
        if (counts == null) {
            Map<String, Integer> all = new HashMap<>();
            values().forEach(value -> addKeys(value, 1, all));
            counts = copyOf(all);
        }
    }

    /** The same map, that has not counted its keys. */
    NameMap<V> uncounted() {
        return counts == null ? this : new NameMap<>(root, keys, null);
    }

    /** How often the values have this key; throws {@link IllegalStateException} where keys are not counted. */
    int count(String key) {
        if (counts == null) {
            throw new IllegalStateException("the keys are not counted");
        }
        Integer count = counts.get(key);
        return count == null ? 0 : count;
    }

    /** As {@link #count}; keys that are not counted are, first. */
    int total(String key) {
        countKeys();
        return count(key);
    }

    private @Nullable NameMap<Integer> recounted(@Nullable V before, @Nullable V after) {
        if (counts == null) {
            return null;
        }
        Map<String, Integer> more = new HashMap<>();
        if (before != null) {
            addKeys(before, -1, more);
        }
        if (after != null) {
            addKeys(after, 1, more);
        }
        NameMap<Integer> next = counts;
        for (Map.Entry<String, Integer> change : more.entrySet()) {
            if (change.getValue() != 0) {
                int count = count(change.getKey()) + change.getValue();
                next = count == 0 ? next.without(change.getKey()) : next.with(change.getKey(), count);
            }
        }
        return next;
    }

    private void addKeys(V value, int sign, Map<String, Integer> sum) {
        if (keys != null) {
            keys.of(value, (key, count) -> sum.merge(key, sign * count, Integer::sum));
        }
    }

    // ---- the rest of a map

    /** Tells the names whose values are not equal, in order; what both maps share is passed over as a whole. */
    public static <V> void compare(NameMap<V> before, NameMap<V> after, Differences<? super V> differences) {
        NameTree.compare(before.root, after.root, differences);
    }

    @Override
    public @Nullable V get(Object key) {
        NameTree<V> found = key instanceof String name ? NameTree.find(root, name) : null;
        return found == null ? null : found.value();
    }

    @Override
    public boolean containsKey(Object key) {
        return key instanceof String name && NameTree.find(root, name) != null;
    }

    @Override
    public int size() {
        return NameTree.sizeOf(root);
    }

    @Override
    public @Nullable Comparator<? super String> comparator() {
        return null;
    }

    @Override
    public NameMap<V> subMap(String from, String to) {
        if (from.compareTo(to) > 0) {
            throw new IllegalArgumentException("'" + from + "' comes after '" + to + "'");
        }
        return of(NameTree.below(NameTree.from(root, from), to));
    }

    @Override
    public NameMap<V> headMap(String to) {
        return of(NameTree.below(root, to));
    }

    @Override
    public NameMap<V> tailMap(String from) {
        return of(NameTree.from(root, from));
    }

    @Override
    public String firstKey() {
        return entrySet().iterator().next().getKey();
    }

    @Override
    public String lastKey() {
        NameTree<V> last = root;
        while (last != null && last.right() != null) {
            last = last.right();
        }
        if (last == null) {
            throw new NoSuchElementException("the map is empty");
        }
        return last.name();
    }

    @Override
    public Set<Entry<String, V>> entrySet() {
        return new Entries();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof NameMap<?> map)) {
            return super.equals(other);
        }
        return NameTree.equal(root, map.root);
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }

    private final class Entries extends AbstractSet<Entry<String, V>> {
        @Override
        public Iterator<Entry<String, V>> iterator() {
            return new InOrder<>(root);
        }

        @Override
        public int size() {
            return NameMap.this.size();
        }
    }

    private static final class InOrder<V> implements Iterator<Entry<String, V>> {
        private final Deque<NameTree<V>> path = new ArrayDeque<>();

        InOrder(@Nullable NameTree<V> root) {
            descend(root);
        }

        private void descend(@Nullable NameTree<V> tree) {
            for (NameTree<V> next = tree; next != null; next = next.left()) {
                path.push(next);
            }
        }

        @Override
        public boolean hasNext() {
            return !path.isEmpty();
        }

        @Override
        public Entry<String, V> next() {
            NameTree<V> tree = path.pop();
            descend(tree.right());
            return Map.entry(tree.name(), tree.value());
        }
    }
}
