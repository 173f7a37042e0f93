package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The written-out rounds against SipHash as the paper has it, which the paper's own example vouches for. */
class SipHashTest {
    private static final int HASHES = 20_000;
    private static final int NIGHTLY_HASHES = 100_000_000;
    private static final int AT_ONCE = 64;

    /** SipHash-c-d of Aumasson and Bernstein, section 2, over whole words. */
    private static final class Paper {
        private final int compressionRounds;
        private final int finalRounds;
        private final long[] v;

        Paper(int compressionRounds, int finalRounds, long key0, long key1) {
            this.compressionRounds = compressionRounds;
            this.finalRounds = finalRounds;
            v = new long[] {
                key0 ^ 0x736f6d6570736575L,
                key1 ^ 0x646f72616e646f6dL,
                key0 ^ 0x6c7967656e657261L,
                key1 ^ 0x7465646279746573L
            };
        }

        long hash(long... words) {
            for (long word : words) {
                v[3] ^= word;
                rounds(compressionRounds);
                v[0] ^= word;
            }
            v[2] ^= 0xff;
            rounds(finalRounds);
            return v[0] ^ v[1] ^ v[2] ^ v[3];
        }

        private void rounds(int count) {
            for (int i = 0; i < count; i++) {
                half(0, 1, 13, true);
                half(2, 3, 16, false);
                half(0, 3, 21, false);
                half(2, 1, 17, true);
            }
        }

        private void half(int a, int b, int bits, boolean turns) {
            v[a] += v[b];
            v[b] = Long.rotateLeft(v[b], bits) ^ v[a];
            if (turns) {
                v[a] = Long.rotateLeft(v[a], 32);
            }
        }
    }

    @Test
    void shouldCompareWithWhatThePaperCallsSipHash() {
        byte[] message = new byte[16];
        byte[] key = new byte[16];
        for (int i = 0; i < 16; i++) {
            key[i] = (byte) i;
            message[i] = (byte) i;
        }
        // appendix A: 15 bytes, whose number is in the last one's place
        message[15] = 15;
        ByteBuffer keys = ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer words = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        long hash = new Paper(2, 4, keys.getLong(0), keys.getLong(8)).hash(words.getLong(0), words.getLong(8));
        assertThat(hash).isEqualTo(0xa129ca6149be45e5L);
    }

    @Test
    void shouldHashAsThePaperDoes() {
        compare(HASHES);
    }

    @Test
    @Tag("nightly")
    void shouldHashAHundredMillionKeysAsThePaperDoes() {
        compare(NIGHTLY_HASHES);
    }

    private static void compare(int hashes) {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("SipHashTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        long[] first = new long[AT_ONCE];
        long[] second = new long[AT_ONCE];
        long[] found = new long[AT_ONCE];
        for (int done = 0; done < hashes; done += AT_ONCE) {
            long key0 = random.nextLong();
            long key1 = random.nextLong();
            for (int i = 0; i < AT_ONCE; i++) {
                first[i] = random.nextLong();
                second[i] = random.nextLong();
            }
            SipHash.hashAll(key0, key1, first, second, found, AT_ONCE);
            for (int i = 0; i < AT_ONCE; i++) {
                long expected = new Paper(1, 3, key0, key1).hash(first[i], second[i]);
                boolean isSame = found[i] == expected && SipHash.hash(key0, key1, first[i], second[i]) == expected;
                assertThat(isSame).as("seed %d, two words", seed).isTrue();
            }
            long[] five = {first[0], second[0], first[1], second[1], first[2]};
            // begins from another state, and ends with the number of bytes
            Paper paper = new Paper(1, 3, key0, key1);
            paper.v[3] ^= 40L << 56;
            long expected = paper.hash(five[0], five[1], five[2], five[3], five[4], 40L << 56);
            assertThat(SipHash.hash(key0, key1, five[0], five[1], five[2], five[3], five[4]))
                    .as("seed %d, five words", seed)
                    .isEqualTo(expected);
        }
    }
}
