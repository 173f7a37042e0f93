package io.portcullis.admin;

import io.portcullis.admin.document.DocumentPaths;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.FieldProblem;
import io.portcullis.policy.analyze.Finding;
import io.portcullis.policy.analyze.FindingKind;
import io.portcullis.policy.analyze.PolicyAnalyzer;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.TenantModel;
import java.util.List;
import java.util.Set;

/**
 * Lets a change through that brings no finding of some kinds: one that the tenant has already, about the same rule or group, is not held
 * against it. For one request; its calls follow each other.
 */
final class AnalysisGate {
    private final Edits.Change change;
    private final Set<FindingKind> refused;
    private final Sight sight;
    private long passedRevision = -1;
    private List<ModelEdit> passed = List.of();

    AnalysisGate(Edits.Change change, Set<FindingKind> refused, Sight sight) {
        this.sight = sight;
        this.change = change;
        this.refused = refused;
    }

    /** The change, which makes no edits for a model that they bring findings to. */
    Edits.Change guarded() {
        return change.withEdits(this::edits);
    }

    /**
     * The edits for a model; takes seconds for a large one that was not asked for just before.
     *
     * @throws RefusedException if they bring what is refused
     */
    List<ModelEdit> edits(TenantModel model) {
        if (passedRevision != model.revision()) {
            List<ModelEdit> edits = change.edits().apply(model);
            check(model, edits);
            passed = edits;
            passedRevision = model.revision();
        }
        return passed;
    }

    private void check(TenantModel model, List<ModelEdit> edits) {
        // what the model refuses is refused with its own reasons, later
        if (refused.isEmpty()
                || !(model.apply(edits) instanceof EditResult.Accepted(TenantModel after, boolean isChanged))
                || !isChanged) {
            return;
        }
        List<Finding> found = only(PolicyAnalyzer.analyze(after, sight.reader()).findings());
        if (found.isEmpty()) {
            return;
        }
        Set<String> known = Finding.identities(
                only(PolicyAnalyzer.analyze(model, sight.reader()).findings()));
        List<Finding> brought = found.stream()
                .filter(finding -> !known.contains(finding.identity()))
                .toList();
        if (!brought.isEmpty()) {
            throw refusal(brought);
        }
    }

    private List<Finding> only(List<Finding> findings) {
        return findings.stream()
                .filter(finding -> refused.contains(finding.kind()))
                .toList();
    }

    private RefusedException refusal(List<Finding> findings) {
        List<FieldProblem> problems = findings.stream()
                .limit(Limits.MAX_PROBLEMS)
                .map(Finding::problem)
                .map(problem -> {
                    FieldProblem placed = change.place().apply(problem);
                    return placed == null ? DocumentPaths.elsewhere(problem) : placed;
                })
                .toList();
        String more = findings.size() == 1 ? "" : " (and " + (findings.size() - 1) + " more)";
        return new RefusedException(
                ProblemKind.FINDINGS,
                problems.getFirst().path() + ": " + problems.getFirst().message() + more,
                null,
                problems);
    }
}
