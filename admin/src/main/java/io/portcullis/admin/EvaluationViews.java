package io.portcullis.admin;

import io.portcullis.api.EvaluationView;
import io.portcullis.api.EvaluationView.AnswerView;
import io.portcullis.api.EvaluationView.EndView;
import io.portcullis.api.EvaluationView.NearMissView;
import io.portcullis.api.EvaluationView.PathView;
import io.portcullis.api.EvaluationView.ReasonView;
import io.portcullis.api.EvaluationView.RuleNameView;
import io.portcullis.api.EvaluationView.VerdictView;
import io.portcullis.policy.evaluate.Decision;
import io.portcullis.policy.evaluate.End;
import io.portcullis.policy.evaluate.Evaluation;
import io.portcullis.policy.evaluate.Path;
import io.portcullis.policy.evaluate.PathEvaluation;
import io.portcullis.policy.evaluate.Reason;
import io.portcullis.policy.evaluate.RuleName;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes evaluations as the API shows them. */
final class EvaluationViews {
    /** Where paths do not agree. */
    private static final String MIXED = "MIXED";

    private EvaluationViews() {}

    static EvaluationView view(
            TenantModel model, boolean isTimed, PathRequest wanted, List<PathEvaluation> evaluations, Sight sight) {
        Path first = wanted.paths().getFirst();
        return new EvaluationView(
                model.tenant().value(),
                model.revision(),
                isTimed ? model.time().toString() : null,
                wanted.packet()
                        .between(first.from().address(), first.to().address())
                        .service(),
                common(evaluations.stream().map(each -> each.verdict().name())),
                evaluations.stream()
                        .flatMap(each -> Stream.of(each.source(), each.destination()))
                        .filter(Objects::nonNull)
                        .map(Evaluation::nextChange)
                        .filter(Objects::nonNull)
                        .min(Comparator.naturalOrder())
                        .map(Instant::toString)
                        .orElse(null),
                evaluations.stream().map(each -> path(each, sight)).toList());
    }

    /** The verdict on which all paths agree, or MIXED. */
    static String common(Stream<String> verdicts) {
        List<String> different = verdicts.distinct().toList();
        return different.size() == 1 ? different.getFirst() : MIXED;
    }

    private static PathView path(PathEvaluation evaluation, Sight sight) {
        Path path = evaluation.path();
        return new PathView(
                end(path.from()),
                end(path.to()),
                path.isWithinSegment(),
                evaluation.verdict().name(),
                verdict(evaluation.source(), sight),
                verdict(evaluation.destination(), sight));
    }

    static EndView end(End end) {
        Vnic vnic = end.vnic();
        return new EndView(
                vnic == null ? null : vnic.id().toString(),
                AddressLiteral.of(end.address()).toString(),
                vnic == null ? null : vnic.segment());
    }

    private static @Nullable VerdictView verdict(@Nullable Evaluation evaluation, Sight sight) {
        if (evaluation == null) {
            return null;
        }
        RuleName rule = evaluation.decision().rule();
        boolean isHidden = rule != null && sight.hides(rule.policy());
        return new VerdictView(
                evaluation.vnic().toString(),
                evaluation.direction().name(),
                evaluation.decision().verdict().name(),
                isHidden ? Sight.PROVIDER : evaluation.decision().cause().name(),
                name(rule, sight),
                names(evaluation.decision().passes(), sight),
                isHidden ? List.of() : reasons(evaluation.reasons()),
                evaluation.nearMisses().stream()
                        .filter(miss -> !sight.hides(miss.rule().policy()))
                        .map(miss -> new NearMissView(name(miss.rule()), reasons(miss.failed())))
                        .toList(),
                evaluation.nextChange() == null ? null : evaluation.nextChange().toString(),
                orNull(evaluation.stateless() && !isHidden),
                isHidden ? null : answer(evaluation.answer(), sight));
    }

    /** Null says that it is not so. */
    static @Nullable Boolean orNull(boolean isSo) {
        return isSo ? true : null;
    }

    private static @Nullable AnswerView answer(@Nullable Decision answer, Sight sight) {
        if (answer == null) {
            return null;
        }
        RuleName rule = answer.rule();
        boolean isHidden = rule != null && sight.hides(rule.policy());
        return new AnswerView(
                answer.verdict().name(),
                isHidden ? Sight.PROVIDER : answer.cause().name(),
                name(rule, sight));
    }

    /** Null for none, or one that may not be told. */
    static @Nullable RuleNameView name(@Nullable RuleName rule, Sight sight) {
        return rule == null || sight.hides(rule.policy()) ? null : name(rule);
    }

    /** Those that may be told. */
    static List<RuleNameView> names(List<RuleName> rules, Sight sight) {
        return rules.stream()
                .filter(rule -> !sight.hides(rule.policy()))
                .map(EvaluationViews::name)
                .toList();
    }

    private static RuleNameView name(RuleName rule) {
        return new RuleNameView(
                rule.category().name(),
                rule.policy(),
                rule.rule(),
                rule.action().name());
    }

    static List<ReasonView> reasons(List<Reason> reasons) {
        return reasons.stream()
                .map(reason -> new ReasonView(reason.condition().name(), reason.text(), reason.because()))
                .toList();
    }
}
