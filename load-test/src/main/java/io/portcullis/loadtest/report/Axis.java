package io.portcullis.loadtest.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One axis of a plot: values to pixels, and where its ticks are. Immutable.
 *
 * @param from pixel of {@code least}
 * @param to pixel of {@code most}
 */
record Axis(String label, double least, double most, Scale scale, double from, double to) {
    /** How values become pixels, and what is written at ticks. */
    enum Scale {
        LINEAR,
        /** Ticks are whole numbers. */
        WHOLE,
        LOG,
        /** 1 / (1 − p), logarithmic, with p in percent at the ticks. */
        NINES
    }

    private static final int TICKS = 6;

    /** From 0 or {@code least}, whatever is lower, to a little above the most. */
    static Axis linear(String label, double least, double most, double from, double to) {
        double top = most <= least ? least + 1 : most;
        return new Axis(label, least, top, Scale.LINEAR, from, to);
    }

    /** Whole powers of ten around the values, which must be above 0. */
    static Axis log(String label, double least, double most, double from, double to) {
        double low = Math.pow(10, Math.floor(Math.log10(Math.max(1e-3, least))));
        double high = Math.pow(10, Math.ceil(Math.log10(Math.max(low * 1.01, most))));
        return new Axis(label, low, high, Scale.LOG, from, to);
    }

    private boolean isLog() {
        return scale == Scale.LOG || scale == Scale.NINES;
    }

    double at(double value) {
        double share = isLog()
                ? (Math.log10(Math.max(value, least)) - Math.log10(least)) / (Math.log10(most) - Math.log10(least))
                : (value - least) / (most - least);
        return from + Math.clamp(share, 0, 1) * (to - from);
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        if (isLog()) {
            for (double tick = least; tick <= most * 1.001; tick *= 10) {
                ticks.add(tick);
            }
            return ticks;
        }
        double raw = (most - least) / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double step =
                raw / power < 1.5 ? power : raw / power < 3.5 ? 2 * power : raw / power < 7.5 ? 5 * power : 10 * power;
        step = scale == Scale.WHOLE ? Math.max(1, step) : step;
        for (double tick = Math.ceil(least / step) * step; tick <= most + step * 1e-6; tick += step) {
            ticks.add(tick);
        }
        return ticks;
    }

    /** What is written at a tick. */
    String tick(double value) {
        return scale == Scale.NINES ? trimmed(100 - 100 / value) + " %" : text(value);
    }

    /** A number as short as it can be read. */
    static String text(double value) {
        double size = Math.abs(value);
        if (size >= 1e6) {
            return trimmed(value / 1e6) + "M";
        }
        if (size >= 1e4) {
            return trimmed(value / 1e3) + "k";
        }
        return trimmed(value);
    }

    private static String trimmed(double value) {
        String text = String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.2f" : "%.1f", value + 0.0);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }
}
