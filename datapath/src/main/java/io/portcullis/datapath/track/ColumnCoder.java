package io.portcullis.datapath.track;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Columns of numbers below 2^48 as bytes, little endian. A number is a symbol and, behind that, some bits as they are: numbers below {@value #SMALL} have symbols
 * of their own, so have those that come often in a column {@linkplain Kind#FEW of few}; of all others the symbol tells how long they are and their upper three bits.
 * Symbols take as many bits as they are rare in their column (asymmetric numeral systems, Duda 2013; two states of 32 bits in turn, words of 16), so that neither
 * side has to wait for what the bit before was.
 *
 * <p>Encoder and decoder have the same calls, so that one description of a thing serves to write and to read it: the encoder leaves what it is given, the decoder
 * fills it. One thread.
 */
abstract sealed class ColumnCoder permits ColumnEncoder, ColumnDecoder {
    /** The longest column. */
    static final int MAX_COUNT = 8_192;

    static final int MAX_CONTEXTS = 64;
    static final int MAX_NUMBER_BITS = 48;
    /** Numbers that have symbols of their own. */
    static final int SMALL = 32;

    static final int SMALL_BITS = 5;
    /** Bits behind the first that the symbol tells. */
    static final int TOLD_BITS = 2;
    /** Symbols of numbers by length. */
    static final int LENGTH_SYMBOLS = SMALL + ((MAX_NUMBER_BITS - SMALL_BITS) << TOLD_BITS);
    /** Numbers of a column that may have symbols of their own beside these. */
    static final int MAX_OFTEN = SymbolOdds.SYMBOLS - LENGTH_SYMBOLS;

    /** States are at least this. */
    static final long LEAST_STATE = 1L << 16;

    static final int WORD_BITS = 16;

    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** What is known of a column's numbers. */
    enum Kind {
        /** All different, or small. */
        MANY,
        /** Some come again and again. */
        FEW,
        /** Each below 256 and a symbol as it is. */
        SYMBOLS
    }

    abstract boolean isReading();

    /** What was read cannot have been written. */
    abstract void damaged();

    /** A number by itself, of up to 64 bits; small ones take less. */
    abstract long number(long value);

    /**
     * A column.
     *
     * @param contexts for each number, below {@value #MAX_CONTEXTS}, what its symbol depends on; null for nothing
     */
    abstract void column(long[] values, int count, Kind kind, byte @Nullable [] contexts);

    /** Numbers of 32 bits of which nothing can be known. */
    abstract void raw(int[] values, int count);

    // ---- symbols of numbers by length

    static int lengthSymbol(long value) {
        if (value < SMALL) {
            return (int) value;
        }
        int length = Long.SIZE - Long.numberOfLeadingZeros(value);
        int told = (int) (value >>> (length - 1 - TOLD_BITS)) & ((1 << TOLD_BITS) - 1);
        return SMALL + ((length - SMALL_BITS - 1) << TOLD_BITS) + told;
    }

    /** Bits behind what the symbol tells. */
    static int restBits(int lengthSymbol) {
        return lengthSymbol < SMALL ? 0 : ((lengthSymbol - SMALL) >>> TOLD_BITS) + SMALL_BITS - TOLD_BITS;
    }

    /** The number that has zeros there. */
    static long base(int lengthSymbol) {
        return lengthSymbol < SMALL
                ? lengthSymbol
                : (long) ((1 << TOLD_BITS) | ((lengthSymbol - SMALL) & ((1 << TOLD_BITS) - 1)))
                        << restBits(lengthSymbol);
    }
}
