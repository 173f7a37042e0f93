package io.portcullis.cli;

import static io.portcullis.cli.Table.Column.column;
import static io.portcullis.cli.Table.Column.wideColumn;

import io.portcullis.api.ConnectionView;
import io.portcullis.api.ExclusionSpec;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.HitsView;
import io.portcullis.api.HostView;
import io.portcullis.api.MemberView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.OperationView;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.PolicyStatus;
import io.portcullis.api.PreflightView;
import io.portcullis.api.QuotaView;
import io.portcullis.api.RebalanceView;
import io.portcullis.api.ReceiptView;
import io.portcullis.api.Resource;
import io.portcullis.api.RevisionView;
import io.portcullis.api.RuleSpec;
import io.portcullis.api.RuleView;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.api.StagedView;
import io.portcullis.api.TenantRealization;
import io.portcullis.api.TenantView;
import io.portcullis.api.VmView;
import io.portcullis.api.VnicRealization;
import io.portcullis.api.VnicStatusView;
import io.portcullis.api.VnicView;
import io.portcullis.cli.Table.Column;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The columns of every kind. */
final class Tables {
    static final List<Column<VmView>> VMS = List.of(
            column("NAME", VmView::name),
            column("HOST", vm -> vm.placement().host()),
            column("PHASE", vm -> Words.phase(vm.placement())),
            column("EPOCH", vm -> vm.placement().epoch()),
            column("TAGS", VmView::tags),
            column(
                    "ADDRESSES",
                    vm -> vm.vnics().stream().flatMap(Words::addresses).toList()),
            wideColumn("GROUPS", VmView::groups),
            wideColumn("FINDINGS", VmView::findings),
            wideColumn("REPLICA", vm -> Words.replica(vm.placement().replica())),
            wideColumn("OS", VmView::os),
            wideColumn("PORTS", vm -> vm.vnics().stream().map(VnicView::port).toList()));

    static final List<Column<VnicView>> VNICS = List.of(
            column("VNIC", VnicView::name),
            column("MODE", live(VnicStatusView::mode)),
            column("REVISION", live(VnicStatusView::policyRevision)),
            column("CONNECTIONS", live(VnicStatusView::connections)),
            column("SEGMENT", VnicView::segment),
            column("VLAN", VnicView::vlan),
            column("MAC", VnicView::mac),
            column("EXCLUDED", VnicView::excluded),
            column("ADDRESSES", VnicView::addresses),
            wideColumn("PORT", VnicView::port),
            wideColumn("RULES-HASH", live(VnicStatusView::rulesHash)));

    static final List<Column<HostView>> HOSTS = List.of(
            column("NAME", HostView::name),
            column("STATUS", host -> host.draining() ? host.status() + ",DRAINING" : host.status()),
            column("VMS", host -> host.vms().size()),
            column("VNICS", HostView::vnics),
            column("CONNECTIONS", HostView::connections),
            column("ADDRESS", HostView::address),
            wideColumn("MAX-VNICS", HostView::maxVnics),
            wideColumn("VM-NAMES", HostView::vms),
            column("PROBLEM", HostView::problem));

    static final List<Column<Resource<GroupSpec>>> GROUPS = List.of(
            column("NAME", group -> group.metadata().name()),
            column("MEMBERS", group -> Words.expression(group.spec().members())));

    static final List<Column<Resource<SegmentSpec>>> SEGMENTS = List.of(
            column("NAME", segment -> segment.metadata().name()),
            column("VLAN", segment -> segment.spec().vlan()),
            column("DESCRIPTION", segment -> segment.spec().description()));

    static final List<Column<Resource<ServiceSpec>>> SERVICES = List.of(
            column("NAME", service -> service.metadata().name()),
            column(
                    "ENTRIES",
                    service -> service.spec().entries().stream()
                            .map(Words::service)
                            .toList()));

    static final List<Column<Resource<ExclusionSpec>>> EXCLUSIONS = List.of(
            column("NAME", exclusion -> exclusion.metadata().name()),
            column("GROUPS", exclusion -> exclusion.spec().groups()),
            column("VMS", exclusion -> exclusion.spec().vms()),
            column("DESCRIPTION", exclusion -> exclusion.spec().description()));

    static final List<Column<Resource<PolicySpec>>> POLICIES = List.of(
            column("NAME", policy -> policy.metadata().name()),
            column("CATEGORY", policy -> policy.spec().category()),
            column("SEQUENCE", policy -> policy.spec().sequence()),
            column("ENABLED", policy -> policy.spec().enabled()),
            column("ACTIVE", status(PolicyStatus::active)),
            column("NEXT-CHANGE", status(PolicyStatus::nextChange)),
            column("APPLIED-TO", policy -> orAll(policy.spec().appliedTo())),
            column("RULES", policy -> policy.spec().rules().size()),
            column("LOCK", policy -> policy.spec().lock()),
            wideColumn("STATE", policy -> Words.state(policy.spec())),
            wideColumn("SCHEDULE", policy -> Words.schedule(policy.spec().schedule())),
            wideColumn("DESCRIPTION", policy -> policy.spec().description()));

    static final List<Column<Resource<StagedPolicySpec>>> STAGED_POLICIES = List.of(
            column("NAME", staged -> staged.metadata().name()),
            column("WHEN-PUBLISHED", staged -> staged.spec().policy() == null ? "removed" : "as staged"),
            column("CATEGORY", staged(PolicySpec::category)),
            column("SEQUENCE", staged(PolicySpec::sequence)),
            column("ENABLED", staged(PolicySpec::enabled)),
            column("APPLIED-TO", staged(policy -> orAll(policy.appliedTo()))),
            column("RULES", staged(policy -> policy.rules().size())),
            wideColumn("STATE", staged(Words::state)),
            wideColumn("DESCRIPTION", staged(PolicySpec::description)));

    static final List<Column<StagedView.Rule>> STAGED_RULES = List.of(
            column("RULE", StagedView.Rule::rule),
            column("STAGED", StagedView.Rule::staged),
            column("HITS", StagedView.Rule::hits),
            column("WOULD-DENY", StagedView.Rule::wouldDeny),
            column("WOULD-ALLOW", StagedView.Rule::wouldAllow),
            column("WOULD-CUT", StagedView.Rule::wouldCut));

    static final List<Column<HitsView.Rule>> HITS = List.of(
            column("RULE", rule -> rule.policy() == null ? rule.rule() : rule.policy() + "/" + rule.rule()),
            column(
                    "CATEGORY",
                    rule -> Optional.ofNullable(rule.category())
                            .map(category -> category.toLowerCase(Locale.ROOT))
                            .orElse(null)),
            column("ACTION", HitsView.Rule::action),
            column("ACTIVE", HitsView.Rule::active),
            column("HITS", HitsView.Rule::hits),
            column("LAST-HIT", HitsView.Rule::lastHit));

    static final List<Column<StagedView.Example>> STAGED_EXAMPLES = List.of(
            column("VNIC", StagedView.Example::vnic),
            column("DIFFERENCE", StagedView.Example::difference),
            column("DIRECTION", StagedView.Example::direction),
            column("PROTOCOL", StagedView.Example::protocol),
            column("SOURCE", StagedView.Example::source),
            column("DESTINATION", StagedView.Example::destination),
            column("NOW", StagedView.Example::ruleNow),
            column("THEN", StagedView.Example::ruleThen),
            column("TIMES", StagedView.Example::times),
            wideColumn("AGE", example -> Words.idle(example.ageMillis())));

    static final List<Column<RuleSpec>> POLICY_RULES = List.of(
            column("RULE", RuleSpec::name),
            column("DIRECTION", RuleSpec::direction),
            column("SOURCES", rule -> Words.side(rule.sources(), rule.negateSources())),
            column("DESTINATIONS", rule -> Words.side(rule.destinations(), rule.negateDestinations())),
            column("SERVICES", rule -> Words.side(rule.services(), rule.negateServices())),
            column("ACTION", RuleSpec::action),
            column("LIVE-FLOWS", RuleSpec::liveFlows),
            column("EXPIRES", RuleSpec::expires),
            wideColumn("FAMILY", RuleSpec::family),
            wideColumn("ETHERNET", rule -> Words.ethernet(rule.ethernet())),
            wideColumn("APPLIED-TO", rule -> orAll(rule.appliedTo())),
            wideColumn("LOG", RuleSpec::log),
            wideColumn("DESCRIPTION", RuleSpec::description));

    static final List<Column<TenantView>> TENANTS = List.of(
            column("NAME", TenantView::name),
            column("DEFAULT", TenantView::defaultAction),
            column("TRACKING", TenantView::tracking),
            column("TIMEOUTS", TenantView::timeouts),
            column("REVISION", TenantView::revision),
            column("VMS", TenantView::vms),
            column("GROUPS", TenantView::groups),
            column("POLICIES", TenantView::policies));

    /** Of the words for what a quota limits. */
    static List<Column<String>> quota(QuotaView view) {
        return List.of(
                column("WHAT", word -> word),
                column("USED", word -> view.used().get(word)),
                column("LIMIT", word -> view.limits().get(word)));
    }

    static final List<Column<MigrationView>> MIGRATIONS = List.of(
            column("ID", MigrationView::id),
            column("VM", MigrationView::vm),
            column("FROM", MigrationView::from),
            column("TO", MigrationView::to),
            column("STATE", MigrationView::state),
            column("PAUSE", receipt(receipt -> Words.millis(receipt.pauseNanos()))),
            column("CONNECTIONS", receipt(ReceiptView::entriesReceived)),
            column("HELD", receipt(ReceiptView::framesHeld)),
            column("DROPPED", receipt(ReceiptView::framesDropped)),
            wideColumn("PHASE", MigrationView::phase),
            column("STARTED", MigrationView::started),
            wideColumn("BY", MigrationView::requestedBy),
            wideColumn("REASON", MigrationView::reason));

    static final List<Column<PreflightView.Host>> PREFLIGHT = List.of(
            column("HOST", PreflightView.Host::name),
            column("VMS", PreflightView.Host::vms),
            column("VNICS", PreflightView.Host::vnics),
            column("MAX-VNICS", PreflightView.Host::maxVnics),
            column("CONNECTIONS", PreflightView.Host::connections));

    static final List<Column<OperationView>> OPERATIONS = List.of(
            column("ID", OperationView::id),
            column("KIND", OperationView::kind),
            column("HOST", OperationView::host),
            column("STATE", OperationView::state),
            column("MOVED", operation -> operation.moved() + "/" + operation.total()),
            column("MOVING", operation -> operation.moving().size()),
            column("WAITING", OperationView::waiting),
            column(
                    "FAILED",
                    operation -> operation.total()
                            - operation.moved()
                            - operation.moving().size()
                            - operation.waiting()),
            column(
                    "ETA",
                    operation -> Optional.ofNullable(operation.etaMillis())
                            .map(Words::idle)
                            .orElse(null)),
            column("STARTED", OperationView::started),
            wideColumn("ENDED", OperationView::ended),
            wideColumn("PRIORITY", OperationView::priority),
            wideColumn("PARALLEL", OperationView::parallel),
            wideColumn("BANDWIDTH", operation -> bandwidth(operation.bytesPerSecond())),
            wideColumn("USED", operation -> bandwidth(operation.bytesPerSecondUsed())),
            wideColumn(
                    "HELD-BACK",
                    operation -> operation.heldBack().isEmpty() ? null : new TreeMap<>(operation.heldBack())),
            wideColumn("TO", OperationView::to),
            wideColumn("BY", OperationView::by));

    static final List<Column<RebalanceView.Host>> BALANCE = List.of(
            column("HOST", RebalanceView.Host::host),
            column("VMS", host -> host.before().vms() + " → " + host.after().vms()),
            column("VNICS", host -> host.before().vnics() + " → " + host.after().vnics()),
            column(
                    "CONNECTIONS",
                    host -> host.before().connections() + " → " + host.after().connections()),
            column(
                    "PACKETS/S",
                    host -> host.before().packetsPerSecond() + " → "
                            + host.after().packetsPerSecond()));

    static final List<Column<RebalanceView.Move>> PLANNED_MOVES = List.of(
            column("VM", RebalanceView.Move::vm),
            column("FROM", RebalanceView.Move::from),
            column("TO", RebalanceView.Move::to),
            column("CONNECTIONS", RebalanceView.Move::connections),
            column("PACKETS/S", RebalanceView.Move::packetsPerSecond));

    static final List<Column<MemberView>> MEMBERS = List.of(
            column("ADDRESS", MemberView::address),
            column("HOST", MemberView::host),
            column("STATUS", MemberView::status),
            column("REACHABLE", MemberView::reachable),
            column("ANSWERS-YOU", MemberView::self),
            wideColumn("ROLES", MemberView::roles));

    static final List<Column<ConnectionView>> CONNECTIONS = List.of(
            column("PROTOCOL", ConnectionView::protocol),
            column("DIRECTION", ConnectionView::direction),
            column("ORIGINATOR", ConnectionView::originator),
            column("RESPONDER", ConnectionView::responder),
            column("STATE", ConnectionView::state),
            column("RULE", ConnectionView::rule),
            column("IDLE", connection -> Words.idle(connection.idleMillis())),
            wideColumn("AGE", connection -> Words.idle(connection.ageMillis())),
            column("PACKETS", ConnectionView::packets),
            column("BYTES", ConnectionView::bytes),
            column("REVISION", ConnectionView::revision),
            wideColumn("ADMITTED-BY", ConnectionView::admittedBy),
            wideColumn("AT-REVISION", ConnectionView::admittedRevision),
            wideColumn("RULE-ID", ConnectionView::ruleId));

    static final List<Column<RuleView>> RULES = List.of(
            column("#", RuleView::position),
            column("RULE", RuleView::name),
            column("CATEGORY", rule -> rule.category().toLowerCase(Locale.ROOT)),
            column("DIRECTION", RuleView::direction),
            column("SOURCES", RuleView::sources),
            column("DESTINATIONS", RuleView::destinations),
            column("SERVICES", RuleView::services),
            column("ACTION", RuleView::action),
            wideColumn("LIVE-FLOWS", RuleView::liveFlows),
            wideColumn("STATEFUL", RuleView::stateful),
            wideColumn("TCP-STRICT", RuleView::tcpStrict),
            wideColumn("FAMILY", RuleView::family),
            wideColumn("ETHERNET", RuleView::ethernet),
            wideColumn("LOG", rule -> rule.logLabel() == null ? rule.log() : rule.logLabel()),
            wideColumn("ID", RuleView::id));

    static final List<Column<VnicRealization>> REALIZATION = List.of(
            column("VNIC", VnicRealization::vnic),
            column("HOST", VnicRealization::host),
            column("REVISION", VnicRealization::revision),
            column("REALIZED", VnicRealization::realized),
            column("PENDING-SINCE", VnicRealization::pendingSince));

    static final List<Column<TenantRealization>> ADOPTIONS = List.of(
            column("TENANT", TenantRealization::tenant),
            column("ADOPTED", TenantRealization::adopted),
            column("REVISION", TenantRealization::revision),
            column("REALIZED", TenantRealization::realized),
            column("PENDING-SINCE", TenantRealization::pendingSince),
            column("LAGGING", TenantRealization::laggingHosts),
            column("PROBLEM", TenantRealization::problem));

    static final List<Column<RevisionView>> REVISIONS = List.of(
            column("REVISION", RevisionView::revision),
            column("WHEN", RevisionView::at),
            column("BY", RevisionView::by),
            column("WHAT", RevisionView::summary),
            column("NOTE", RevisionView::note));

    private Tables() {}

    private static Function<Resource<PolicySpec>, @Nullable Object> status(
            Function<PolicyStatus, @Nullable Object> value) {
        return policy -> {
            PolicyStatus status = policy.status();
            return status == null ? null : value.apply(status);
        };
    }

    private static Function<Resource<StagedPolicySpec>, @Nullable Object> staged(
            Function<PolicySpec, @Nullable Object> value) {
        return staged -> {
            PolicySpec policy = staged.spec().policy();
            return policy == null ? null : value.apply(policy);
        };
    }

    private static Function<VnicView, @Nullable Object> live(Function<VnicStatusView, Object> value) {
        return vnic -> {
            VnicStatusView status = vnic.status();
            return status == null ? null : value.apply(status);
        };
    }

    private static Function<MigrationView, @Nullable Object> receipt(Function<ReceiptView, Object> value) {
        return migration -> {
            ReceiptView receipt = migration.receipt();
            return receipt == null ? null : value.apply(receipt);
        };
    }

    private static Object orAll(@Nullable List<String> groups) {
        return groups == null || groups.isEmpty() ? "all" : groups;
    }

    private static @Nullable String bandwidth(@Nullable Long bytesPerSecond) {
        return bytesPerSecond == null ? null : Bandwidth.text(bytesPerSecond);
    }
}
