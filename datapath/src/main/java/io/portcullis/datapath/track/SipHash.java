package io.portcullis.datapath.track;

/**
 * SipHash-1-3 (Aumasson, Bernstein 2012; reduced rounds as in Linux's hsiphash family) over the words of a connection's key: without the secret
 * nobody can choose connections that collide.
 */
final class SipHash {
    private SipHash() {}

    private static final long INITIAL_0 = 0x736f6d6570736575L;
    private static final long INITIAL_1 = 0x646f72616e646f6dL;
    private static final long INITIAL_2 = 0x6c7967656e657261L;
    private static final long INITIAL_3 = 0x7465646279746573L;
    /** Keeps messages of five words apart from those of two. */
    private static final long FIVE_WORDS = 40L << 56;

    /**
     * Of two words. No block with the length as in the paper: all messages of two words have the same one, and those of five
     * begin from another state.
     */
    static long hash(long key0, long key1, long w0, long w1) {
        long v0 = key0 ^ INITIAL_0;
        long v1 = key1 ^ INITIAL_1;
        long v2 = key0 ^ INITIAL_2;
        long v3 = key1 ^ INITIAL_3;
        for (int i = 0; i < 5; i++) {
            long word = i == 0 ? w0 : i == 1 ? w1 : 0;
            v3 ^= word;
            v2 ^= i == 2 ? 0xff : 0;
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= word;
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /**
     * {@link #hash(long, long, long, long)} of many messages. The rounds are written out and nothing branches, so that the
     * compiler makes vectors of it.
     */
    static void hashAll(long key0, long key1, long[] w0, long[] w1, long[] hashes, int count) {
        long initial0 = key0 ^ INITIAL_0;
        long initial1 = key1 ^ INITIAL_1;
        long initial2 = key0 ^ INITIAL_2;
        long initial3 = key1 ^ INITIAL_3;
        for (int i = 0; i < count; i++) {
            long first = w0[i];
            long second = w1[i];
            long v0 = initial0;
            long v1 = initial1;
            long v2 = initial2;
            long v3 = initial3 ^ first;
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32) + v3;
            v2 += v1;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= first;
            v3 ^= second;
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32) + v3;
            v2 += v1;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= second;
            v2 ^= 0xff;
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32) + v3;
            v2 += v1;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32) + v3;
            v2 += v1;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32) + v3;
            v2 += v1;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            hashes[i] = v0 ^ v1 ^ v2 ^ v3;
        }
    }

    /** Of five words. */
    static long hash(long key0, long key1, long w0, long w1, long w2, long w3, long w4) {
        long v0 = key0 ^ INITIAL_0;
        long v1 = key1 ^ INITIAL_1;
        long v2 = key0 ^ INITIAL_2;
        long v3 = key1 ^ INITIAL_3 ^ FIVE_WORDS;
        for (int i = 0; i < 6; i++) {
            long word = switch (i) {
                case 0 -> w0;
                case 1 -> w1;
                case 2 -> w2;
                case 3 -> w3;
                case 4 -> w4;
                default -> FIVE_WORDS;
            };
            v3 ^= word;
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= word;
        }
        v2 ^= 0xff;
        for (int i = 0; i < 3; i++) {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
