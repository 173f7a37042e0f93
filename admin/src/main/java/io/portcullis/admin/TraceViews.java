package io.portcullis.admin;

import io.portcullis.api.PlacementView;
import io.portcullis.api.TraceView;
import io.portcullis.api.TraceView.FirewallView;
import io.portcullis.api.TraceView.PathView;
import io.portcullis.api.TraceView.SideView;
import io.portcullis.datapath.engine.FlowVerdict;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.evaluate.Cause;
import io.portcullis.policy.evaluate.Evaluation;
import io.portcullis.policy.evaluate.Path;
import io.portcullis.policy.evaluate.PathEvaluation;
import io.portcullis.policy.evaluate.RuleName;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.FirewallState;
import io.portcullis.vnic.RuleAssignment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Joins what firewalls said with what the policy says, as the API shows it. One thread, short-lived. */
final class TraceViews {
    private static final String UNKNOWN = "UNKNOWN";
    private static final String SOURCE = "source";
    private static final String DESTINATION = "destination";

    private final TenantModel model;
    private final Map<VnicId, RuleAssignment> assignments;
    private final Views views;
    private final Sight sight;

    /** Both ends of a path; null where there is no firewall of the tenant. */
    record Sides(@Nullable LiveSide source, @Nullable LiveSide destination) {}

    /** What an end's firewall does, and why if not by its rules. */
    private record Outcome(
            String verdict, @Nullable String why, @Nullable FlowReport report) {}

    /** @param assignments the tables that the vNICs should have */
    TraceViews(TenantModel model, Map<VnicId, RuleAssignment> assignments, Sight sight) {
        this.model = model;
        this.assignments = assignments;
        this.sight = sight;
        views = new Views(model, sight);
    }

    TraceView view(PathRequest wanted, List<PathEvaluation> evaluations, List<Sides> sides) {
        List<PathView> paths = new ArrayList<>();
        for (int i = 0; i < evaluations.size(); i++) {
            paths.add(path(evaluations.get(i), sides.get(i)));
        }
        Path first = wanted.paths().getFirst();
        return new TraceView(
                model.tenant().value(),
                model.revision(),
                wanted.packet()
                        .between(first.from().address(), first.to().address())
                        .service(),
                EvaluationViews.common(paths.stream().map(PathView::verdict)),
                paths);
    }

    private PathView path(PathEvaluation evaluation, Sides sides) {
        List<String> differences = new ArrayList<>();
        SideView source = side(evaluation.source(), sides.source(), SOURCE, differences);
        SideView destination = side(evaluation.destination(), sides.destination(), DESTINATION, differences);
        String stoppedAt = forbids(source) ? SOURCE : forbids(destination) ? DESTINATION : null;
        SideView decisive = forbids(source) || (isUnknown(source) && !forbids(destination)) ? source : destination;
        return new PathView(
                EvaluationViews.end(evaluation.path().from()),
                EvaluationViews.end(evaluation.path().to()),
                evaluation.path().isWithinSegment(),
                decisive == null ? Action.ALLOW.name() : decisive.verdict(),
                stoppedAt,
                differences,
                source,
                destination);
    }

    private static boolean forbids(@Nullable SideView side) {
        return side != null && !side.verdict().equals(Action.ALLOW.name()) && !isUnknown(side);
    }

    private static boolean isUnknown(@Nullable SideView side) {
        return side != null && side.verdict().equals(UNKNOWN);
    }

    private @Nullable SideView side(
            @Nullable Evaluation policy, @Nullable LiveSide live, String which, List<String> differences) {
        if (policy == null || live == null) {
            return null;
        }
        RuleAssignment wanted = assignments.getOrDefault(policy.vnic(), RuleAssignment.NONE);
        Outcome outcome = outcome(live);
        compare(policy, wanted, outcome).forEach(difference -> differences.add(which + ": " + difference));
        return new SideView(
                policy.vnic().toString(),
                policy.direction().name(),
                outcome.verdict(),
                outcome.why(),
                live.placement(),
                policy.decision().verdict().name(),
                EvaluationViews.name(policy.decision().rule(), sight),
                wanted.revision(),
                live.answers().stream().map(answer -> firewall(answer, wanted)).toList());
    }

    private static Outcome outcome(LiveSide live) {
        if (live.placement().phase().equals(PlacementView.UNKNOWN)) {
            return new Outcome(UNKNOWN, "nobody can say where the VM is: its placement does not answer", null);
        }
        if (live.answers().isEmpty()) {
            return new Outcome(Action.DROP.name(), "the VM is attached to no host", null);
        }
        Optional<FlowReport> enforcing = live.answers().stream()
                .flatMap(answer -> answer instanceof FirewallAnswer.Says says && decides(says)
                        ? Stream.of(says.report())
                        : Stream.empty())
                .max(Comparator.comparingLong(FlowReport::epoch));
        if (enforcing.isPresent()) {
            FlowVerdict verdict = enforcing.get().verdict();
            return verdict == null
                    ? new Outcome(Action.DROP.name(), "it has no rules yet and passes nothing", enforcing.get())
                    : new Outcome(verdict.action().name(), null, enforcing.get());
        }
        String silence = live.answers().stream()
                .flatMap(answer ->
                        answer instanceof FirewallAnswer.Silent silent ? Stream.of(silent.why()) : Stream.empty())
                .findFirst()
                .orElse("no host enforces at this moment, the VM is "
                        + live.placement().phase() + "; ask again");
        return new Outcome(UNKNOWN, silence, null);
    }

    /** A source decides what is left in its queue until it is sealed. */
    private static boolean decides(FirewallAnswer.Says says) {
        return says.phase().equals(FirewallState.ENFORCING.name())
                || says.phase().equals(FirewallState.CUTTING_OVER.name());
    }

    private List<String> compare(Evaluation policy, RuleAssignment wanted, Outcome outcome) {
        RuleName rule = policy.decision().rule();
        String says =
                policy.decision().verdict() + by(policy.decision().cause(), rule == null ? null : rule.toString());
        FlowReport report = outcome.report();
        if (report == null) {
            return List.of(outcome.why() + "; the policy says " + says);
        }
        List<String> differences = new ArrayList<>();
        if (isLagging(report, wanted)) {
            differences.add("realized revision " + report.policyRevision() + ", policy says " + wanted.revision());
        }
        FlowVerdict verdict = report.verdict();
        String does = verdict == null
                ? outcome.verdict() + " since " + outcome.why()
                : verdict.action() + by(verdict.cause(), verdict.rule());
        if (!does.equals(says)) {
            differences.add("in force is " + does + ", the policy says " + says);
        }
        return differences;
    }

    private static boolean isLagging(FlowReport report, RuleAssignment wanted) {
        return !report.rulesHash().equals(wanted.hash());
    }

    private String by(Cause cause, @Nullable String rule) {
        return switch (cause) {
            case RULE -> " by " + sight.rule(String.valueOf(rule));
            case DEFAULT -> " by default";
            case EXCLUDED -> " as it is excluded";
            case NEIGHBOURHOOD, NOT_IP -> " by its kind";
            case NO_CONNECTION -> " as of no connection";
        };
    }

    private FirewallView firewall(FirewallAnswer answer, RuleAssignment wanted) {
        return switch (answer) {
            case FirewallAnswer.Silent(var host, String why) -> silent(host.value(), why);
            case FirewallAnswer.Moved(var from, var to) -> silent(from.value(), "the vNIC has moved to " + to);
            case FirewallAnswer.Says says -> firewall(says, wanted);
        };
    }

    private static FirewallView silent(String host, String why) {
        return new FirewallView(host, null, 0, 0, null, false, null, null, null, null, 0, List.of(), why);
    }

    private FirewallView firewall(FirewallAnswer.Says says, RuleAssignment wanted) {
        FlowReport report = says.report();
        FlowVerdict verdict = report.verdict();
        return new FirewallView(
                says.host().value(),
                says.phase(),
                report.epoch(),
                report.policyRevision(),
                report.rulesHash(),
                isLagging(report, wanted),
                verdict == null ? null : verdict.action().name(),
                verdict == null ? null : rule(verdict),
                verdict == null ? null : sight.id(verdict.rule(), verdict.ruleId()),
                EvaluationViews.orNull(
                        verdict != null && verdict.stateless() && !sight.hides(String.valueOf(verdict.rule()))),
                report.matching(),
                views.connections(report.connections()),
                null);
    }

    private String rule(FlowVerdict verdict) {
        return switch (verdict.cause()) {
            case RULE -> sight.rule(String.valueOf(verdict.rule()));
            case DEFAULT -> Views.DEFAULT;
            case EXCLUDED -> "excluded";
            case NEIGHBOURHOOD, NOT_IP -> "neighbourhood";
            case NO_CONNECTION -> "no connection";
        };
    }
}
