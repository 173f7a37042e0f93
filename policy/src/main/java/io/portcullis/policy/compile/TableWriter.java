package io.portcullis.policy.compile;

import io.portcullis.policy.table.AddressMatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Bytes of a rule table while it is written, big endian; and its address matches by the place of the first of each content. One thread, one use. */
final class TableWriter {
    private static final int FIRST_BYTES = 256;

    private byte[] bytes = new byte[FIRST_BYTES];
    private int size;

    private final List<AddressMatch> matches = new ArrayList<>();
    private final Map<AddressMatch, Integer> byContent = new HashMap<>();
    /** Rules share matches, and to compare large ones by content takes long. */
    private final IdentityHashMap<AddressMatch, Integer> byIdentity = new IdentityHashMap<>();

    int indexOf(AddressMatch match) {
        Integer same = byIdentity.get(match);
        if (same != null) {
            return same;
        }
        int next = matches.size();
        Integer equal = byContent.putIfAbsent(match, next);
        if (equal == null) {
            matches.add(match);
        }
        int index = equal == null ? next : equal;
        byIdentity.put(match, index);
        return index;
    }

    /** Those that were asked for, each content once, in the order of the first question. */
    List<AddressMatch> matches() {
        return matches;
    }

    void writeByte(int value) {
        write(value, Byte.BYTES);
    }

    void writeBoolean(boolean value) {
        write(value ? 1 : 0, Byte.BYTES);
    }

    void writeShort(int value) {
        write(value, Short.BYTES);
    }

    void writeInt(int value) {
        write(value, Integer.BYTES);
    }

    void writeLong(long value) {
        write(value, Long.BYTES);
    }

    private void write(long value, int count) {
        reserve(count);
        for (int shift = (count - 1) * Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            bytes[size++] = (byte) (value >>> shift);
        }
    }

    void write(byte[] content) {
        reserve(content.length);
        System.arraycopy(content, 0, bytes, size, content.length);
        size += content.length;
    }

    private void reserve(int count) {
        if (bytes.length - size < count) {
            bytes = Arrays.copyOf(bytes, Math.max(size + count, bytes.length * 2));
        }
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }
}
