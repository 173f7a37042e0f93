package io.portcullis.loadtest.report;

import java.util.List;
import java.util.Locale;

/** One plot as an inline SVG: axes with grid and labels, and what is drawn between them. One thread. */
final class Plot {
    static final int WIDTH = 560;
    static final int HEIGHT = 260;
    static final int LEFT = 62;
    static final int RIGHT = WIDTH - 24;
    static final int TOP = 12;
    static final int BOTTOM = HEIGHT - 44;

    /** A legend's entry. */
    record Entry(String style, String text) {}

    private final StringBuilder svg = new StringBuilder();
    private final Axis x;
    private final Axis y;

    Plot(Axis x, Axis y, String description) {
        this.x = x;
        this.y = y;
        svg.append(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
                WIDTH,
                HEIGHT,
                escape(description)));
        for (double tick : y.ticks()) {
            line("grid", LEFT, y.at(tick), RIGHT, y.at(tick));
            text("tick end", LEFT - 6, y.at(tick) + 4, y.tick(tick));
        }
        for (double tick : x.ticks()) {
            line("grid", x.at(tick), TOP, x.at(tick), BOTTOM);
            text("tick middle", x.at(tick), BOTTOM + 16, x.tick(tick));
        }
        line("axis", LEFT, BOTTOM, RIGHT, BOTTOM);
        line("axis", LEFT, TOP, LEFT, BOTTOM);
        text("label middle", (LEFT + RIGHT) / 2.0, HEIGHT - 8, x.label());
        svg.append(String.format(
                Locale.ROOT,
                "<text class=\"label middle\" transform=\"rotate(-90)\" x=\"%.1f\" y=\"14\">%s</text>",
                -(TOP + BOTTOM) / 2.0,
                escape(y.label())));
    }

    static Axis below(String label, double least, double most) {
        return Axis.linear(label, least, most, LEFT, RIGHT);
    }

    static Axis belowLog(String label, double least, double most) {
        return Axis.log(label, least, most, LEFT, RIGHT);
    }

    static Axis beside(String label, double most) {
        return Axis.linear(label, 0, most * 1.05, BOTTOM, TOP);
    }

    static Axis besideLog(String label, double least, double most) {
        return Axis.log(label, least, most, BOTTOM, TOP);
    }

    /** A bar from the axis up. */
    Plot bar(String style, double from, double to, double value, String hint) {
        double left = x.at(from);
        double width = Math.max(1, x.at(to) - left - 1);
        svg.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>",
                style,
                left,
                y.at(value),
                width,
                Math.max(0, BOTTOM - y.at(value)),
                escape(hint)));
        return this;
    }

    /** A line through points, each x and y. */
    Plot curve(String style, List<double[]> points) {
        if (points.isEmpty()) {
            return this;
        }
        StringBuilder path = new StringBuilder();
        for (double[] point : points) {
            path.append(path.isEmpty() ? 'M' : 'L')
                    .append(String.format(Locale.ROOT, "%.1f %.1f", x.at(point[0]), y.at(point[1])));
        }
        svg.append(String.format(Locale.ROOT, "<path class=\"line %s\" d=\"%s\"/>", style, path));
        return this;
    }

    Plot dot(String style, double atX, double atY, String hint) {
        svg.append(String.format(
                Locale.ROOT,
                "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"><title>%s</title></circle>",
                style,
                x.at(atX),
                y.at(atY),
                escape(hint)));
        return this;
    }

    /** A line from top to bottom with a word at its top. */
    Plot mark(String style, double atX, String word) {
        line("mark " + style, x.at(atX), TOP, x.at(atX), BOTTOM);
        boolean isFarRight = x.at(atX) > RIGHT - 60;
        text(isFarRight ? "word end" : "word", x.at(atX) + (isFarRight ? -4 : 4), TOP + 10, word);
        return this;
    }

    /** The whole, with a legend below. */
    String html(Entry... legend) {
        svg.append("</svg>");
        if (legend.length > 0) {
            svg.append("<p class=\"legend\">");
            for (Entry entry : legend) {
                svg.append(String.format(
                        Locale.ROOT, "<span><i class=\"%s\"></i>%s</span>", entry.style(), escape(entry.text())));
            }
            svg.append("</p>");
        }
        return svg.toString();
    }

    private void line(String style, double x1, double y1, double x2, double y2) {
        svg.append(String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                style,
                x1,
                y1,
                x2,
                y2));
    }

    private void text(String style, double atX, double atY, String words) {
        svg.append(String.format(
                Locale.ROOT, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", style, atX, atY, escape(words)));
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
