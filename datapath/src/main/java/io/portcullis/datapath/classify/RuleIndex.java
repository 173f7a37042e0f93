package io.portcullis.datapath.classify;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the entry with the least priority that matches a flow. See DESIGN.md. Any number of threads may look up while one
 * writer inserts and deletes; a look-up sees every update whole or not at all.
 */
public final class RuleIndex {
    /** No entry matched. */
    public static final int NONE = Integer.MAX_VALUE;

    /** More entries than these in a slot make a {@link Node} of it. */
    private static final int LEAF = 16;
    /** By so many more a slot may grow before it is made a node, or one planned anew. */
    private static final int GROWTH = 2;

    private static final int CROWD = 4;
    private static final int NODE_CROWD = 3;
    private static final int MAX_TABLES = 8;
    private static final int MAX_NODE_TABLES = 4;
    /** Of the entries of no table, which every look-up comes to. */
    private static final int MAX_REST_TABLES = Node.TABLES;

    private final MaskTable[] tables;
    private volatile long[] rest;

    private RuleIndex(MaskTable[] tables, long[] rest) {
        this.tables = tables;
        this.rest = rest;
    }

    /** Builds the index.
     *
     * @param matches in any order; several may have the same priority: they are one rule's */
    public static RuleIndex of(Collection<FlowMatch> matches) {
        long[] entries = new long[matches.size() * Entries.WORDS];
        int at = 0;
        for (FlowMatch match : matches) {
            match.copyTo(entries, at);
            at += Entries.WORDS;
        }
        return build(Entries.sorted(entries));
    }

    private static RuleIndex build(long[] entries) {
        int count = entries.length / Entries.WORDS;
        int[] members = new int[count];
        for (int i = 0; i < count; i++) {
            members[i] = i * Entries.WORDS;
        }
        List<Masks> plan = new Planner(entries, CROWD, MAX_TABLES, LEAF).plan(members);
        MaskTable[] tables = new MaskTable[plan.size()];
        int[] remaining = members;
        for (int t = 0; t < tables.length; t++) {
            Masks masks = plan.get(t);
            int[] here = Arrays.stream(remaining)
                    .filter(at -> masks.accept(entries, at))
                    .toArray();
            remaining = Arrays.stream(remaining)
                    .filter(at -> !masks.accept(entries, at))
                    .toArray();
            tables[t] = fill(masks, entries, here);
        }
        return new RuleIndex(tables, packed(pick(entries, remaining), MAX_REST_TABLES));
    }

    private static MaskTable fill(Masks masks, long[] entries, int[] members) {
        MaskTable table = new MaskTable(masks, slotBits(members.length));
        int[] sizes = new int[table.slotCount() + 1];
        int[] slotOf = new int[members.length];
        for (int i = 0; i < members.length; i++) {
            slotOf[i] = table.slotOf(entries, members[i]);
            sizes[slotOf[i]]++;
        }
        long[][] slots = new long[table.slotCount()][];
        int[] next = new int[table.slotCount()];
        for (int i = 0; i < members.length; i++) {
            int slot = slotOf[i];
            if (slots[slot] == null) {
                slots[slot] = new long[sizes[slot] * Entries.WORDS];
            }
            System.arraycopy(entries, members[i], slots[slot], next[slot], Entries.WORDS);
            next[slot] += Entries.WORDS;
        }
        for (int slot = 0; slot < slots.length; slot++) {
            if (slots[slot] != null) {
                table.replace(slot, packed(slots[slot], MAX_NODE_TABLES), Entries.priority(slots[slot], 0));
            }
        }
        return table;
    }

    /** Ten to twenty slots for eleven entries: with more, slots and what each array takes beside its entries would be half of the memory. */
    private static int slotBits(int entries) {
        return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, entries - entries / 11 - 1)));
    }

    private static long[] pick(long[] entries, int[] members) {
        long[] picked = new long[members.length * Entries.WORDS];
        for (int i = 0; i < members.length; i++) {
            System.arraycopy(entries, members[i], picked, i * Entries.WORDS, Entries.WORDS);
        }
        return picked;
    }

    private static long[] packed(long[] entries, int maxTables) {
        int count = entries.length / Entries.WORDS;
        if (count <= LEAF || count > Node.MAX_ENTRIES) {
            return entries;
        }
        int[] members = new int[count];
        for (int i = 0; i < count; i++) {
            members[i] = i * Entries.WORDS;
        }
        List<Masks> plan = new Planner(entries, NODE_CROWD, maxTables, LEAF / 2).plan(members);
        return Node.of(entries, plan);
    }

    /** Adds an entry; the caller sees to it that another rule's does not have the same priority. */
    public synchronized void insert(FlowMatch match) {
        long[] entry = match.entry();
        MaskTable table = tableFor(entry);
        if (table == null) {
            rest = with(rest, entry, MAX_REST_TABLES);
            return;
        }
        int slot = table.slotOf(entry, 0);
        table.replace(
                slot, with(table.slot(slot), entry, MAX_NODE_TABLES), Math.min(table.least(slot), match.priority()));
    }

    /** Takes an entry out; nothing happens if it is not there. */
    public synchronized void delete(FlowMatch match) {
        long[] entry = match.entry();
        MaskTable table = tableFor(entry);
        if (table == null) {
            rest = without(rest, entry);
            return;
        }
        int slot = table.slotOf(entry, 0);
        long[] fewer = without(table.slot(slot), entry);
        table.replace(slot, fewer, least(fewer));
    }

    private @Nullable MaskTable tableFor(long[] entry) {
        for (MaskTable table : tables) {
            if (table.masks.accept(entry, 0)) {
                return table;
            }
        }
        return null;
    }

    private static long[] with(long[] content, long[] entry, int maxTables) {
        if (Node.isNode(content)) {
            long[] more = Node.with(content, entry);
            return Node.isOutgrown(more) ? packed(Node.entries(more), maxTables) : more;
        }
        long[] more = Entries.with(content, entry);
        return more.length > LEAF * GROWTH * Entries.WORDS ? packed(more, maxTables) : more;
    }

    private static long[] without(long[] content, long[] entry) {
        if (Node.isNode(content)) {
            return Node.without(content, entry);
        }
        return Entries.without(content, entry);
    }

    private static int least(long[] content) {
        if (Node.isNode(content)) {
            return Node.least(content);
        }
        return content.length == 0 ? MaskTable.EMPTY : Entries.priority(content, 0);
    }

    /** The least priority of all entries that match, or {@link #NONE}. */
    public int find(long addresses, long transport) {
        return find(addresses, transport, 0);
    }

    /** As {@link #find(long, long)}, of the entries whose priority is at least {@code floor}. */
    int find(long addresses, long transport, int floor) {
        long ports = FlowWords.ports(transport);
        int best = NONE;
        for (MaskTable table : tables) {
            int slot = table.slotOf(addresses, transport);
            if (table.least(slot) < best) {
                long[] content = table.slot(slot);
                best = Node.isNode(content)
                        ? inNode(content, addresses, ports, transport, best, floor)
                        : among(content, 0, content.length, addresses, ports, transport, best, floor);
            }
        }
        long[] last = rest;
        return Node.isNode(last)
                ? inNode(last, addresses, ports, transport, best, floor)
                : among(last, 0, last.length, addresses, ports, transport, best, floor);
    }

    private static int inNode(long[] node, long addresses, long ports, long transport, int best, int floor) {
        int header = Node.firstEntry(node);
        int found = best;
        for (int table = 1, end = 1 + ((int) node[0] & Node.TABLES) * 4; table < end; table += 4) {
            if (node[table + 3] >= found) {
                continue;
            }
            long hash = Masks.hash(addresses, transport, node[table], node[table + 1]);
            long place = node[table + 2];
            long slot = node[(int) (place >>> 32) + (int) (hash >>> place)];
            if ((int) (slot >>> 32) < found) {
                int first = header + ((int) slot >>> 12) * Entries.WORDS;
                found = among(
                        node,
                        first,
                        first + ((int) slot & 0xfff) * Entries.WORDS,
                        addresses,
                        ports,
                        transport,
                        found,
                        floor);
            }
        }
        int rest = (int) (node[0] >>> 32);
        return among(node, header, header + rest * Entries.WORDS, addresses, ports, transport, found, floor);
    }

    private static int among(
            long[] entries, int from, int to, long addresses, long ports, long transport, int best, int floor) {
        for (int at = from; at < to; at += Entries.WORDS) {
            int priority = Entries.priority(entries, at);
            if (priority >= best) {
                return best;
            }
            if (Entries.matches(entries, at, addresses, ports, transport) && priority >= floor) {
                return priority;
            }
        }
        return best;
    }

    /** Bytes of the heap that the index takes, all of it. */
    public long bytes() {
        long bytes = HeapSizes.OBJECT + HeapSizes.ofReferences(tables.length) + HeapSizes.ofLongs(rest.length);
        for (MaskTable table : tables) {
            bytes += table.bytes();
        }
        return bytes;
    }
}
