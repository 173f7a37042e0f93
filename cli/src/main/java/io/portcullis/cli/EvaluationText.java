package io.portcullis.cli;

import io.portcullis.api.EvaluationView;
import io.portcullis.api.EvaluationView.AnswerView;
import io.portcullis.api.EvaluationView.EndView;
import io.portcullis.api.EvaluationView.NearMissView;
import io.portcullis.api.EvaluationView.PathView;
import io.portcullis.api.EvaluationView.ReasonView;
import io.portcullis.api.EvaluationView.RuleNameView;
import io.portcullis.api.EvaluationView.VerdictView;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An evaluation for people. */
final class EvaluationText {
    private static final String INDENT = "    ";

    private final boolean isWide;
    private final StringBuilder text = new StringBuilder();

    /** @param isWide also what would have forbidden a connection that is allowed, and why groups do not hold whom a rule wants */
    EvaluationText(boolean isWide) {
        this.isWide = isWide;
    }

    String write(String from, String to, EvaluationView view) {
        line(
                "",
                view.service() + " from " + from + " to " + to + ": " + view.verdict() + " (revision " + view.revision()
                        + " of " + view.tenant() + (view.at() == null ? "" : ", at " + view.at()) + ")");
        if (view.nextChange() != null) {
            line("", "another answer from " + view.nextChange() + " on, if nobody changes anything");
        }
        view.paths().forEach(this::path);
        return text.toString().stripTrailing();
    }

    private void path(PathView path) {
        line(
                "",
                end(path.from()) + " → " + end(path.to()) + ": " + path.verdict()
                        + (path.withinSegment() ? "" : " (through a router)"));
        firewall("source", path.source());
        if (isSame(path.source(), path.destination())) {
            line("  ", "destination: the same");
        } else {
            firewall("destination", path.destination());
        }
    }

    private static boolean isSame(@Nullable VerdictView source, @Nullable VerdictView destination) {
        return source != null
                && destination != null
                && source.verdict().equals(destination.verdict())
                && Objects.equals(source.rule(), destination.rule())
                && source.cause().equals(destination.cause())
                && source.passes().equals(destination.passes())
                && Objects.equals(source.nextChange(), destination.nextChange())
                && Objects.equals(source.stateless(), destination.stateless())
                && Objects.equals(source.answer(), destination.answer())
                && source.reasons().equals(destination.reasons())
                && source.nearMisses().equals(destination.nearMisses());
    }

    private void firewall(String which, @Nullable VerdictView verdict) {
        if (verdict == null) {
            line("  ", which + ": no firewall of the tenant");
            return;
        }
        line(
                "  ",
                which + ": " + verdict.verdict() + " by " + decider(verdict)
                        + (Boolean.TRUE.equals(verdict.stateless()) ? " (stateless)" : "") + passes(verdict.passes())
                        + (verdict.nextChange() == null ? "" : ", until " + verdict.nextChange()));
        AnswerView answer = verdict.answer();
        if (answer != null) {
            line(INDENT, "its answer: " + answer.verdict() + " by " + decider(answer.cause(), answer.rule()));
        }
        verdict.reasons().forEach(reason -> reason(INDENT, reason, true));
        if (isWide || !verdict.verdict().equals("ALLOW")) {
            verdict.nearMisses().forEach(this::nearMiss);
        }
    }

    private static String decider(VerdictView verdict) {
        return decider(verdict.cause(), verdict.rule());
    }

    private static String decider(String cause, @Nullable RuleNameView rule) {
        if (rule != null) {
            return rule.category() + " " + rule.policy() + "/" + rule.rule();
        }
        return switch (cause) {
            case "NO_CONNECTION" -> "tracking: it opens no connection, and no stateless rule matches it";
            case "DEFAULT" -> "the tenant's default, no rule matched";
            case "PROVIDER" -> "the provider's policy";
            case "EXCLUDED" -> "exclusion, no rule holds here";
            case "NEIGHBOURHOOD" -> "its kind: ARP and neighbour discovery are for rules of category ETHERNET alone";
            default -> "its kind: it is not IP, and no rule of category ETHERNET allows it";
        };
    }

    private static String passes(List<RuleNameView> passes) {
        return passes.isEmpty()
                ? ""
                : ", after "
                        + passes.stream()
                                .map(rule -> rule.action() + " by " + rule.category() + " " + rule.policy() + "/"
                                        + rule.rule())
                                .collect(Collectors.joining(", "));
    }

    private void nearMiss(NearMissView miss) {
        RuleNameView rule = miss.rule();
        line(INDENT, "not " + rule.category() + " " + rule.policy() + "/" + rule.rule() + " (" + rule.action() + "):");
        miss.failed().forEach(reason -> reason(INDENT + "  ", reason, isWide));
    }

    private void reason(String indent, ReasonView reason, boolean isExplained) {
        line(indent, reason.text());
        if (isExplained) {
            reason.because().forEach(because -> line(indent + "  ", because));
        }
    }

    static String end(EndView end) {
        String vnic = end.vnic();
        return vnic == null ? end.address() : vnic.substring(vnic.indexOf('/') + 1) + " " + end.address();
    }

    private void line(String indent, String words) {
        text.append(indent).append(words.replaceAll("\\p{Cntrl}", "?")).append(System.lineSeparator());
    }
}
