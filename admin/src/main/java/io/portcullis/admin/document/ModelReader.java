package io.portcullis.admin.document;

import io.portcullis.api.ExclusionSpec;
import io.portcullis.api.FieldProblem;
import io.portcullis.api.GroupSpec;
import io.portcullis.api.PolicySpec;
import io.portcullis.api.QuotaSpec;
import io.portcullis.api.Resource;
import io.portcullis.api.RuleSpec;
import io.portcullis.api.SegmentSpec;
import io.portcullis.api.ServiceSpec;
import io.portcullis.api.StagedPolicySpec;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmSpec;
import io.portcullis.api.VnicSpec;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Exclusion;
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
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns documents of the API into edits of the model. Finds what cannot even be said in the model (a MAC address that is none); what the
 * model itself refuses comes back from it, and {@link DocumentPaths} finds the place. One document, one thread.
 */
public final class ModelReader {
    /** Order of a policy that names none. */
    private static final int DEFAULT_SEQUENCE = 100;

    static final String ANY = "any";

    private final TenantModel model;
    private final Mistakes mistakes = new Mistakes();

    /** Reads documents for a tenant; its present model gives what a document does not speak of. */
    public ModelReader(TenantModel model) {
        this.model = model;
    }

    public List<FieldProblem> mistakes() {
        return mistakes.found();
    }

    /** The edit, or empty if there are mistakes. */
    public Optional<ModelEdit> read(Resource<?> resource) {
        String owner = resource.metadata().tenant();
        if (owner != null && !owner.equals(model.tenant().value())) {
            mistakes.add(
                    "metadata.tenant",
                    "is '" + owner + "', but the documents are for tenant '" + model.tenant() + "'",
                    "leave it out, or apply to that tenant");
        }
        String name = resource.metadata().name();
        ModelEdit edit = switch (resource.spec()) {
            case TenantSpec tenant -> tenant(name, tenant);
            case SegmentSpec segment -> new ModelEdit.PutSegment(segment(name, segment));
            case GroupSpec group ->
                new ModelEdit.PutGroup(
                        new Group(name, new ExpressionReader(mistakes).read(group.members(), "spec.members")));
            case ServiceSpec service ->
                new ModelEdit.PutService(new Service(
                        name,
                        new ServiceReader(mistakes).read(service.entries(), "spec.entries"),
                        mistakes.constant("spec.alg", service.alg(), Alg.NONE)));
            case PolicySpec policy -> new ModelEdit.PutPolicy(policy(name, policy, "spec"));
            case StagedPolicySpec staged -> new ModelEdit.PutStagedPolicy(staged(name, staged));
            case VmSpec vm -> vm(name, vm).<ModelEdit>map(ModelEdit.PutVm::new).orElse(null);
            case ExclusionSpec exclusion ->
                new ModelEdit.PutExclusion(new Exclusion(
                        name,
                        orNone(exclusion.groups()),
                        new TreeSet<>(orNone(exclusion.vms())),
                        orEmpty(exclusion.description())));
            default -> throw new IllegalStateException("no document: " + resource.kind());
        };
        return mistakes.isEmpty() ? Optional.ofNullable(edit) : Optional.empty();
    }

    private ModelEdit tenant(String name, TenantSpec spec) {
        if (!name.equals(model.tenant().value())) {
            mistakes.add(
                    "metadata.name",
                    "is '" + name + "', but the documents are for tenant '" + model.tenant() + "'",
                    "apply it to that tenant, or write " + model.tenant());
        }
        return defaults(spec, "spec.");
    }

    /** The defaults that the body of a request for a tenant speaks of. */
    public ModelEdit.SetDefaults defaults(TenantSpec spec) {
        return defaults(spec, "");
    }

    /** The quota that the body of a request speaks of. */
    public ModelEdit.SetQuota quota(QuotaSpec spec) {
        return new ModelEdit.SetQuota(QuotaText.read(spec, mistakes));
    }

    private ModelEdit.SetDefaults defaults(TenantSpec spec, String path) {
        Action action = mistakes.constant(path + "defaultAction", spec.defaultAction(), Action.DROP);
        if (action == Action.PASS) {
            mistakes.add(
                    path + "defaultAction",
                    "the default cannot PASS: nothing comes after it",
                    "use DROP, REJECT or ALLOW");
        }
        String tracking = spec.tracking();
        boolean loose = "loose".equalsIgnoreCase(tracking);
        if (tracking != null && !loose && !"strict".equalsIgnoreCase(tracking)) {
            mistakes.add(path + "tracking", "'" + tracking + "' is neither strict nor loose", null);
        }
        return new ModelEdit.SetDefaults(
                action, loose, mistakes.constant(path + "timeouts", spec.timeouts(), TimeoutPreset.LINUX));
    }

    private static Segment segment(String name, SegmentSpec spec) {
        return new Segment(name, spec.vlan(), orEmpty(spec.description()));
    }

    private Optional<Vm> vm(String name, VmSpec spec) {
        VmId id;
        try {
            id = new VmId(model.tenant(), name);
        } catch (IllegalArgumentException noName) {
            mistakes.addRepeating("metadata.name", name, noName);
            return Optional.empty();
        }
        TreeSet<Tag> tags = new TreeSet<>();
        List<String> texts = orNone(spec.tags());
        for (int index = 0; index < texts.size(); index++) {
            mistakes.parsed(
                            "spec.tags[" + index + "]",
                            texts.get(index),
                            Optional.<Tag>empty(),
                            text -> Optional.of(Tag.parse(text)))
                    .ifPresent(tags::add);
        }
        List<Vnic> vnics = new ArrayList<>();
        for (int index = 0; index < spec.vnics().size(); index++) {
            vnic(id, spec.vnics().get(index), "spec.vnics[" + index + "]")
                    .map(this::withDiscovered)
                    .ifPresent(vnics::add);
        }
        return Optional.of(new Vm(id, orEmpty(spec.os()), tags, findings(name, spec), vnics));
    }

    /** A document that does not speak of findings leaves them to the scanners. */
    private SortedMap<String, String> findings(String name, VmSpec spec) {
        Map<String, String> findings = spec.findings();
        if (findings != null) {
            return new TreeMap<>(findings);
        }
        Vm known = model.vms().get(name);
        return known == null ? new TreeMap<>() : known.findings();
    }

    /** No document speaks of what hosts discover; it goes on being so for a vNIC that stays what and where it is. */
    private Vnic withDiscovered(Vnic vnic) {
        return model.vnic(vnic.id())
                .filter(known -> known.mac().equals(vnic.mac())
                        && known.segment().equals(vnic.segment())
                        && known.protection().equals(vnic.protection()))
                .map(known -> vnic.withDiscovered(known.discovered()))
                .orElse(vnic);
    }

    private Optional<Vnic> vnic(VmId vm, VnicSpec spec, String path) {
        VnicId id;
        try {
            id = new VnicId(vm, spec.name());
        } catch (IllegalArgumentException noName) {
            mistakes.addRepeating(path + ".name", spec.name(), noName);
            return Optional.empty();
        }
        MacAddress mac = mistakes.parsed(path + ".mac", spec.mac(), MacAddress.BROADCAST, MacAddress::parse);
        List<InetAddress> addresses = new ArrayList<>();
        for (int index = 0; index < spec.addresses().size(); index++) {
            String place = path + ".addresses[" + index + "]";
            mistakes.parsed(
                            place,
                            spec.addresses().get(index),
                            Optional.<InetAddress>empty(),
                            text -> Optional.of(address(text)))
                    .ifPresent(addresses::add);
        }
        return Optional.of(new Vnic(
                id,
                mac,
                addresses,
                spec.segment(),
                spec.port(),
                ProtectionText.read(spec.protection(), path + ".protection", mistakes)));
    }

    /** One address; throws {@link IllegalArgumentException} that says what to write instead. */
    public static InetAddress address(String text) {
        AddressLiteral literal = AddressLiteral.parse(text);
        try {
            if (!literal.equals(AddressLiteral.of(InetAddress.ofLiteral(text.strip())))) {
                throw new IllegalArgumentException();
            }
            return InetAddress.ofLiteral(text.strip());
        } catch (IllegalArgumentException notOne) {
            throw new IllegalArgumentException("'" + text + "' is not one address; write 10.0.0.1 or fd00::1", notOne);
        }
    }

    private StagedPolicy staged(String name, StagedPolicySpec spec) {
        PolicySpec policy = spec.policy();
        boolean removes = Boolean.TRUE.equals(spec.removal());
        if (removes == (policy != null)) {
            mistakes.add(
                    "spec", "needs one of policy and removal", "write the policy as it would be, or removal: true");
        }
        return policy == null ? StagedPolicy.removal(name) : StagedPolicy.of(policy(name, policy, "spec.policy"));
    }

    private SecurityPolicy policy(String name, PolicySpec spec, String path) {
        List<Rule> rules = new ArrayList<>();
        for (int index = 0; index < spec.rules().size(); index++) {
            rules.add(rule(spec.rules().get(index), path + ".rules[" + index + "]"));
        }
        Integer sequence = spec.sequence();
        return new SecurityPolicy(
                name,
                mistakes.constant(path + ".category", spec.category(), Category.APPLICATION),
                sequence == null ? DEFAULT_SEQUENCE : sequence,
                orNone(spec.appliedTo()),
                !Boolean.FALSE.equals(spec.enabled()),
                rules,
                orEmpty(spec.description()),
                spec.lock(),
                ScheduleText.read(spec.schedule(), "spec.schedule", mistakes),
                Boolean.FALSE.equals(spec.stateful()),
                pickup(spec.tcpStrict()));
    }

    private static TcpPickup pickup(@Nullable Boolean tcpStrict) {
        if (tcpStrict == null) {
            return TcpPickup.INHERIT;
        }
        return tcpStrict ? TcpPickup.STRICT : TcpPickup.LOOSE;
    }

    private Rule rule(RuleSpec spec, String path) {
        boolean anyService = spec.services().stream().anyMatch(ModelReader::isAny);
        return new Rule(
                spec.name(),
                peers(spec.sources(), spec.negateSources(), path + ".sources"),
                peers(spec.destinations(), spec.negateDestinations(), path + ".destinations"),
                new ServiceSelection(
                        anyService,
                        spec.services().stream().filter(name -> !isAny(name)).toList(),
                        Boolean.TRUE.equals(spec.negateServices())),
                mistakes.constant(path + ".direction", spec.direction(), RuleDirection.BOTH),
                mistakes.constant(path + ".family", spec.family(), IpFamily.ANY),
                EthernetText.read(spec.ethernet(), path + ".ethernet", mistakes),
                mistakes.constant(path + ".action", spec.action(), Action.DROP),
                mistakes.constant(path + ".liveFlows", spec.liveFlows(), LiveFlowMode.RECHECK),
                Boolean.TRUE.equals(spec.log()),
                orNone(spec.appliedTo()),
                orEmpty(spec.description()),
                orEmpty(spec.logLabel()),
                ScheduleText.expiry(spec.expires(), path + ".expires", mistakes));
    }

    /** Names nobody is a mistake that the model reports; no list at all means everyone. */
    private Peers peers(@Nullable List<String> items, @Nullable Boolean negate, String path) {
        boolean negated = Boolean.TRUE.equals(negate);
        if (items == null) {
            return new Peers(true, List.of(), List.of(), negated);
        }
        List<String> groups = new ArrayList<>();
        List<AddressLiteral> addresses = new ArrayList<>();
        boolean any = false;
        for (int index = 0; index < items.size(); index++) {
            String item = items.get(index);
            if (isAny(item)) {
                any = true;
            } else if (isAddress(item)) {
                mistakes.parsed(
                                path + "[" + index + "]",
                                item,
                                Optional.<AddressLiteral>empty(),
                                text -> Optional.of(AddressLiteral.parse(text)))
                        .ifPresent(addresses::add);
            } else {
                groups.add(item);
            }
        }
        return new Peers(any, groups, addresses, negated);
    }

    static boolean isAny(String item) {
        return item.equalsIgnoreCase(ANY);
    }

    /** A name has no dot, colon or slash. */
    static boolean isAddress(String item) {
        return item.indexOf('.') >= 0 || item.indexOf(':') >= 0 || item.indexOf('/') >= 0;
    }

    static List<String> orNone(@Nullable List<String> list) {
        return list == null ? List.of() : list;
    }

    static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
