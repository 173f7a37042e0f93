package io.portcullis.admin;

import io.portcullis.admin.document.EthernetText;
import io.portcullis.admin.document.ModelWriter;
import io.portcullis.admin.document.ProtectionText;
import io.portcullis.admin.document.ServiceText;
import io.portcullis.api.ConnectionView;
import io.portcullis.api.DiscoveredView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.ProvenanceView;
import io.portcullis.api.RuleView;
import io.portcullis.api.VmView;
import io.portcullis.api.VnicStatusView;
import io.portcullis.api.VnicView;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.Category;
import io.portcullis.policy.compile.ExcludedVnics;
import io.portcullis.policy.compile.GroupMembership;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes what the API shows of one model. One thread, short-lived. */
final class Views {
    /** Of a VM that never was attached. */
    static final PlacementView NOWHERE = new PlacementView(null, 0, "DETACHED", null);

    /** What decides where no rule does. */
    static final String DEFAULT = "default";

    private static final int PROTOCOL_TCP = 6;

    private final TenantModel model;
    /** The only one that is shown; null for any. */
    private final @Nullable Vm only;

    private final Sight sight;
    private final Map<String, List<String>> groupsByVm = new HashMap<>();
    private final Map<String, Map<InetAddress, String>> ownersBySegment = new HashMap<>();
    private boolean grouped;
    private final Map<Long, String> ruleNames = new HashMap<>();
    private @Nullable ExcludedVnics excluded;

    Views(TenantModel model, Sight sight) {
        this(model, null, sight);
    }

    /** Of one VM and its vNICs: costs what it has, not what the tenant has. */
    static Views ofVm(TenantModel model, Vm vm, Sight sight) {
        return new Views(model, vm, sight);
    }

    private Views(TenantModel model, @Nullable Vm only, Sight sight) {
        this.model = model;
        this.only = only;
        this.sight = sight;
    }

    VmView vm(Vm vm, PlacementView placement, Map<String, VnicStatusView> statuses) {
        return new VmView(
                vm.id().toString(),
                vm.id().tenant().value(),
                vm.name(),
                vm.os().isEmpty() ? null : vm.os(),
                vm.tags().stream().map(Tag::toString).toList(),
                vm.findings().entrySet().stream()
                        .map(finding -> finding.getKey() + "=" + finding.getValue())
                        .toList(),
                groups(vm),
                placement,
                vm.vnics().stream()
                        .map(vnic -> vnic(vnic, statuses.get(vnic.id().name())))
                        .toList(),
                model.revision());
    }

    VnicView vnic(Vnic vnic, @Nullable VnicStatusView status) {
        Segment segment = model.segments().get(vnic.segment());
        return new VnicView(
                vnic.id().toString(),
                vnic.id().name(),
                vnic.mac().toString(),
                vnic.addresses().stream().map(Views::text).toList(),
                vnic.protection().discovers() ? discovered(vnic) : null,
                vnic.segment(),
                segment == null ? null : segment.vlan(),
                vnic.port(),
                ProtectionText.spec(vnic.protection()),
                excluded().exclusions(vnic.id()),
                excluded().holds(vnic.id()),
                status);
    }

    private ExcludedVnics excluded() {
        ExcludedVnics known = excluded;
        if (known == null) {
            known = only == null ? ExcludedVnics.of(model) : ExcludedVnics.of(model, only);
            excluded = known;
        }
        return known;
    }

    private List<DiscoveredView> discovered(Vnic vnic) {
        return vnic.discovered().stream()
                .map(each -> new DiscoveredView(
                        text(each.address()),
                        ModelWriter.word(each.source()),
                        each.held(),
                        each.held() ? owner(vnic.segment(), each.address()) : null))
                .toList();
    }

    private @Nullable String owner(String segment, InetAddress address) {
        if (ownersBySegment.isEmpty()) {
            for (Vm vm : model.vms().values()) {
                for (Vnic vnic : vm.vnics()) {
                    vnic.allAddresses()
                            .forEach(its -> ownersBySegment
                                    .computeIfAbsent(vnic.segment(), _ -> new HashMap<>())
                                    .put(its, vnic.id().toString()));
                }
            }
        }
        return ownersBySegment.getOrDefault(segment, Map.of()).get(address);
    }

    private List<String> groups(Vm vm) {
        if (!grouped) {
            grouped = true;
            GroupMembership membership = only == null ? GroupMembership.of(model) : GroupMembership.of(model, only);
            for (String group : model.groups().keySet()) {
                membership.members(group).stream()
                        .map(member -> member.vm().name())
                        .distinct()
                        .forEach(name -> groupsByVm
                                .computeIfAbsent(name, first -> new ArrayList<>())
                                .add(group));
            }
        }
        return groupsByVm.getOrDefault(vm.name(), List.of());
    }

    List<ConnectionView> connections(List<ConnectionInfo> connections) {
        return connections.stream()
                .map(connection -> connection(connection, null))
                .toList();
    }

    /** With reasons of the first ones. */
    List<ConnectionView> connections(List<ConnectionInfo> connections, Provenance provenance) {
        List<ConnectionView> views = new ArrayList<>(connections.size());
        for (ConnectionInfo connection : connections) {
            boolean isExplained = views.size() < Provenance.MAX_EXPLAINED;
            views.add(connection(connection, isExplained ? provenance.explain(connection) : null));
        }
        return views;
    }

    private ConnectionView connection(ConnectionInfo connection, @Nullable List<ProvenanceView> provenance) {
        Map<Long, String> names = ruleNames();
        return new ConnectionView(
                ServiceText.protocol(connection.protocol()),
                address(connection.originator(), connection.protocol()),
                address(connection.responder(), connection.protocol()),
                connection.state(),
                connection.outbound() ? "OUT" : "IN",
                shown(names.get(connection.ruleId())),
                sight.id(names.get(connection.ruleId()), connection.ruleId()),
                connection.policyRevision(),
                shown(names.get(connection.admittingRuleId())),
                connection.admittingRevision(),
                TimeUnit.NANOSECONDS.toMillis(connection.ageNanos()),
                TimeUnit.NANOSECONDS.toMillis(connection.idleNanos()),
                connection.packets(),
                connection.bytes(),
                provenance);
    }

    private @Nullable String shown(@Nullable String rule) {
        return rule == null ? null : sight.rule(rule);
    }

    private Map<Long, String> ruleNames() {
        if (ruleNames.isEmpty()) {
            model.allPolicies()
                    .forEach(policy -> policy.rules()
                            .forEach(rule -> ruleNames.put(
                                    RuleIds.of(model.tenant(), policy.name(), rule.name()),
                                    policy.name() + "/" + rule.name())));
            ruleNames.put(RuleTable.DEFAULT_RULE_ID, DEFAULT);
        }
        return ruleNames;
    }

    /** RFC 5952. */
    private static String text(InetAddress address) {
        return AddressLiteral.of(address).toString();
    }

    static String address(InetSocketAddress address, int protocol) {
        String host = text(address.getAddress());
        if (address.getPort() == 0 && protocol != PROTOCOL_TCP) {
            return host;
        }
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** Those that may be told. */
    static List<RuleView> rules(RuleTable table, Sight sight) {
        List<RuleView> rules = new ArrayList<>(table.rules().size());
        for (TableRule rule : table.rules()) {
            if (sight.hides(rule.name())) {
                continue;
            }
            rules.add(new RuleView(
                    rules.size() + 1,
                    rule.id(),
                    rule.name(),
                    rule.category().name(),
                    rule.direction().name(),
                    rule.family().name(),
                    EthernetText.brief(rule.ethernet()),
                    addresses(rule.sources()),
                    addresses(rule.destinations()),
                    services(rule),
                    rule.action().name(),
                    rule.liveFlowMode().name(),
                    rule.log(),
                    rule.logLabel().isEmpty() ? null : rule.logLabel(),
                    !rule.stateless() && rule.category() != Category.ETHERNET,
                    ModelWriter.tcpStrict(rule.pickup())));
        }
        return rules;
    }

    private static List<String> services(TableRule rule) {
        String sign = rule.servicesNegated() ? "!" : "";
        return rule.services().stream()
                .map(match -> sign + ServiceText.brief(match))
                .toList();
    }

    /** An exclamation mark means: all but this. */
    private static List<String> addresses(AddressMatch match) {
        if (match.any()) {
            return List.of("any");
        }
        String sign = match.negated() ? "!" : "";
        return match.ranges().stream()
                .map(range -> sign + new AddressLiteral(range))
                .toList();
    }
}
