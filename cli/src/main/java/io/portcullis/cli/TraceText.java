package io.portcullis.cli;

import io.portcullis.api.ConnectionView;
import io.portcullis.api.TraceView;
import io.portcullis.api.TraceView.FirewallView;
import io.portcullis.api.TraceView.PathView;
import io.portcullis.api.TraceView.SideView;
import org.jspecify.annotations.Nullable;

/** A trace for people. */
final class TraceText {
    private final StringBuilder text = new StringBuilder();

    String write(String from, String to, TraceView view) {
        line(
                "",
                view.service() + " from " + from + " to " + to + ": " + view.verdict() + " now (the policy of "
                        + view.tenant() + " is at revision " + view.revision() + ")");
        view.paths().forEach(this::path);
        return text.toString().stripTrailing();
    }

    private void path(PathView path) {
        String stoppedAt = path.stoppedAt();
        line(
                "",
                EvaluationText.end(path.from()) + " → " + EvaluationText.end(path.to()) + ": " + path.verdict()
                        + (stoppedAt == null ? "" : " at the " + stoppedAt)
                        + (path.withinSegment() ? "" : " (through a router)"));
        side("source", path.source());
        side("destination", path.destination());
        path.differences().forEach(difference -> line("  ", "! " + difference));
    }

    private void side(String which, @Nullable SideView side) {
        if (side == null) {
            line("  ", which + ": no firewall of the tenant");
            return;
        }
        String why = side.why();
        if (why != null) {
            line("  ", which + ": " + side.verdict() + ", " + why);
        }
        side.firewalls().forEach(firewall -> firewall(which, firewall));
    }

    private void firewall(String which, FirewallView firewall) {
        String problem = firewall.problem();
        if (problem != null) {
            line("  ", which + ": no answer from " + firewall.host() + ": " + problem);
            return;
        }
        String verdict = firewall.verdict();
        boolean isStateless = Boolean.TRUE.equals(firewall.stateless());
        String rules = verdict == null
                ? "no rules yet"
                : "revision " + firewall.revision() + (firewall.lagging() ? " (not the newest)" : "") + ", " + verdict
                        + " by " + firewall.rule() + (isStateless ? " (stateless)" : "");
        line(
                "  ",
                which + ": " + firewall.phase() + " on " + firewall.host() + " under epoch " + firewall.epoch() + ", "
                        + rules);
        firewall.connections().forEach(this::connection);
        int more = firewall.matching() - firewall.connections().size();
        if (more > 0) {
            line("    ", "and " + more + " more connections");
        } else if (firewall.matching() == 0) {
            line("    ", isStateless ? "no connection, as the rule keeps none" : "no such connection");
        }
    }

    private void connection(ConnectionView connection) {
        String rule = connection.rule();
        line(
                "    ",
                connection.originator() + " → " + connection.responder() + " " + connection.state() + ", "
                        + Words.idle(connection.ageMillis()) + " old, idle " + Words.idle(connection.idleMillis())
                        + ", " + connection.packets() + " packets, " + connection.bytes() + " bytes, by "
                        + (rule == null ? "a rule that is gone" : rule) + " of revision " + connection.revision());
    }

    private void line(String indent, String words) {
        text.append(indent).append(words.replaceAll("\\p{Cntrl}", "?")).append(System.lineSeparator());
    }
}
