package io.portcullis.cli;

import io.portcullis.api.ConnectionView;
import io.portcullis.api.EvaluationView.RuleNameView;
import io.portcullis.api.ProvenanceView;
import java.util.List;

/** Why connections were allowed, for people. */
final class ProvenanceText {
    private final StringBuilder text = new StringBuilder();

    /** Of those that say so. */
    String write(List<ConnectionView> connections) {
        for (ConnectionView connection : connections) {
            List<ProvenanceView> provenance = connection.provenance();
            if (provenance != null) {
                line("", connection.protocol() + " " + connection.originator() + " → " + connection.responder());
                provenance.forEach(this::entry);
            }
        }
        return text.toString();
    }

    private void entry(ProvenanceView view) {
        RuleNameView rule = view.rule();
        String note = view.note();
        line(
                "  ",
                (view.when().equals("ADMITTED") ? "admitted" : "judged again") + " at revision " + view.revision()
                        + (rule == null ? "" : " by " + rule.category() + " " + rule.policy() + "/" + rule.rule())
                        + (note == null ? "" : ": " + note));
        view.passes().forEach(pass -> line("    ", "after PASS by " + pass.policy() + "/" + pass.rule()));
        view.reasons().forEach(reason -> {
            line("    ", reason.text());
            reason.because().forEach(because -> line("      ", because));
        });
    }

    private void line(String indent, String words) {
        text.append(indent).append(words.replaceAll("\\p{Cntrl}", "?")).append(System.lineSeparator());
    }
}
