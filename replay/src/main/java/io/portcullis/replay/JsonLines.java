package io.portcullis.replay;

import io.portcullis.datapath.packet.PacketView;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** One JSON object a line; its fields are stable. */
final class JsonLines implements OutcomeFormat {
    private final StringBuilder line = new StringBuilder(160);

    @Override
    public void begin(PrintWriter out) {
        // lines only
    }

    @Override
    public void packet(PrintWriter out, PacketOutcome outcome, PacketView packet) {
        line.setLength(0);
        line.append("{\"packet\":").append(outcome.packet());
        line.append(",\"verdict\":\"").append(outcome.verdict());
        line.append("\",\"state\":\"").append(outcome.state());
        line.append("\",\"direction\":\"").append(outcome.isReply() ? "REPLY" : "ORIGINAL");
        line.append("\",\"rule\":");
        text(outcome.rule());
        line.append(",\"reason\":");
        text(outcome.reason());
        out.println(line.append('}'));
    }

    @Override
    public void end(PrintWriter out) {
        // lines only
    }

    private void text(@Nullable String text) {
        if (text == null) {
            line.append("null");
            return;
        }
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (c < ' ') {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
        line.append('"');
    }
}
