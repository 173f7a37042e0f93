package io.portcullis.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What may be sent.
 *
 * @param bytesPerSecond 0 for no limit
 */
record Bandwidth(long bytesPerSecond) {
    private static final long KILO = 1_000;
    private static final long KIBI = 1_024;

    @Override
    public String toString() {
        return bytesPerSecond == 0 ? "unlimited" : text(bytesPerSecond);
    }

    /** Like {@code 200 MB/s}: powers of 1,000, at most one decimal. */
    static String text(long bytesPerSecond) {
        double value = bytesPerSecond;
        String unit = " B/s";
        for (String larger : new String[] {" kB/s", " MB/s", " GB/s"}) {
            if (value < KILO) {
                break;
            }
            value /= KILO;
            unit = larger;
        }
        String digits = String.format(Locale.ROOT, "%.1f", value);
        return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits) + unit;
    }

    /** Reads it as people write it. What the unit is must be said: QEMU counts bytes and libvirt MiB, switches count bits. */
    static final class Reader implements ITypeConverter<Bandwidth> {
        private static final Pattern TEXT = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,6})?) ?([A-Za-z]+)/s");
        private static final Map<String, Long> BITS_OF = Map.ofEntries(
                Map.entry("B", 8L),
                Map.entry("kB", 8 * KILO),
                Map.entry("KB", 8 * KILO),
                Map.entry("MB", 8 * KILO * KILO),
                Map.entry("GB", 8 * KILO * KILO * KILO),
                Map.entry("KiB", 8 * KIBI),
                Map.entry("MiB", 8 * KIBI * KIBI),
                Map.entry("GiB", 8 * KIBI * KIBI * KIBI),
                Map.entry("kbit", KILO),
                Map.entry("Mbit", KILO * KILO),
                Map.entry("Gbit", KILO * KILO * KILO));

        @Override
        public Bandwidth convert(String text) {
            if (text.equals("unlimited")) {
                return new Bandwidth(0);
            }
            Matcher matcher = TEXT.matcher(text);
            if (!matcher.matches()) {
                throw unknown(text);
            }
            Long bits = BITS_OF.get(matcher.group(2));
            if (bits == null) {
                throw unknown(text);
            }
            long bytesPerSecond = new BigDecimal(matcher.group(1))
                    .multiply(BigDecimal.valueOf(bits))
                    .divide(BigDecimal.valueOf(8), RoundingMode.DOWN)
                    .longValue();
            if (bytesPerSecond < 1) {
                throw new TypeConversionException("'" + text + "' would send nothing; write unlimited for no limit");
            }
            return new Bandwidth(bytesPerSecond);
        }

        private static TypeConversionException unknown(String text) {
            return new TypeConversionException("'" + text
                    + "' is no bandwidth; write 200MB/s or 190MiB/s (bytes), 1.6Gbit/s (bits), or unlimited");
        }
    }
}
