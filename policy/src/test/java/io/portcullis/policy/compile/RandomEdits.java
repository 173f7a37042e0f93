package io.portcullis.policy.compile;

import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.Category;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Publication;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.QuotaItem;
import io.portcullis.policy.model.RandomTimes;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TenantQuota;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.model.TextMatch;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Random edits of every kind, of a model with few names and addresses, so that they meet often. Some are refused. */
public final class RandomEdits {
    private static final List<String> LITERALS = List.of(
            "10.0.0.0/30",
            "10.0.0.2-10.0.0.5",
            "10.0.0.4",
            "10.0.0.0/8",
            "224.0.0.0/4",
            "198.51.100.0/24",
            "2001:db8::3-2001:db8::6",
            "2001:db8::2",
            "ff02::/16",
            "fe80::/64",
            "0.0.0.0/31");
    private static final List<String> TAGS = List.of("app:web", "app:db", "env:prod", "env:test", "zone:a");

    private final Random random;
    private final RandomTimes times;
    /** Null until it is first asked. */
    private @Nullable RandomProvider provider;

    private long macs = 0x0600_0000_0000L;

    public RandomEdits(long seed) {
        random = new Random(seed);
        times = new RandomTimes(random);
    }

    /** A few edits that are applied together. */
    public List<ModelEdit> next(TenantModel model) {
        if (!model.staged().isEmpty() && random.nextInt(12) == 0) {
            return Publication.edits(model, model.staged().keySet());
        }
        List<ModelEdit> edits = new ArrayList<>();
        int count = random.nextInt(4) == 0 ? 2 + random.nextInt(3) : 1;
        while (edits.size() < count) {
            edits.add(edit(model));
        }
        return edits;
    }

    private ModelEdit edit(TenantModel model) {
        return switch (random.nextInt(43)) {
            case 0, 1, 2, 3 -> new ModelEdit.SetTags(vm(model), tags());
            case 4, 5 -> new ModelEdit.SetFinding(vm(model), "malware", oneOf("eicar", "mirai"));
            case 6 -> new ModelEdit.ClearFinding(vm(model), "malware");
            case 7, 8, 9 -> new ModelEdit.PutVm(changedVm(model));
            case 10 -> new ModelEdit.PutVm(newVm(model));
            case 11 -> new ModelEdit.RemoveVm(vm(model));
            case 12, 13, 14 -> new ModelEdit.PutGroup(new Group("g" + random.nextInt(9), expression(model, 3)));
            case 15 -> new ModelEdit.RemoveGroup("g" + random.nextInt(9));
            case 32, 33 -> new ModelEdit.PutExclusion(exclusion(model));
            case 34 ->
                switch (random.nextInt(3)) {
                    case 0 -> new ModelEdit.PutGroup(new Group(Quarantine.GROUP, expression(model, 1)));
                    case 1 -> new ModelEdit.RemoveGroup(Quarantine.GROUP);
                    default -> new ModelEdit.RemoveExclusion("x" + random.nextInt(2));
                };
            case 16, 17, 18 -> new ModelEdit.PutPolicy(changedPolicy(model));
            case 19, 20 -> new ModelEdit.PutPolicy(policy(model, "p" + random.nextInt(9)));
            case 21 -> new ModelEdit.RemovePolicy("p" + random.nextInt(9));
            case 22 -> new ModelEdit.PutService(service());
            case 23 -> new ModelEdit.RemoveService(oneOf("odd", "flags", "own"));
            case 24 ->
                new ModelEdit.SetDefaults(
                        oneOf(Action.ALLOW, Action.DROP, Action.REJECT),
                        random.nextBoolean(),
                        oneOf(TimeoutPreset.values()));
            case 25, 26, 27 -> new ModelEdit.PutStagedPolicy(staged(model));
            case 28 -> new ModelEdit.RemoveStagedPolicy("p" + random.nextInt(9));
            case 29, 30 -> new ModelEdit.SetClock(times.after(model.time()));
            case 35, 36, 37 -> new ModelEdit.SetDiscovered(vm(model), oneOf("eth0", "eth0", "eth1"), discovered());
            case 38 -> new ModelEdit.SetQuota(quota(model));
            case 40, 41, 42 -> new ModelEdit.AdoptProvider(adopted(model));
            default ->
                random.nextBoolean()
                        ? new ModelEdit.PutSegment(new Segment("s" + random.nextInt(3), 30 + random.nextInt(3)))
                        : new ModelEdit.RemoveSegment("s" + random.nextInt(3));
        };
    }

    /** Mostly none; else one limit, a little below or above what there is. */
    private TenantQuota quota(TenantModel model) {
        QuotaItem item = oneOf(QuotaItem.values());
        int limit = TenantQuota.use(model).getOrDefault(item, 0) - 1 + random.nextInt(5);
        return random.nextInt(3) != 0 ? TenantQuota.NONE : TenantQuota.NONE.with(item, Math.max(0, limit));
    }

    // ---- provider

    /** Most often a newer one than the tenant has, sometimes the same, and sometimes an older one. */
    private ProviderPolicies adopted(TenantModel model) {
        if (model.tenant().equals(TenantId.PROVIDER)) {
            return ProviderPolicies.without(1);
        }
        if (provider == null) {
            provider = new RandomProvider(random.nextLong());
        }
        return switch (random.nextInt(8)) {
            case 0 -> model.provider();
            case 1 ->
                ProviderPolicies.without(
                        random.nextInt(8) == 0 ? provider.model().revision() : 1);
            case 2 -> provider.policies();
            default -> provider.next();
        };
    }

    // ---- inventory

    private String vm(TenantModel model) {
        return model.vms().isEmpty() ? "nobody" : oneOf(model.vms().keySet());
    }

    private SortedSet<Tag> tags() {
        SortedSet<Tag> tags = new TreeSet<>();
        TAGS.forEach(tag -> {
            if (random.nextInt(3) == 0) {
                tags.add(Tag.parse(tag));
            }
        });
        return tags;
    }

    private Vm newVm(TenantModel model) {
        VmId id = new VmId(model.tenant(), oneOf("web-", "db-", "app-") + random.nextInt(12));
        Vm vm = new Vm(id, oneOf("", "debian-13", "Windows-2025"), tags(), new TreeMap<>(), List.of());
        int vnics = random.nextInt(8);
        return vnics == 0
                ? vm
                : vnics == 1 ? withVnic(withVnic(vm, "eth0", model), "eth1", model) : withVnic(vm, "eth0", model);
    }

    private Vm withVnic(Vm vm, String name, TenantModel model) {
        return vm.withVnic(new Vnic(
                new VnicId(vm.id(), name),
                new MacAddress(++macs),
                addresses(),
                model.segments().isEmpty() ? "none" : oneOf(model.segments().keySet()),
                "memory:" + vm.name() + "-" + name,
                protection()));
    }

    private List<InetAddress> addresses() {
        List<InetAddress> addresses = new ArrayList<>();
        for (int left = random.nextInt(3); left > 0; left--) {
            addresses.add(
                    TestTenant.ip((random.nextInt(3) == 0 ? "2001:db8::" : "10.0.0.") + (1 + random.nextInt(12))));
        }
        return List.copyOf(new TreeSet<>(
                        addresses.stream().map(InetAddress::getHostAddress).toList()))
                .stream()
                .map(TestTenant::ip)
                .toList();
    }

    private List<DiscoveredAddress> discovered() {
        return addresses().stream()
                .map(address -> new DiscoveredAddress(address, oneOf(AddressSource.values())))
                .toList();
    }

    private VnicProtection protection() {
        return switch (random.nextInt(8)) {
            case 0 -> VnicProtection.STRICT.withLearnedAddresses(4);
            case 1, 2, 3 ->
                VnicProtection.STRICT.withLearnedAddresses(4).withDiscovery(AddressSource.ARP, AddressSource.DHCP);
            default -> VnicProtection.STRICT;
        };
    }

    private Vm changedVm(TenantModel model) {
        if (model.vms().isEmpty()) {
            return newVm(model);
        }
        Vm vm = oneOf(model.vms().values());
        List<Vnic> vnics = new ArrayList<>(vm.vnics());
        if (vnics.isEmpty()) {
            return withVnic(vm, "eth0", model);
        }
        int place = random.nextInt(vnics.size());
        Vnic vnic = vnics.get(place);
        switch (random.nextInt(6)) {
            case 0 -> {
                return vm.withOs(oneOf("", "debian-13", "Windows-2025", "windows-11"));
            }
            case 1 -> vnics.remove(place);
            case 2 -> vnics.set(place, vnic.withProtection(protection()));
            case 3 -> {
                return vm.vnics().size() > 1 ? vm.withTags(tags()) : withVnic(vm, "eth1", model);
            }
            case 4 ->
                vnics.set(
                        place,
                        new Vnic(
                                vnic.id(),
                                vnic.mac(),
                                vnic.addresses(),
                                oneOf(model.segments().keySet()),
                                vnic.port(),
                                vnic.protection(),
                                vnic.discovered()));
            default ->
                vnics.set(
                        place,
                        new Vnic(
                                vnic.id(),
                                vnic.mac(),
                                addresses(),
                                vnic.segment(),
                                vnic.port(),
                                vnic.protection(),
                                vnic.discovered()));
        }
        return new Vm(vm.id(), vm.os(), vm.tags(), vm.findings(), vnics);
    }

    // ---- groups

    private Expression expression(TenantModel model, int depth) {
        return switch (random.nextInt(depth == 0 ? 9 : 13)) {
            case 0, 1 -> Expression.tag(oneOf(TAGS));
            case 2 ->
                new Expression.NameMatches(
                        oneOf(TextMatch.values()), oneOf("web-1", "WEB", "b", "db-2", "-1", "[^d].*"));
            case 3 ->
                new Expression.OsMatches(oneOf(TextMatch.values()), oneOf("debian-13", "windows", "DOWS", "\\D*-\\d+"));
            case 4 -> Expression.segment(oneOf("lan", "dmz", "s1"));
            case 5 -> oneOf(Expression.finding("malware"), Expression.finding("malware", "eicar"));
            case 6 -> Expression.addresses(oneOf(LITERALS), oneOf(LITERALS));
            case 7 -> Expression.members(vm(model), vm(model));
            case 8 -> Expression.group("g" + random.nextInt(9));
            case 9, 10 -> Expression.and(expression(model, depth - 1), expression(model, depth - 1));
            case 11 -> Expression.or(expression(model, depth - 1), expression(model, depth - 1));
            default -> Expression.not(expression(model, depth - 1));
        };
    }

    private Exclusion exclusion(TenantModel model) {
        String name = "x" + random.nextInt(2);
        return switch (random.nextInt(3)) {
            case 0 -> Exclusion.ofGroups(name, group(model));
            case 1 -> Exclusion.ofVms(name, vm(model));
            default -> new Exclusion(name, List.of(group(model)), new TreeSet<>(List.of(vm(model))), "why");
        };
    }

    // ---- policies

    private SecurityPolicy policy(TenantModel model, String name) {
        Category category = oneOf(Category.values());
        List<Rule> rules = new ArrayList<>();
        for (int count = random.nextInt(6); count > 0; count--) {
            rules.add(rule(model, "r" + count, category));
        }
        return withState(
                new SecurityPolicy(name, category, random.nextInt(3), appliedTo(model), random.nextInt(8) != 0, rules)
                        .withSchedule(times.anySchedule()));
    }

    /** Not all of it is accepted. */
    private SecurityPolicy withState(SecurityPolicy policy) {
        boolean seldom = policy.category() == Category.ETHERNET && random.nextInt(4) != 0;
        return switch (seldom ? 5 : random.nextInt(6)) {
            case 0, 1 -> policy.withStateless(!policy.stateless());
            case 2 -> policy.withTcpPickup(oneOf(TcpPickup.values()));
            default -> policy;
        };
    }

    private StagedPolicy staged(TenantModel model) {
        return switch (random.nextInt(5)) {
            case 0 ->
                StagedPolicy.removal(
                        model.policies().isEmpty()
                                ? "p0"
                                : oneOf(model.policies().keySet()));
            case 1, 2 -> StagedPolicy.of(policy(model, "p" + random.nextInt(9)));
            default -> StagedPolicy.of(changedPolicy(model));
        };
    }

    private SecurityPolicy changedPolicy(TenantModel model) {
        if (model.policies().isEmpty()) {
            return policy(model, "p0");
        }
        SecurityPolicy policy = oneOf(model.policies().values());
        List<Rule> rules = new ArrayList<>(policy.rules());
        if (rules.isEmpty()) {
            rules.add(rule(model, "new", policy.category()));
        }
        int place = random.nextInt(rules.size());
        switch (random.nextInt(11)) {
            case 9, 10 -> {
                return withState(policy);
            }
            case 0 -> rules.set(place, rule(model, rules.get(place).name(), policy.category()));
            case 1 -> Collections.shuffle(rules, random);
            case 2 -> rules.remove(place);
            case 3, 4 -> {
                if (rules.stream().noneMatch(rule -> rule.name().equals("new"))) {
                    rules.add(place, rule(model, "new", policy.category()));
                }
            }
            case 5 -> {
                return policy.withEnabled(!policy.enabled());
            }
            case 6 -> {
                return policy.withAppliedTo(appliedTo(model).toArray(String[]::new));
            }
            case 7 -> {
                return policy.withSchedule(times.anySchedule());
            }
            default -> {
                return policy.withSequence(random.nextInt(3));
            }
        }
        return policy.withRules(rules);
    }

    private Rule rule(TenantModel model, String name, Category category) {
        return new Rule(
                name,
                peers(model),
                peers(model),
                random.nextInt(3) == 0 ? ServiceSelection.ANY : ServiceSelection.named(services(model)),
                oneOf(RuleDirection.values()),
                oneOf(IpFamily.values()),
                category == Category.ETHERNET ? EthernetMatch.etherTypes(0x0800) : EthernetMatch.ANY,
                oneOf(Action.values()),
                oneOf(LiveFlowMode.values()),
                random.nextBoolean(),
                appliedTo(model),
                random.nextInt(4) == 0 ? "why" : "",
                random.nextInt(4) == 0 ? oneOf("audit", "pci:2") : "",
                times.anyExpiry());
    }

    private String[] services(TenantModel model) {
        String own = model.services().isEmpty() ? "dns" : oneOf(model.services().keySet());
        return random.nextBoolean() ? new String[] {own} : new String[] {own, "https"};
    }

    private Service service() {
        Service service =
                new Service(oneOf("odd", "flags", "own"), List.of(ServiceMatch.ports(6, 21, 21 + random.nextInt(3))));
        return random.nextInt(3) == 0 ? service.withAlg(Alg.FTP) : service;
    }

    private List<String> appliedTo(TenantModel model) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> List.of(group(model));
            case 2 -> List.copyOf(new TreeSet<>(List.of(group(model), group(model))));
            default -> List.of();
        };
    }

    private String group(TenantModel model) {
        return model.groups().isEmpty() ? "g0" : oneOf(model.groups().keySet());
    }

    private Peers peers(TenantModel model) {
        Peers peers = switch (random.nextInt(6)) {
            case 0 -> Peers.ANY;
            case 1, 2 -> Peers.groups(group(model));
            case 3 -> Peers.addresses(oneOf(LITERALS));
            case 4 -> Peers.groups(group(model), group(model));
            default -> Peers.groups(group(model)).andAddresses(oneOf(LITERALS));
        };
        return !peers.any() && random.nextInt(8) == 0 ? peers.negate() : peers;
    }

    @SafeVarargs
    private final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private <T> T oneOf(Collection<T> choices) {
        return List.copyOf(choices).get(random.nextInt(choices.size()));
    }
}
