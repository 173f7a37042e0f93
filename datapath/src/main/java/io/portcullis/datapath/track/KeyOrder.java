package io.portcullis.datapath.track;

import java.util.Arrays;

/**
 * The order of connections in chunks: IPv4 before IPv6, then by the address and port at the other end, then by the VM's own. It
 * is the same on every host, and makes small steps of addresses. Sorts 32 bits at a time, those that are equal by the next ones.
 */
final class KeyOrder {
    private static final int LEVELS = 10;
    /** IPv4 addresses have nothing above. */
    private static final int IPV4_LEVEL = 3;

    private final ConnectionTable table;
    private final FlowKey key = new FlowKey();

    private KeyOrder(ConnectionTable table) {
        this.table = table;
    }

    /** The slots of all connections whose time is not over. */
    static int[] slots(ConnectionTable table, long nowNanos) {
        long[] items = new long[table.count()];
        int ipv4 = 0;
        int ipv6 = items.length;
        for (int slot = table.next(0); slot != ConnectionTable.NONE; slot = table.next(slot + 1)) {
            if (!table.isExpired(slot, nowNanos)) {
                items[FlowKey.isIpv6(table.word(slot)) ? --ipv6 : ipv4++] = slot;
            }
        }
        return sorted(table, items, ipv4, ipv6);
    }

    /** The same slots. */
    static int[] sorted(ConnectionTable table, int[] slots) {
        long[] items = new long[slots.length];
        int ipv4 = 0;
        int ipv6 = items.length;
        for (int slot : slots) {
            items[FlowKey.isIpv6(table.word(slot)) ? --ipv6 : ipv4++] = slot;
        }
        return sorted(table, items, ipv4, ipv6);
    }

    /** Items below {@code ipv4} and from {@code ipv6} on. */
    private static int[] sorted(ConnectionTable table, long[] items, int ipv4, int ipv6) {
        KeyOrder order = new KeyOrder(table);
        order.sort(items, 0, ipv4, IPV4_LEVEL);
        order.sort(items, ipv6, items.length, 0);
        int[] slots = new int[ipv4 + (items.length - ipv6)];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = (int) items[i < ipv4 ? i : ipv6 + (i - ipv4)];
        }
        return slots;
    }

    /** Items hold a slot in the lower half. */
    private void sort(long[] items, int from, int to, int level) {
        if (to - from < 2 || level == LEVELS) {
            return;
        }
        for (int i = from; i < to; i++) {
            int slot = (int) items[i];
            // so that signed comparisons see unsigned parts
            items[i] = (long) (part(slot, level) ^ Integer.MIN_VALUE) << 32 | slot;
        }
        Arrays.sort(items, from, to);
        int start = from;
        for (int i = from + 1; i <= to; i++) {
            if (i == to || items[i] >> 32 != items[start] >> 32) {
                sort(items, start, i, level + 1);
                start = i;
            }
        }
    }

    private int part(int slot, int level) {
        table.key(slot, key);
        boolean isOutbound = table.hasFlag(slot, Entry.OUTBOUND);
        boolean isLocalLower = isOutbound == table.hasFlag(slot, Entry.FROM_LOWER);
        long remoteHigh = isLocalLower ? key.upperHigh : key.lowerHigh;
        long remoteLow = isLocalLower ? key.upperLow : key.lowerLow;
        int ports = (int) key.word;
        return switch (level) {
            case 0 -> (int) (remoteHigh >>> 32);
            case 1 -> (int) remoteHigh;
            case 2 -> (int) (remoteLow >>> 32);
            case 3 -> (int) remoteLow;
            case 4 -> isLocalLower ? Integer.rotateLeft(ports, 16) : ports;
            case 5 -> (int) (key.word >>> 32);
            case 6 -> (int) ((isLocalLower ? key.lowerHigh : key.upperHigh) >>> 32);
            case 7 -> (int) (isLocalLower ? key.lowerHigh : key.upperHigh);
            case 8 -> (int) ((isLocalLower ? key.lowerLow : key.upperLow) >>> 32);
            default -> (int) (isLocalLower ? key.lowerLow : key.upperLow);
        };
    }
}
