package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.Arena;
import java.math.BigInteger;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyHashTest {
    private static final int KEYS = 1 << 18;
    private static final int PLACES = 1 << 16;

    /**
     * As many keys as a busy server has, in every order that a network gives them, must fall into the two buckets and the tag of
     * {@link SlotIndex} like balls thrown at random: the sum of the squares over all places tells.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldSpreadRegularKeysLikeRandomOnes(long seed) {
        KeyHash hash = KeyHash.ofSeed(seed);
        long server = 0x0a00_0001L << 32;
        long https = 6L << 32 | 443;
        assertSpread(seed, i -> hash.of(server | 0x0b00_0000L + i, https | 40_000L << 16));
        assertSpread(seed, i -> hash.of(server | 0x0b00_0000L + (i >>> 14), https | (i & 0x3fff) + 1_024 << 16));
        assertSpread(seed, i -> hash.of(server | 0x0b00_0000L + (i << 8), https | 40_000L << 16));
        assertSpread(seed, i -> hash.of(0xfd00L << 48, 1, 0xfd01L << 48 | i << 16, 2, https | 1L << 40));
        assertSpread(seed, i -> hash.of(0xfd00L << 48, 1, 0xfd01L << 48, i, https | 1L << 40));
    }

    private static void assertSpread(long seed, LongUnaryOperator hashes) {
        for (int shift : new int[] {0, 8, 24, 32, 48}) {
            int[] balls = new int[PLACES];
            for (int i = 0; i < KEYS; i++) {
                balls[(int) (hashes.applyAsLong(i) >>> shift) & PLACES - 1]++;
            }
            double squares = 0;
            for (int count : balls) {
                squares += (double) count * count;
            }
            double mean = (double) KEYS / PLACES;
            double variance = squares / PLACES - mean * mean;
            // random: 1; fewer than one in a million tries are off by a tenth
            assertThat(variance / mean).as("seed %d, bits from %d", seed, shift).isBetween(0.5, 1.1);
        }
    }

    /** The definition, with big numbers; carries between the words' lower halves are left out on purpose. */
    @Test
    void shouldBeTheUpperHalvesOfProducts() {
        Random random = new Random(5);
        for (int i = 0; i < 1_000; i++) {
            BigInteger low = unsigned(random.nextLong());
            BigInteger high = unsigned(random.nextLong());
            long word = random.nextLong();
            BigInteger product = high.shiftLeft(64).add(low).multiply(unsigned(word));
            long upper = Math.unsignedMultiplyHigh(low.longValue(), word) + high.longValue() * word;
            assertThat(upper).isEqualTo(product.shiftRight(64).longValue());
        }
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }

    @Test
    void shouldDependOnItsSecretAndOnEveryBitOfAKey() {
        KeyHash hash = KeyHash.ofSeed(1);
        long of = hash.of(1, 2);
        long of6 = hash.of(1, 2, 3, 4, 5);
        assertThat(KeyHash.ofSeed(1).of(1, 2)).isEqualTo(of);
        assertThat(KeyHash.ofSeed(2).of(1, 2)).isNotEqualTo(of);
        assertThat(KeyHash.secret().of(1, 2)).isNotEqualTo(KeyHash.secret().of(1, 2));
        for (int bit = 0; bit < 64; bit++) {
            long flip = 1L << bit;
            assertThat(hash.of(1 ^ flip, 2)).isNotEqualTo(of);
            assertThat(hash.of(1, 2 ^ flip)).isNotEqualTo(of);
            assertThat(hash.of(1 ^ flip, 2, 3, 4, 5)).isNotEqualTo(of6);
            assertThat(hash.of(1, 2 ^ flip, 3, 4, 5)).isNotEqualTo(of6);
            assertThat(hash.of(1, 2, 3 ^ flip, 4, 5)).isNotEqualTo(of6);
            assertThat(hash.of(1, 2, 3, 4 ^ flip, 5)).isNotEqualTo(of6);
            assertThat(hash.of(1, 2, 3, 4, 5 ^ flip)).isNotEqualTo(of6);
        }
    }

    /** Or the short way would find nothing, and nobody would notice but by the time it takes. */
    @Test
    void shouldBeTheSameForABurstAndForAPacket() {
        try (Arena arena = Arena.ofConfined();
                ConnectionTable table = new ConnectionTable(10, 1, 2)) {
            Burst burst = new Burst(arena);
            for (FrameBuilder frame : new FrameBuilder[] {
                Frames.fromVm().udp(5, 6),
                Frames.toVm().udp(6, 5),
                FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC)
                        .ip(Frames.VM6, Frames.PEER6)
                        .udp(5, 6),
                FrameBuilder.frame(Frames.PEER_MAC, Frames.VM_MAC)
                        .ip(Frames.PEER6, Frames.VM6)
                        .udp(6, 5)
            }) {
                burst.clear();
                frame.appendTo(burst);
                BurstLookup lookup = new BurstLookup(table);
                lookup.take(0, burst.memory().address() + burst.offset(0), burst.length(0));
                PacketView packet = new PacketView();
                assertThat(PacketParser.parse(burst.memory(), burst.offset(0), burst.length(0), packet))
                        .isEqualTo(ParseResult.OK);
                FlowKey key = new FlowKey();
                assertThat(key.set(packet)).isTrue();

                assertThat(NativeMemory.getShort(lookup.notes + FrameNote.KIND)).isEqualTo(FrameNote.UDP);
                assertThat(NativeMemory.getLong(lookup.notes + FrameNote.WORD)).isEqualTo(key.word);
                assertThat(NativeMemory.getLong(lookup.notes + FrameNote.HASH)).isEqualTo(key.hash(table.keyHash()));
                lookup.free();
            }
        }
    }
}
