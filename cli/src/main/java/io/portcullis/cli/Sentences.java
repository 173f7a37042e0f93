package io.portcullis.cli;

import io.portcullis.api.AnalysisView;
import io.portcullis.api.ChangeView;
import io.portcullis.api.DryRunView;
import io.portcullis.api.FindingView;
import io.portcullis.api.HitsView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.MoveView;
import io.portcullis.api.OperationView;
import io.portcullis.api.PreflightView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.StagedView;
import io.portcullis.api.TenantRealization;
import io.portcullis.api.TenantsRealization;
import io.portcullis.api.VnicRealization;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Results in a sentence. */
final class Sentences {
    private static final int MAX_LISTED = 12;
    private static final String EMPTY_GROUP = "empty-group";

    private Sentences() {}

    static String change(ChangeView change, boolean realized) {
        if (change.changed().isEmpty()) {
            return "unchanged: " + change.tenant() + " is at revision " + change.revision();
        }
        return "revision " + change.revision() + " of " + change.tenant() + (realized ? ", realized: " : ": ")
                + listed(change.changed());
    }

    static String dryRun(DryRunView view) {
        String now = "; " + view.tenant() + " is at revision " + view.revision();
        return view.changed().isEmpty()
                ? "nothing would change" + now
                : "would change " + listed(view.changed()) + now + ", nothing was changed";
    }

    static String staged(StagedView view) {
        if (view.policies().isEmpty()) {
            return "revision " + view.revision() + " of " + view.tenant() + ": nothing is staged";
        }
        String policies = listed(view.policies().stream()
                .map(policy -> policy.name() + " ("
                        + switch (policy.change()) {
                            case "ADD" -> "new";
                            case "REMOVE" -> "removed";
                            default -> "changed";
                        }
                        + ")")
                .toList());
        return "revision " + view.revision() + " of " + view.tenant() + ", staged: " + policies + "; "
                + (view.vnics() == 1 ? "1 vNIC would enforce" : view.vnics() + " vNICs would enforce")
                + " other rules"
                + (view.judging() == 0 ? "" : ", " + view.judging() + " of them still judge their live connections");
    }

    private static String listed(List<String> names) {
        String more = names.size() > MAX_LISTED ? " and " + (names.size() - MAX_LISTED) + " more" : "";
        return String.join(", ", names.stream().limit(MAX_LISTED).toList()) + more;
    }

    /** {@code 3 of 4 vNICs; pending: host-2 (1, since 2026-01-01T00:00:00Z)}; of the provider {@code 3 of 4 tenants; pending: acme}. */
    static String realized(RealizationView view) {
        TenantsRealization tenants = view.tenants();
        if (tenants != null) {
            List<String> pending = tenants.items().stream()
                    .limit(tenants.pending())
                    .map(TenantRealization::tenant)
                    .toList();
            return tenants.count() - tenants.pending() + " of " + tenants.count() + " tenants"
                    + (pending.isEmpty() ? "" : "; pending: " + listed(pending));
        }
        int done = view.attached() - view.pending();
        Map<String, List<VnicRealization>> pending = view.vnics().stream()
                .filter(vnic -> !vnic.realized())
                .collect(Collectors.groupingBy(vnic -> String.valueOf(vnic.host()), TreeMap::new, Collectors.toList()));
        String hosts = pending.entrySet().stream()
                .map(host -> host.getKey() + " (" + host.getValue().size()
                        + host.getValue().stream()
                                .map(VnicRealization::pendingSince)
                                .filter(Objects::nonNull)
                                .min(Comparator.naturalOrder())
                                .map(since -> ", since " + since)
                                .orElse("")
                        + ")")
                .collect(Collectors.joining(", "));
        int unlisted =
                view.pending() - pending.values().stream().mapToInt(List::size).sum();
        return done + " of " + view.attached() + " vNICs"
                + (hosts.isEmpty() ? "" : "; pending: " + hosts)
                + (unlisted > 0 ? ", and " + unlisted + " more" : "");
    }

    static String lagging(TenantRealization tenant) {
        return tenant.tenant() + " has revision " + tenant.adopted() + " of the provider"
                + (tenant.pendingSince() == null ? "" : ", pending since " + tenant.pendingSince())
                + (tenant.laggingHosts().isEmpty() ? "" : ", lagging " + String.join(", ", tenant.laggingHosts()))
                + (tenant.problem() == null ? "" : ": " + tenant.problem());
    }

    static String lagging(VnicRealization vnic) {
        return vnic.vnic() + " on " + vnic.host() + " has the rules of revision " + vnic.revision()
                + (vnic.pendingSince() == null ? "" : ", pending since " + vnic.pendingSince());
    }

    /** A line, and three for each finding. */
    static String hits(HitsView view) {
        return view.tenant() + " at revision " + view.revision() + ", counted "
                + (view.countedSince() == null ? "from the beginning" : "since " + view.countedSince());
    }

    /** What a sum over hosts lacks. */
    static String missing(List<String> silentHosts) {
        return silentHosts.isEmpty()
                ? "without what hosts counted that are gone: the database does not answer"
                : "these hosts do not answer and may have counted more: " + String.join(", ", silentHosts);
    }

    /** Of which rules without a hit nothing is said, and why; empty if of none. */
    private static String undecided(AnalysisView.Usage usage) {
        if (usage.undecided() == 0) {
            return "";
        }
        String why = usage.complete()
                ? "everything is counted since " + usage.countedSince() + " only: ask with --unused-since "
                        + usage.countedSince()
                : missing(usage.silentHosts());
        return "\nrules without a known hit since " + usage.unusedSince() + " that are not listed: " + usage.undecided()
                + "; " + why;
    }

    static String analysis(AnalysisView analysis) {
        StringBuilder text = new StringBuilder(analysis.tenant() + " at revision " + analysis.revision() + ", "
                + analysis.rules() + (analysis.rules() == 1 ? " rule: " : " rules: ")
                + (analysis.counts().isEmpty()
                        ? "nothing found"
                        : analysis.counts().entrySet().stream()
                                .map(count -> count.getValue() + " " + count.getKey())
                                .collect(Collectors.joining(", "))));
        for (FindingView finding : analysis.findings()) {
            text.append('\n').append(finding.kind()).append(": ").append(finding.subject());
            text.append(Boolean.TRUE.equals(finding.introduced()) ? " (new)" : "");
            text.append("\n  ").append(finding.message());
            text.append("\n  hint: ").append(finding.hint());
            if (finding.kind().equals(EMPTY_GROUP) && !finding.causes().isEmpty()) {
                text.append("\n  named by ").append(String.join(", ", finding.causes()));
            }
        }
        text.append(analysis.truncated() ? "\nthere are more" : "");
        if (analysis.unfinished() > 0) {
            text.append("\na limit of the analysis ended the search for ")
                    .append(analysis.unfinished())
                    .append(" rules");
        }
        AnalysisView.Usage usage = analysis.usage();
        return text + (usage == null ? "" : undecided(usage));
    }

    static String operation(OperationView view) {
        String what = view.id() + ", " + view.kind().toLowerCase(Locale.ROOT)
                + (view.host() == null ? "" : " of " + view.host()) + ": ";
        String progress = view.moved() + " of " + view.total() + " VMs moved";
        String open = view.moving().isEmpty() && view.waiting() == 0
                ? ""
                : ", " + view.moving().size() + " moving, " + view.waiting() + " waiting" + heldBack(view);
        String failed = view.failed().isEmpty()
                ? ""
                : "; not moved: "
                        + listed(view.failed().entrySet().stream()
                                .map(vm -> vm.getKey() + " (" + vm.getValue() + ")")
                                .toList());
        return what + view.state().toLowerCase(Locale.ROOT) + ", " + progress + open + sent(view)
                + Words.eta(view.etaMillis()) + failed;
    }

    /** Like {@code , 150 MB/s of at most 200 MB/s}; nothing if there is no limit and nothing is known. */
    private static String sent(OperationView view) {
        Long limit = view.bytesPerSecond();
        Long used = view.bytesPerSecondUsed();
        if (limit == null) {
            return used == null ? "" : ", " + Bandwidth.text(used);
        }
        return ", " + (used == null ? "" : Bandwidth.text(used) + " of ") + "at most " + Bandwidth.text(limit);
    }

    /** Like {@code  (MEMORY 3, PARALLEL 12)}; empty if nothing is known of why VMs wait. */
    private static String heldBack(OperationView view) {
        return view.heldBack().isEmpty()
                ? ""
                : new TreeMap<>(view.heldBack())
                        .entrySet().stream()
                                .map(reason -> reason.getKey() + " " + reason.getValue())
                                .collect(Collectors.joining(", ", " (", ")"));
    }

    static String preflight(PreflightView view) {
        StringBuilder text = new StringBuilder(view.vm() + " " + view.from() + " → " + view.to()
                + ": would be accepted; " + (view.vnics() == 1 ? "1 vNIC" : view.vnics() + " vNICs") + ", "
                + view.connections() + " connections, ");
        Long pause = view.expectedPauseNanos();
        text.append(
                pause == null
                        ? "no migration before to expect a pause from"
                        : "pause about " + Words.millis(pause) + " (median of " + view.samples() + " before)");
        if (view.connectionsPerSecond() != null) {
            text.append(", rounds do not get shorter if more than ")
                    .append(view.connectionsPerSecond())
                    .append(" connections change in a second");
        }
        view.notes().forEach(note -> text.append("\n  ").append(note));
        return text.toString();
    }

    static String move(MoveView view) {
        String where = view.host() == null ? "no host enforces" : view.host() + " enforces";
        String what = switch (view.status()) {
            case MoveView.READY -> view.vm() + " may be stopped; " + where;
            case MoveView.HANDED_OVER, MoveView.SETTLED -> view.vm() + ": " + where;
            default -> view.vm() + ": not yet; " + where;
        };
        return what + (view.warning() == null ? "" : "\nwarning: " + view.warning());
    }

    static String migration(MigrationView migration) {
        ReceiptView receipt = migration.receipt();
        String route = migration.vm() + " " + migration.from() + " → " + migration.to();
        if (receipt == null || !migration.state().equals("COMMITTED")) {
            return route + ": " + migration.state() + (migration.reason() == null ? "" : ", " + migration.reason());
        }
        return route + ": moved, pause " + Words.millis(receipt.pauseNanos()) + ", "
                + receipt.entriesReceived() + " of " + receipt.entriesSent() + " connections, frames held "
                + receipt.framesHeld() + ", forwarded " + receipt.framesForwarded() + ", dropped "
                + receipt.framesDropped()
                + (receipt.rounds() == 0
                        ? ""
                        : ", " + receipt.rounds() + (receipt.rounds() == 1 ? " round" : " rounds") + " ahead, "
                                + receipt.restBytes() + " bytes in the pause");
    }
}
