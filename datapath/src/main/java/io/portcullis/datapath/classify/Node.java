package io.portcullis.datapath.classify;

import java.util.Arrays;
import java.util.List;

/**
 * A crowded slot: small hash tables and the entries themselves in one array, so that one or two cache lines lead to the
 * right ones. Its length is 1 above a multiple of {@link Entries#WORDS}, by which it is told from plain entries.
 *
 * <pre>
 * word 0        tables (3 bits), size class (5), words before the entries (24), entries of no table, which come first (32,
 *               above)
 * 4 per table   mask of the addresses, mask of the transport, first slot (32, above) and shift, least priority
 * 1 per slot    least priority (32, above), first entry (20), number of entries (12)
 * entries       of no table, then slot by slot, each group sorted by priority
 * </pre>
 *
 * <p>The size class says when the tables are too small: at two to the power of it, which is two to four times the entries that
 * they were planned for. So neither an entry that comes and goes nor entries that no table can tell apart have them planned
 * again and again.
 */
final class Node {
    static final int MAX_ENTRIES = 1 << 20;
    static final int TABLES = 0x7;
    private static final int CLASS_SHIFT = 3;
    private static final int CLASS = 0x1f;
    private static final int MAX_GROUP = (1 << 12) - 1;
    private static final int TABLE_WORDS = 4;
    /** In place of the word of a slot: the entries of no table. */
    private static final int REST = 0;

    private Node() {}

    static boolean isNode(long[] slot) {
        return (slot.length & 1) != 0;
    }

    static int firstEntry(long[] node) {
        return (int) (node[0] >>> 8 & 0xff_ffff);
    }

    /** Builds the node; groups that are too large stay outside of the tables. */
    static long[] of(long[] entries, List<Masks> plan) {
        int count = entries.length / Entries.WORDS;
        int[] table = new int[count];
        int[] inTable = new int[plan.size()];
        for (int i = 0; i < count; i++) {
            table[i] = tableOf(plan, entries, i * Entries.WORDS);
            if (table[i] >= 0) {
                inTable[table[i]]++;
            }
        }
        int tables = plan.size();
        int header = 1 + TABLE_WORDS * tables;
        int[] base = new int[tables];
        int[] bits = new int[tables];
        for (int t = 0; t < tables; t++) {
            base[t] = header;
            bits[t] = Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, inTable[t] - 1)));
            header += 1 << bits[t];
        }
        while (header % Entries.WORDS != 1) {
            header++;
        }
        return fill(entries, plan, table, base, bits, header);
    }

    private static int tableOf(List<Masks> plan, long[] entries, int at) {
        for (int t = 0; t < plan.size(); t++) {
            if (plan.get(t).accept(entries, at)) {
                return t;
            }
        }
        return -1;
    }

    private static long[] fill(long[] entries, List<Masks> plan, int[] table, int[] base, int[] bits, int header) {
        int count = table.length;
        int[] slot = new int[count];
        int[] sizes = new int[header];
        for (int i = 0; i < count; i++) {
            int t = table[i];
            slot[i] = t < 0
                    ? 0
                    : base[t] + (int) (plan.get(t).hashOf(entries, i * Entries.WORDS) >>> (Long.SIZE - bits[t]));
            if (++sizes[slot[i]] > MAX_GROUP && slot[i] != 0) {
                slot[i] = 0;
                sizes[0]++;
            }
        }
        long[] node = new long[header + count * Entries.WORDS];
        int[] next = new int[header];
        int start = sizes[0];
        for (int s = plan.size() * TABLE_WORDS + 1; s < header; s++) {
            next[s] = start;
            int size = Math.min(sizes[s], MAX_GROUP);
            node[s] = (long) MaskTable.EMPTY << 32 | (long) start << 12 | size;
            start += size;
        }
        for (int t = 0; t < plan.size(); t++) {
            int at = 1 + t * TABLE_WORDS;
            node[at] = plan.get(t).addresses();
            node[at + 1] = plan.get(t).transport();
            node[at + 2] = (long) base[t] << 32 | (Long.SIZE - bits[t]);
            node[at + 3] = MaskTable.EMPTY;
        }
        for (int i = 0; i < count; i++) {
            int s = slot[i];
            int to = next[s]++;
            System.arraycopy(entries, i * Entries.WORDS, node, header + to * Entries.WORDS, Entries.WORDS);
            if (s != 0) {
                int priority = Entries.priority(entries, i * Entries.WORDS);
                if ((int) (node[s] >>> 32) > priority) {
                    node[s] = (long) priority << 32 | (node[s] & 0xffff_ffffL);
                }
                int atLeast = 4 + table[i] * TABLE_WORDS;
                node[atLeast] = Math.min(node[atLeast], priority);
            }
        }
        int sizeClass = Integer.SIZE + 1 - Integer.numberOfLeadingZeros(count);
        node[0] = (long) sizes[0] << 32 | (long) header << 8 | (long) sizeClass << CLASS_SHIFT | plan.size();
        return node;
    }

    /** A copy with one more entry; the tables stay as they were planned. */
    static long[] with(long[] node, long[] entry) {
        int slot = slotOf(node, entry);
        if (slot != REST && sizeOf(node, slot) == MAX_GROUP) {
            slot = REST;
        }
        int header = firstEntry(node);
        int priority = Entries.priority(entry, 0);
        int at = firstOf(node, slot);
        int end = at + sizeOf(node, slot);
        while (at < end && Entries.priority(node, header + at * Entries.WORDS) <= priority) {
            at++;
        }
        int word = header + at * Entries.WORDS;
        long[] more = Arrays.copyOf(node, node.length + Entries.WORDS);
        System.arraycopy(node, word, more, word + Entries.WORDS, node.length - word);
        System.arraycopy(entry, 0, more, word, Entries.WORDS);
        resize(more, slot, 1);
        return more;
    }

    /** A copy without the entry, or the node itself if it is not there. */
    static long[] without(long[] node, long[] entry) {
        int slot = slotOf(node, entry);
        int at = placeOf(node, slot, entry);
        if (at < 0) {
            slot = REST;
            at = placeOf(node, slot, entry);
        }
        if (at < 0) {
            return node;
        }
        int word = firstEntry(node) + at * Entries.WORDS;
        long[] fewer = Arrays.copyOf(node, node.length - Entries.WORDS);
        System.arraycopy(node, word + Entries.WORDS, fewer, word, fewer.length - word);
        resize(fewer, slot, -1);
        return fewer;
    }

    /** The word of the slot that an entry belongs to, or {@link #REST}. */
    private static int slotOf(long[] node, long[] entry) {
        for (int t = 0, tables = (int) node[0] & TABLES; t < tables; t++) {
            int at = 1 + t * TABLE_WORDS;
            Masks masks = new Masks(node[at], node[at + 1]);
            if (masks.accept(entry, 0)) {
                return (int) (node[at + 2] >>> 32) + (int) (masks.hashOf(entry, 0) >>> node[at + 2]);
            }
        }
        return REST;
    }

    private static int sizeOf(long[] node, int slot) {
        return slot == REST ? (int) (node[0] >>> 32) : (int) node[slot] & MAX_GROUP;
    }

    private static int firstOf(long[] node, int slot) {
        return slot == REST ? 0 : (int) node[slot] >>> 12;
    }

    /** Place among all entries, or -1. */
    private static int placeOf(long[] node, int slot, long[] entry) {
        int header = firstEntry(node);
        for (int at = firstOf(node, slot), end = at + sizeOf(node, slot); at < end; at++) {
            int word = header + at * Entries.WORDS;
            if (Arrays.equals(node, word, word + Entries.WORDS, entry, 0, Entries.WORDS)) {
                return at;
            }
        }
        return -1;
    }

    /** After an entry came into a slot or left it: its size, where those behind it begin, and what is least. */
    private static void resize(long[] node, int slot, int change) {
        int header = firstEntry(node);
        int tables = (int) node[0] & TABLES;
        if (slot == REST) {
            node[0] += (long) change << 32;
        } else {
            node[slot] += change;
        }
        int from = slot == REST ? 1 + tables * TABLE_WORDS : slot + 1;
        for (int s = from; s < header; s++) {
            node[s] += (long) change << 12;
        }
        if (slot == REST) {
            return;
        }
        long least = sizeOf(node, slot) == 0
                ? MaskTable.EMPTY
                : Entries.priority(node, header + firstOf(node, slot) * Entries.WORDS);
        node[slot] = least << 32 | (node[slot] & 0xffff_ffffL);
        for (int t = 0; t < tables; t++) {
            int base = (int) (node[1 + t * TABLE_WORDS + 2] >>> 32);
            int slots = 1 << (Long.SIZE - (int) node[1 + t * TABLE_WORDS + 2]);
            if (slot >= base && slot < base + slots) {
                node[1 + t * TABLE_WORDS + 3] = leastOf(node, base, slots);
            }
        }
    }

    private static long leastOf(long[] node, int base, int slots) {
        long least = MaskTable.EMPTY;
        for (int s = base; s < base + slots; s++) {
            least = Math.min(least, node[s] >>> 32);
        }
        return least;
    }

    /** The entries, sorted by priority. */
    static long[] entries(long[] node) {
        return Entries.sorted(Arrays.copyOfRange(node, firstEntry(node), node.length));
    }

    /** Whether it has outgrown its tables. */
    static boolean isOutgrown(long[] node) {
        return count(node) >= 1 << ((int) node[0] >>> CLASS_SHIFT & CLASS);
    }

    static int count(long[] node) {
        return (node.length - firstEntry(node)) / Entries.WORDS;
    }

    static int least(long[] node) {
        long least = MaskTable.EMPTY;
        for (int t = 0, tables = (int) node[0] & TABLES; t < tables; t++) {
            least = Math.min(least, node[4 + t * TABLE_WORDS]);
        }
        boolean hasRest = node[0] >>> 32 != 0;
        return (int) (hasRest ? Math.min(least, Entries.priority(node, firstEntry(node))) : least);
    }
}
