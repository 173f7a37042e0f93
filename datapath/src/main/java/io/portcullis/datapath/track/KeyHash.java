package io.portcullis.datapath.track;

import java.security.SecureRandom;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Secret hash of a connection's key: multilinear hashing (Carter and Wegman 1979; Lemire and Kaser, "Strongly universal string
 * hashing is fast", 2014). Each word of the key is multiplied by 128 secret bits of its own, modulo 2^128, and the upper halves
 * are summed; a bijection then spreads the sum over all bits. Immutable, for any thread.
 *
 * <p>Two different keys of one family have hashes that are as good as independent of each other, whoever chose the keys, so long
 * as he does not know the secret: no set of connections can be made up that collides more often than chance has it. (The carries
 * of the lower halves are left out, which makes the sum smaller by less than the number of words.) A keyed pseudo-random function
 * such as SipHash would also stand one who sees hashes; nobody sees any, and it takes five times as many instructions.
 */
final class KeyHash {
    private static final long SPREAD = 0xbf58_476d_1ce4_e5b9L;

    private final long start;
    private final long high0;
    private final long low0;
    private final long high1;
    private final long low1;

    // ---- the same for IPv6 ----
    private final long start6;
    private final long[] high6 = new long[5];
    private final long[] low6 = new long[5];

    private KeyHash(LongSupplier random) {
        start = random.getAsLong();
        high0 = random.getAsLong();
        low0 = random.getAsLong();
        high1 = random.getAsLong();
        low1 = random.getAsLong();
        start6 = random.getAsLong();
        for (int word = 0; word < high6.length; word++) {
            high6[word] = random.getAsLong();
            low6[word] = random.getAsLong();
        }
    }

    /** With a secret of its own. */
    static KeyHash secret() {
        return new KeyHash(new SecureRandom()::nextLong);
    }

    /** No secret: for tests that need the same hashes each time. */
    static KeyHash ofSeed(long seed) {
        return new KeyHash(new SplittableRandom(seed)::nextLong);
    }

    /** Of an IPv4 key: {@link FlowKey#addresses} and {@link FlowKey#word}. */
    long of(long addresses, long word) {
        return spread(start
                + Math.unsignedMultiplyHigh(low0, addresses)
                + high0 * addresses
                + Math.unsignedMultiplyHigh(low1, word)
                + high1 * word);
    }

    /** Of an IPv6 key: its four halves of addresses and its word. */
    long of(long lowerHigh, long lowerLow, long upperHigh, long upperLow, long word) {
        return spread(start6
                + part(0, lowerHigh)
                + part(1, lowerLow)
                + part(2, upperHigh)
                + part(3, upperLow)
                + part(4, word));
    }

    /** The upper half of a word's product with its 128 bits. */
    private long part(int place, long word) {
        return Math.unsignedMultiplyHigh(low6[place], word) + high6[place] * word;
    }

    /** A bijection: what is different stays so. */
    private static long spread(long sum) {
        long mixed = (sum ^ (sum >>> 32)) * SPREAD;
        return mixed ^ (mixed >>> 29);
    }
}
