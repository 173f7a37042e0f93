package io.portcullis.admin.document;

import io.portcullis.api.ExclusionSpec;
import io.portcullis.api.GroupExpression;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.PolicyStatus;
import io.portcullis.api.QuotaSpec;
import io.portcullis.api.QuotaView;
import io.portcullis.api.RuleSpec;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.TenantView;
import io.portcullis.api.TextMatch;
import io.portcullis.api.VmSpec;
import io.portcullis.api.VnicSpec;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TenantQuota;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes the model as documents of the API; what {@link ModelReader} makes of them is the same model again. */
public final class ModelWriter {
    private ModelWriter() {}

    public static TenantView tenant(TenantModel model) {
        return new TenantView(
                model.tenant().value(),
                model.defaultAction().name(),
                tracking(model.looseTracking()),
                word(model.timeouts()),
                model.revision(),
                model.vms().size(),
                model.groups().size(),
                model.policies().size());
    }

    public static QuotaView quota(TenantModel model) {
        return QuotaText.view(model);
    }

    static QuotaSpec quota(TenantQuota quota) {
        return QuotaText.spec(quota);
    }

    /** {@code strict} or {@code loose}. */
    public static String tracking(boolean isLoose) {
        return isLoose ? "loose" : "strict";
    }

    /** A constant as documents have it. */
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    public static TenantSpec defaults(ModelEdit.SetDefaults defaults) {
        return new TenantSpec(
                defaults.defaultAction().name(), tracking(defaults.looseTracking()), word(defaults.timeouts()));
    }

    /** The inventory's part of the VM. */
    public static VmSpec vm(Vm vm) {
        return new VmSpec(
                vm.os().isEmpty() ? null : vm.os(),
                vm.tags().stream().map(Tag::toString).toList(),
                vm.vnics().stream().map(ModelWriter::vnic).toList(),
                vm.findings());
    }

    private static VnicSpec vnic(Vnic vnic) {
        return new VnicSpec(
                vnic.id().name(),
                vnic.mac().toString(),
                vnic.addresses().stream()
                        .map(address -> AddressLiteral.of(address).toString())
                        .toList(),
                vnic.segment(),
                vnic.port(),
                vnic.protection().equals(VnicProtection.STRICT) ? null : ProtectionText.spec(vnic.protection()));
    }

    public static SegmentSpec segment(Segment segment) {
        return new SegmentSpec(segment.vlan(), orNull(segment.description()));
    }

    public static GroupSpec group(Group group) {
        return new GroupSpec(expression(group.expression()));
    }

    public static ServiceSpec service(Service service) {
        return new ServiceSpec(
                service.matches().stream().map(ServiceText::entry).toList(),
                service.alg() == Alg.NONE ? null : word(service.alg()));
    }

    public static PolicySpec policy(SecurityPolicy policy) {
        return new PolicySpec(
                policy.category().name(),
                policy.sequence(),
                policy.appliedTo(),
                policy.enabled(),
                orNull(policy.description()),
                policy.lock(),
                ScheduleText.spec(policy.schedule()),
                policy.stateless() ? false : null,
                tcpStrict(policy.tcpPickup()),
                policy.rules().stream().map(ModelWriter::rule).toList());
    }

    /** Null as the tenant tracks. */
    public static @Nullable Boolean tcpStrict(TcpPickup pickup) {
        return switch (pickup) {
            case INHERIT -> null;
            case STRICT -> true;
            case LOOSE -> false;
        };
    }

    public static StagedPolicySpec staged(StagedPolicy staged) {
        SecurityPolicy policy = staged.policy();
        return policy == null ? StagedPolicySpec.ofRemoval() : new StagedPolicySpec(policy(policy), null);
    }

    public static ExclusionSpec exclusion(Exclusion exclusion) {
        return new ExclusionSpec(
                exclusion.groups().isEmpty() ? null : exclusion.groups(),
                exclusion.vms().isEmpty() ? null : List.copyOf(exclusion.vms()),
                orNull(exclusion.description()));
    }

    static RuleSpec rule(Rule rule) {
        return new RuleSpec(
                rule.name(),
                peers(rule.sources()),
                rule.sources().negated() ? true : null,
                peers(rule.destinations()),
                rule.destinations().negated() ? true : null,
                services(rule.services()),
                rule.services().negated() ? true : null,
                rule.direction().name(),
                rule.family().name(),
                EthernetText.spec(rule.ethernet()),
                rule.appliedTo().isEmpty() ? null : rule.appliedTo(),
                rule.action().name(),
                rule.liveFlowMode().name(),
                rule.log(),
                orNull(rule.description()),
                orNull(rule.logLabel()),
                rule.expires() == null ? null : rule.expires().toString());
    }

    /** What of the policy is in force at that time of its tenant. */
    public static PolicyStatus status(SecurityPolicy policy, Instant time) {
        Instant next = policy.nextChange(time);
        return new PolicyStatus(
                policy.activeAt(time),
                policy.rules().stream()
                        .filter(rule -> !rule.activeAt(time))
                        .map(Rule::name)
                        .toList(),
                next == null ? null : next.toString());
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static List<String> peers(Peers peers) {
        if (peers.any()) {
            return List.of(ModelReader.ANY);
        }
        List<String> items = new ArrayList<>(peers.groups());
        peers.addresses().stream().map(AddressLiteral::toString).forEach(items::add);
        return items;
    }

    private static List<String> services(ServiceSelection services) {
        return services.any() ? List.of(ModelReader.ANY) : services.names();
    }

    private static GroupExpression expression(Expression expression) {
        return switch (expression) {
            case Expression.HasTag has -> GroupExpression.tagged(has.tag().toString());
            case Expression.NameMatches name -> text(match(name.match(), name.text()), null);
            case Expression.OsMatches os -> text(null, match(os.match(), os.text()));
            case Expression.InSegment in -> leaf(in.segment(), null, null);
            case Expression.HasFinding has ->
                leaf(null, has.value() == null ? has.finding() : has.finding() + "=" + has.value(), null);
            case Expression.InGroup in -> leaf(null, null, in.group());
            case Expression.Addresses set ->
                sets(set.addresses().stream().map(AddressLiteral::toString).toList(), null);
            case Expression.Members members -> sets(null, List.copyOf(members.vms()));
            case Expression.And and -> operands(all(and.operands()), null, null);
            case Expression.Or or -> operands(null, all(or.operands()), null);
            case Expression.Not not -> operands(null, null, expression(not.operand()));
        };
    }

    private static List<GroupExpression> all(List<Expression> operands) {
        return operands.stream().map(ModelWriter::expression).toList();
    }

    private static TextMatch match(io.portcullis.policy.model.TextMatch match, String text) {
        return switch (match) {
            case EQUALS -> new TextMatch(text, null, null, null);
            case STARTS_WITH -> new TextMatch(null, text, null, null);
            case CONTAINS -> new TextMatch(null, null, text, null);
            case MATCHES -> new TextMatch(null, null, null, text);
        };
    }

    private static GroupExpression text(@Nullable TextMatch name, @Nullable TextMatch os) {
        return new GroupExpression(null, name, os, null, null, null, null, null, null, null, null);
    }

    private static GroupExpression leaf(@Nullable String segment, @Nullable String finding, @Nullable String group) {
        return new GroupExpression(null, null, null, segment, finding, null, null, group, null, null, null);
    }

    private static GroupExpression sets(@Nullable List<String> addresses, @Nullable List<String> vms) {
        return new GroupExpression(null, null, null, null, null, addresses, vms, null, null, null, null);
    }

    private static GroupExpression operands(
            @Nullable List<GroupExpression> all, @Nullable List<GroupExpression> any, @Nullable GroupExpression not) {
        return new GroupExpression(null, null, null, null, null, null, null, null, all, any, not);
    }
}
