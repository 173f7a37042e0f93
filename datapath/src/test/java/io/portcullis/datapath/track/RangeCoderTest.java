package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeCoderTest {
    private static final int VALUES = 20_000;

    /** Skewed bits leave long runs of 0xff behind, through which carries must go. */
    @Test
    void shouldReadWhatWasWritten() {
        long seed = new Random().nextLong();
        System.out.println("RangeCoderTest seed " + seed);
        for (int round = 0; round < 10; round++) {
            ByteBuffer buffer = ByteBuffer.allocate(VALUES * 64);
            RangeEncoder encoder = new RangeEncoder(buffer);
            Talk written = new Talk(seed + round);
            for (int i = 0; i < VALUES; i++) {
                written.code(encoder, written.next());
            }
            assertThat(encoder.bytes()).isGreaterThanOrEqualTo(buffer.position());
            encoder.finish();
            RangeDecoder decoder = new RangeDecoder(buffer.flip());
            Talk read = new Talk(seed + round);
            for (int i = 0; i < VALUES; i++) {
                long expected = read.next();
                assertThat(read.code(decoder, 0))
                        .as("seed %d, value %d", seed + round, i)
                        .isEqualTo(expected);
            }
            assertThat(decoder.isAtEnd()).isTrue();
        }
    }

    @Test
    void shouldCallItDamagedWhenItReadsBeyondTheEnd() {
        ByteBuffer buffer = ByteBuffer.allocate(100);
        RangeEncoder encoder = new RangeEncoder(buffer);
        encoder.rawLong(-1, Long.SIZE);
        encoder.finish();
        RangeDecoder decoder =
                new RangeDecoder(buffer.limit(buffer.position() - 1).rewind());
        decoder.rawLong(0, Long.SIZE);
        assertThat(decoder.isDamaged()).isTrue();
        assertThat(decoder.isAtEnd()).isFalse();
    }

    @Test
    void shouldNotTakeMoreBytesThanThereWere() {
        ByteBuffer buffer = ByteBuffer.allocate(100);
        RangeEncoder encoder = new RangeEncoder(buffer);
        encoder.rawLong(5, 4);
        encoder.finish();
        buffer.put((byte) 0);
        RangeDecoder decoder = new RangeDecoder(buffer.flip());
        assertThat(decoder.rawLong(0, 4)).isEqualTo(5);
        assertThat(decoder.isAtEnd()).isFalse();
    }

    @Test
    void shouldNeverThrowForAnyBytes() {
        long seed = new Random().nextLong();
        System.out.println("RangeCoderTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            byte[] bytes = new byte[random.nextInt(60)];
            random.nextBytes(bytes);
            RangeDecoder decoder = new RangeDecoder(ByteBuffer.wrap(bytes));
            Talk talk = new Talk(seed + round);
            for (int i = 0; i < 200; i++) {
                talk.next();
                talk.code(decoder, 0);
            }
            assertThat(decoder.isDamaged()).as("seed %d, round %d", seed, round).isTrue();
        }
    }

    /** Values of all sorts, under all models. */
    private static final class Talk {
        private final Random random;
        private final NumberModel numbers = new NumberModel();
        private final NumberModel signed = new NumberModel();
        private final DictionaryModel dictionary = new DictionaryModel();
        private final int[] odds = RangeCoder.odds(1);
        private int kind;
        private int bits;

        Talk(long seed) {
            random = new Random(seed);
        }

        long next() {
            kind = random.nextInt(5);
            bits = 1 + random.nextInt(Long.SIZE);
            long value = random.nextLong();
            return switch (kind) {
                case 0 -> value >>> random.nextInt(Long.SIZE);
                case 1 -> (value >> 1) >> random.nextInt(Long.SIZE - 1);
                case 2 -> random.nextInt(3) == 0 ? random.nextInt(200) : random.nextInt(10) * 1_000_000_007L;
                case 3 -> random.nextInt(500) == 0 ? 1 : 0;
                default -> value >>> (Long.SIZE - bits);
            };
        }

        long code(RangeCoder coder, long value) {
            return switch (kind) {
                case 0 -> numbers.code(coder, value);
                case 1 -> signed.codeSigned(coder, value);
                case 2 -> dictionary.code(coder, value);
                case 3 -> coder.bit(odds, 0, (int) value);
                default -> coder.rawLong(value, bits);
            };
        }
    }
}
