package io.portcullis.cli;

import io.portcullis.api.ConnectionView;
import io.portcullis.api.PreviewView;
import io.portcullis.api.PreviewView.FlowExampleView;
import io.portcullis.api.PreviewView.RuleNames;
import io.portcullis.api.PreviewView.TableChangeView;
import io.portcullis.api.PreviewView.VnicPreview;

/** A preview for people. */
final class PreviewText {
    private static final String MORE = "and more; see them with -o json";

    private final StringBuilder text = new StringBuilder();

    String write(PreviewView view) {
        if (view.changed().isEmpty()) {
            return "nothing would change (revision " + view.revision() + " of " + view.tenant() + ")";
        }
        line(
                "",
                String.join(", ", view.changed()) + " would change; " + count(view.vnics(), "vNIC") + " would get other"
                        + " rules, " + view.attached() + " attached (revision " + view.revision() + " of "
                        + view.tenant() + ")");
        line(
                "",
                count(view.connections(), "live connection") + " would be judged again: " + view.cut() + " cut, "
                        + view.reset() + " reset, " + view.kept() + " kept though not allowed any more, "
                        + view.byOtherRule() + " allowed by another rule");
        if (view.released() + view.oneWay() > 0) {
            line(
                    "",
                    view.released() + " would go on packet by packet under stateless rules, " + view.oneWay()
                            + " in one direction only, as no rule allows the answers");
        }
        if (view.unanswered() > 0) {
            line("", "! " + count(view.unanswered(), "vNIC") + " did not answer; their connections are not counted");
        }
        view.tables().forEach(this::table);
        if (view.tablesTruncated()) {
            line("", MORE);
        }
        view.items().stream().filter(PreviewText::isWorthALine).forEach(this::vnic);
        if (view.truncated()) {
            line("", MORE);
        }
        return text.toString().stripTrailing();
    }

    private static boolean isWorthALine(VnicPreview vnic) {
        return vnic.problem() != null || vnic.cut() + vnic.reset() + vnic.kept() + vnic.oneWay() > 0;
    }

    private void table(TableChangeView change) {
        String others = change.vnicCount() > change.vnics().size() ? ", …" : "";
        line(
                "",
                "rules of " + String.join(", ", change.vnics()) + others + " (" + change.rulesBefore() + " → "
                        + change.rulesAfter() + "):");
        rules("+", change.added());
        rules("-", change.removed());
        rules("~", change.changed());
        if (change.reordered()) {
            line("  ", "in another order");
        }
        if (change.settings()) {
            line("  ", "another default, tracking or time-outs");
        }
    }

    private void rules(String sign, RuleNames rules) {
        rules.names().forEach(name -> line("  ", sign + " " + name));
        int more = rules.count() - rules.names().size();
        if (more > 0) {
            line("  ", sign + " and " + more + " more");
        }
    }

    private void vnic(VnicPreview vnic) {
        String problem = vnic.problem();
        if (problem != null) {
            line("", vnic.vnic() + " on " + vnic.host() + ": no answer: " + problem);
            return;
        }
        line(
                "",
                vnic.vnic() + " on " + vnic.host() + ": of " + count(vnic.connections(), "connection") + " "
                        + vnic.cut() + " cut, " + vnic.reset() + " reset, " + vnic.kept() + " kept"
                        + (vnic.oneWay() == 0 ? "" : ", " + vnic.oneWay() + " in one direction only"));
        vnic.examples().forEach(this::example);
        int more = vnic.cut()
                + vnic.reset()
                + vnic.kept()
                + vnic.oneWay()
                - vnic.examples().size();
        if (more > 0) {
            line("  ", "and " + more + " more");
        }
    }

    private void example(FlowExampleView example) {
        ConnectionView connection = example.connection();
        String rule = connection.rule();
        line(
                "  ",
                example.outcome() + " " + connection.protocol() + " " + connection.originator() + " → "
                        + connection.responder() + " " + connection.state() + ", allowed by "
                        + (rule == null ? "a rule that is gone" : rule) + ", then " + example.action() + " by "
                        + example.rule());
    }

    private static String count(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private void line(String indent, String words) {
        text.append(indent).append(words.replaceAll("\\p{Cntrl}", "?")).append(System.lineSeparator());
    }
}
