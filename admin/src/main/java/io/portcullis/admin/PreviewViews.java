package io.portcullis.admin;

import io.portcullis.api.PreviewView;
import io.portcullis.api.PreviewView.FlowExampleView;
import io.portcullis.api.PreviewView.RuleNames;
import io.portcullis.api.PreviewView.TableChangeView;
import io.portcullis.api.PreviewView.VnicPreview;
import io.portcullis.datapath.engine.FlowExample;
import io.portcullis.datapath.runtime.FlowReview;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.RuleTableDelta;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes one preview as the API shows it. */
final class PreviewViews {
    /** vNICs, and changes of tables, that are listed; all are counted. */
    static final int MAX_LISTED = 1_000;
    /** Names in one list. */
    static final int MAX_NAMES = 20;

    private static final RuleTable NO_RULES = new RuleTable("", List.of(), io.portcullis.policy.Action.DROP, false);

    private final Sight sight;
    private final Map<TenantId, Views> views = new HashMap<>();

    /** @param models of the tenants whose vNICs are concerned */
    PreviewViews(Map<TenantId, TenantModel> models, Sight sight) {
        this.sight = sight;
        models.forEach((tenant, model) -> views.put(tenant, new Views(model, sight)));
    }

    PreviewView view(Edits.Plan plan, TableChanges changes, Map<VnicId, FlowReviewRounds.Answer> answers) {
        List<VnicPreview> items = answers.values().stream()
                .map(this::vnic)
                .sorted(Comparator.<VnicPreview>comparingLong(item -> -(long) item.cut() - item.reset() - item.oneWay())
                        .thenComparing(item -> item.problem() == null)
                        .thenComparing(VnicPreview::vnic))
                .toList();
        return new PreviewView(
                plan.model().tenant().value(),
                plan.model().revision(),
                plan.titles(),
                changes.vnics(),
                items.size(),
                (int) items.stream().filter(item -> item.problem() != null).count(),
                items.stream().mapToLong(VnicPreview::connections).sum(),
                items.stream().mapToLong(VnicPreview::cut).sum(),
                items.stream().mapToLong(VnicPreview::reset).sum(),
                items.stream().mapToLong(VnicPreview::kept).sum(),
                items.stream().mapToLong(VnicPreview::released).sum(),
                items.stream().mapToLong(VnicPreview::oneWay).sum(),
                items.stream().mapToLong(VnicPreview::byOtherRule).sum(),
                changes.changes().stream().limit(MAX_LISTED).map(this::table).toList(),
                changes.changes().size() > MAX_LISTED,
                items.stream().limit(MAX_LISTED).toList(),
                items.size() > MAX_LISTED);
    }

    private VnicPreview vnic(FlowReviewRounds.Answer answer) {
        FlowReview review = answer.review().review();
        String vnic = answer.review().vnic().toString();
        String host = answer.host().value();
        String problem = problem(answer, review);
        if (review == null || problem != null) {
            return new VnicPreview(vnic, host, 0, 0, 0, 0, 0, 0, 0, List.of(), problem);
        }
        return new VnicPreview(
                vnic,
                host,
                review.connections(),
                review.cut(),
                review.reset(),
                review.kept(),
                review.released(),
                review.oneWay(),
                review.byOtherRule(),
                review.examples().stream()
                        .map(example -> example(example, answer.review().vnic().tenant()))
                        .toList(),
                null);
    }

    private static @Nullable String problem(FlowReviewRounds.Answer answer, @Nullable FlowReview review) {
        if (review == null) {
            return Objects.requireNonNullElse(answer.review().problem(), "there is no answer");
        }
        // elsewhere the connections are, or are about to be
        return review.mode() == VnicMode.ENFORCING || review.mode() == VnicMode.CUTTING
                ? null
                : "it is " + review.mode() + " on " + answer.host() + " at this moment; ask again";
    }

    private FlowExampleView example(FlowExample example, TenantId tenant) {
        String rule = example.rule();
        return new FlowExampleView(
                Objects.requireNonNull(views.get(tenant))
                        .connections(List.of(example.connection()))
                        .getFirst(),
                example.outcome().name(),
                example.action().name(),
                rule == null ? Views.DEFAULT : sight.rule(rule),
                example.mode().name());
    }

    private TableChangeView table(TableChanges.Change change) {
        RuleTable before = Objects.requireNonNullElse(change.before(), NO_RULES);
        RuleTable after = Objects.requireNonNullElse(change.after(), NO_RULES);
        RuleTableDelta delta = RuleTableDelta.between(before, after);
        return new TableChangeView(
                change.vnics().stream().limit(MAX_NAMES).map(VnicId::toString).toList(),
                change.vnics().size(),
                shown(before.rules()).size(),
                shown(after.rules()).size(),
                names(delta.added()),
                names(delta.removed()),
                names(delta.changed()),
                delta.reordered(),
                change.before() != null && change.after() != null && delta.settings());
    }

    /** Those that may be told. */
    private List<TableRule> shown(List<TableRule> rules) {
        return rules.stream().filter(rule -> !sight.hides(rule.name())).toList();
    }

    private RuleNames names(List<TableRule> all) {
        List<TableRule> rules = shown(all);
        List<String> names = new ArrayList<>();
        for (TableRule rule : rules.subList(0, Math.min(rules.size(), MAX_NAMES))) {
            names.add(rule.name() + " (" + rule.action() + ")");
        }
        return new RuleNames(rules.size(), names);
    }
}
