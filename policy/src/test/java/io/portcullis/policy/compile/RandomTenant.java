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
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Quarantine;
import io.portcullis.policy.model.RandomTimes;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Small random models and flows that meet often: few addresses, few tags, few ports. Tests of other modules use it, too. All tenants
 * have the same addresses and MAC addresses, in VLANs of their own.
 */
public final class RandomTenant {
    private static final List<String> OUTSIDE =
            List.of("10.0.0.77", "198.51.100.7", "224.0.0.251", "255.255.255.255", "2001:db8::77", "ff02::fb");
    private static final List<String> LITERALS = List.of(
            "10.0.0.0/30",
            "10.0.0.2-10.0.0.5",
            "10.0.0.4",
            "10.0.0.0/8",
            "0.0.0.0/0",
            "224.0.0.0/4",
            "198.51.100.0/24",
            "2001:db8::/125",
            "2001:db8::3-2001:db8::6",
            "2001:db8::2",
            "::/0",
            "ff02::/16",
            "fe80::/10",
            "0.0.0.0",
            "::");
    private static final List<Integer> PORTS = List.of(22, 53, 80, 443, 7_999, 8_000, 8_010, 8_011);

    /** SYN alone, or with both flags of ECN (RFC 3168). */
    private static final List<Integer> OPENING_FLAGS = List.of(0x02, 0x02, 0xc2);

    /** ACK, with FIN, SYN and ACK, RST, and what nobody sends. */
    private static final List<Integer> OTHER_FLAGS = List.of(0x10, 0x10, 0x11, 0x12, 0x04, 0x03);
    /** For experiments (RFC 3692). */
    private static final int NO_PORTS = 253;

    private static final int DHCP_CLIENT = 68;
    private static final int DHCP_SERVER = 67;

    private static final VnicProtection ROUTER = new VnicProtection(false, true, false, true, 0);

    private final Random random;
    private final RandomTimes times;
    private final TenantId tenant;
    private final int firstVlan;
    private final TestTenant builder;
    private final List<String> vmNames = new ArrayList<>();
    private int groups;

    public RandomTenant(long seed) {
        this(seed, "acme", 10);
    }

    public RandomTenant(long seed, String tenant, int firstVlan) {
        random = new Random(seed);
        times = new RandomTimes(random);
        this.tenant = new TenantId(tenant);
        this.firstVlan = firstVlan;
        builder = TestTenant.aTenant(tenant);
    }

    public TenantModel model() {
        builder.segment("lan", firstVlan).segment("dmz", firstVlan + 1);
        builder.with(new ModelEdit.PutService(Service.of(
                "odd", ServiceMatch.ports(6, 8_000, 8_010), new ServiceMatch(17, 1_000, 2_000, 53, 53, -1, -1))));
        builder.with(new ModelEdit.PutService(Service.of(
                "flags",
                ServiceMatch.ports(6, 443, 443).withTcpFlags(0x12, 0x02),
                ServiceMatch.ports(6, 22, 80).withTcpFlags(0x12, 0x12),
                ServiceMatch.ports(6, 0, 65_535).withTcpFlags(0x40, 0x40))));
        builder.with(new ModelEdit.PutService(Service.of(
                "others", ServiceMatch.ports(ServiceLibrary.SCTP, 8_000, 9_000), ServiceMatch.protocol(NO_PORTS))));
        int vms = 2 + random.nextInt(6);
        for (int index = 0; index < vms; index++) {
            builder.with(new ModelEdit.PutVm(vm(index)));
        }
        int wanted = 1 + random.nextInt(6);
        while (groups < wanted) {
            // A group refers to earlier ones only: no cycles.
            builder.with(new ModelEdit.PutGroup(new Group("g" + groups, expression(3))));
            groups++;
        }
        int policies = 2 + random.nextInt(6);
        for (int index = 0; index < policies; index++) {
            builder.with(new ModelEdit.PutPolicy(policy(index)));
        }
        for (int count = random.nextInt(3); count > 0; count--) {
            int index = random.nextInt(policies + 1);
            boolean removes = index < policies && random.nextBoolean();
            SecurityPolicy policy = policy(index);
            builder.with(new ModelEdit.PutStagedPolicy(
                    removes ? StagedPolicy.removal(policy.name()) : StagedPolicy.of(policy)));
        }
        if (random.nextInt(4) == 0) {
            builder.with(new ModelEdit.PutExclusion(exclusion(vms)));
            builder.group(Quarantine.GROUP, Expression.tag("app:db"));
        }
        builder.with(new ModelEdit.SetDefaults(oneOf(Action.ALLOW, Action.DROP, Action.REJECT), random.nextBoolean()));
        builder.with(new ModelEdit.SetClock(times.time()));
        return builder.build();
    }

    /** The model, most often with policies of a provider. */
    public TenantModel withProvider(TenantModel model) {
        return random.nextInt(4) == 0
                ? model
                : TestTenant.accepted(model.adopt(new RandomProvider(random.nextLong()).policies()));
    }

    /** The model, in which some vNICs do not declare their addresses, but were discovered to have them. */
    public TenantModel withDiscovery(TenantModel model) {
        List<ModelEdit> edits = new ArrayList<>();
        for (Vm vm : model.vms().values()) {
            Vnic vnic = vm.vnics().getFirst();
            if (random.nextInt(3) == 0) {
                List<Vnic> vnics = new ArrayList<>(vm.vnics());
                vnics.set(
                        0,
                        new Vnic(
                                vnic.id(),
                                vnic.mac(),
                                List.of(),
                                vnic.segment(),
                                vnic.port(),
                                VnicProtection.STRICT.withLearnedAddresses(4).withDiscovery(AddressSource.values())));
                edits.add(new ModelEdit.PutVm(new Vm(vm.id(), vm.os(), vm.tags(), vm.findings(), vnics)));
                edits.add(new ModelEdit.SetDiscovered(
                        vm.name(),
                        vnic.id().name(),
                        vnic.addresses().stream()
                                .map(address -> new DiscoveredAddress(address, oneOf(AddressSource.values())))
                                .toList()));
            }
        }
        return TestTenant.accepted(model.apply(edits));
    }

    private Vm vm(int index) {
        String name = (random.nextBoolean() ? "web-" : "db-") + index;
        vmNames.add(name);
        Vm vm = Vm.named(new VmId(tenant, name)).withOs(oneOf("", "debian-13", "Windows-2025"));
        for (String tag : List.of("app:web", "app:db", "env:prod")) {
            vm = random.nextBoolean() ? vm.withTag(tag) : vm;
        }
        if (random.nextInt(3) == 0) {
            vm = vm.withFinding("malware", oneOf("eicar", "mirai"));
        }
        int vnics = random.nextInt(8) == 0 ? 2 : 1;
        for (int nic = 0; nic < vnics; nic++) {
            // eth1 repeats the address of another VM's eth0, in another segment.
            String segment = nic == 0 ? "lan" : "dmz";
            int host = nic == 0 ? index + 1 : 100 + index;
            List<String> addresses = new ArrayList<>();
            if (random.nextInt(6) != 0) {
                addresses.add(nic == 0 ? "10.0.0." + host : "10.0.0." + (1 + (index + 1) % 7));
            }
            if (random.nextInt(3) != 0) {
                addresses.add("2001:db8::" + host);
            }
            Vnic vnic = builder.vnic(name, "eth" + nic, segment, addresses.toArray(String[]::new));
            vm = vm.withVnic(random.nextInt(8) == 0 ? vnic.withProtection(ROUTER) : vnic);
        }
        return vm;
    }

    private Exclusion exclusion(int vms) {
        return random.nextBoolean()
                ? Exclusion.ofGroups("aside", "g" + random.nextInt(groups))
                : Exclusion.ofVms("aside", vmNames.get(random.nextInt(vms)));
    }

    private Expression expression(int depth) {
        int kinds = depth == 0 ? 8 : 11;
        return switch (random.nextInt(kinds)) {
            case 0 -> Expression.tag(oneOf("app:web", "app:db", "env:prod", "env:none"));
            case 1 ->
                oneOf(
                        Expression.name("web-0"),
                        Expression.nameStartsWith("web"),
                        Expression.nameContains("b-1"),
                        Expression.nameMatches("(WEB|db)-[0-2]"));
            case 2 -> oneOf(Expression.os("DEBIAN-13"), Expression.os("windows-2025"));
            case 3 -> Expression.segment(oneOf("lan", "dmz"));
            case 4 -> oneOf(Expression.finding("malware"), Expression.finding("malware", "eicar"));
            case 5, 6 -> Expression.addresses(oneOf(LITERALS), oneOf(LITERALS));
            case 7 -> groups == 0 ? Expression.tag("app:web") : Expression.group("g" + random.nextInt(groups));
            case 8 -> Expression.and(expression(depth - 1), expression(depth - 1));
            case 9 -> Expression.or(expression(depth - 1), expression(depth - 1));
            default -> Expression.not(expression(depth - 1));
        };
    }

    private SecurityPolicy policy(int index) {
        Category category = oneOf(Category.values());
        List<Rule> rules = new ArrayList<>();
        int count = 2 + random.nextInt(6);
        for (int rule = 0; rule < count; rule++) {
            rules.add(rule("r" + rule, category));
        }
        SecurityPolicy policy = new SecurityPolicy(
                        "p" + index, category, random.nextInt(3), appliedTo(), random.nextInt(10) != 0, rules)
                .withSchedule(times.anySchedule());
        if (category == Category.ETHERNET) {
            return policy;
        }
        return switch (random.nextInt(6)) {
            case 0, 1 -> policy.withStateless(true);
            case 2 -> policy.withTcpPickup(oneOf(TcpPickup.STRICT, TcpPickup.LOOSE));
            default -> policy;
        };
    }

    private Rule rule(String name, Category category) {
        return new Rule(
                name,
                peers(),
                peers(),
                services(),
                oneOf(RuleDirection.values()),
                oneOf(IpFamily.values()),
                category == Category.ETHERNET ? ethernet() : EthernetMatch.ANY,
                oneOf(Action.values()),
                oneOf(LiveFlowMode.values()),
                random.nextBoolean(),
                appliedTo(),
                random.nextInt(4) == 0 ? "why" : "",
                random.nextInt(4) == 0 ? "audit" : "",
                times.anyExpiry());
    }

    private ServiceSelection services() {
        if (random.nextInt(3) == 0) {
            return ServiceSelection.ANY;
        }
        ServiceSelection named = ServiceSelection.named(
                oneOf("ssh", "https", "odd", "others"), oneOf("dns", "http", "ping", "flags", "dhcp"));
        return random.nextInt(4) == 0 ? named.negate() : named;
    }

    private EthernetMatch ethernet() {
        EthernetMatch typed = switch (random.nextInt(3)) {
            case 0 -> EthernetMatch.ANY;
            case 1 -> EthernetMatch.etherTypes(oneOf(0x0800, 0x86dd, 0x0806));
            default -> EthernetMatch.etherTypes(0x86dd, EthernetMatch.LLC);
        };
        return switch (random.nextInt(5)) {
            case 0 -> typed.from("02:00:00:00:00:00/40");
            case 1 -> typed.notFrom("02:00:00:00:00:01");
            case 2 -> typed.to("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:02");
            case 3 -> typed.notTo("01:00:00:00:00:00/8");
            default -> typed;
        };
    }

    private List<String> appliedTo() {
        return random.nextInt(3) == 0 ? List.of("g" + random.nextInt(groups)) : List.of();
    }

    private Peers peers() {
        String group = "g" + random.nextInt(groups);
        Peers peers = switch (random.nextInt(5)) {
            case 0 -> Peers.ANY;
            case 1, 2 -> Peers.groups(group);
            case 3 -> Peers.addresses(oneOf(LITERALS));
            default -> Peers.groups(group).andAddresses(oneOf(LITERALS));
        };
        return !peers.any() && random.nextInt(4) == 0 ? peers.negate() : peers;
    }

    /** A packet between addresses of the model's vNICs and some that are nobody's. */
    public Flow flow(TenantModel model) {
        Set<String> addresses = new LinkedHashSet<>(OUTSIDE);
        vnics(model).stream()
                .flatMap(vnic -> vnic.allAddresses().stream())
                .forEach(address -> addresses.add(address.getHostAddress()));
        vnics(model).forEach(vnic -> addresses.add(vnic.mac().linkLocal().getHostAddress()));
        List<String> all = List.copyOf(addresses);
        String source = oneOf(all);
        boolean v6 = source.indexOf(':') >= 0;
        List<String> reachable =
                all.stream().filter(address -> address.indexOf(':') >= 0 == v6).toList();
        String destination = oneOf(reachable);
        return switch (random.nextInt(15)) {
            case 0 -> Flow.ports("0.0.0.0", "255.255.255.255", ServiceLibrary.UDP, DHCP_CLIENT, DHCP_SERVER);
            case 1, 2, 3 -> Flow.tcp(source, destination, oneOf(PORTS), oneOf(OPENING_FLAGS));
            case 4, 5 ->
                Flow.ports(source, destination, ServiceLibrary.UDP, random.nextBoolean() ? 1_500 : 3_000, oneOf(PORTS));
            case 6, 7 -> Flow.ports(source, destination, ServiceLibrary.SCTP, 40_000, oneOf(PORTS));
            case 8, 9 -> Flow.protocol(source, destination, NO_PORTS);
            case 12, 13 -> Flow.tcp(source, destination, oneOf(PORTS), oneOf(OTHER_FLAGS));
            case 14 -> Flow.pong(source, destination);
            default -> Flow.ping(source, destination);
        };
    }

    public static List<Vnic> vnics(TenantModel model) {
        return model.vms().values().stream().flatMap(vm -> vm.vnics().stream()).toList();
    }

    /** Whether the packet gets as far as the rules of the vNIC: guards and switch see to the rest. */
    public static boolean reaches(Vnic vnic, Flow flow, RuleDirection direction) {
        boolean isForeignAllowed = vnic.protection().allowsForeignAddresses();
        if (direction == RuleDirection.OUT) {
            return !owns(vnic, flow.destination())
                    && (isForeignAllowed || owns(vnic, flow.source()) || isDhcpClient(flow));
        }
        return !owns(vnic, flow.source())
                && (isForeignAllowed || isGroup(flow.destination()) || owns(vnic, flow.destination()));
    }

    private static boolean owns(Vnic vnic, InetAddress address) {
        return vnic.allAddresses().contains(address) || vnic.mac().linkLocal().equals(address);
    }

    private static boolean isDhcpClient(Flow flow) {
        return flow.source().isAnyLocalAddress() && flow.sourcePort() == DHCP_CLIENT;
    }

    /** Multicast, or broadcast on the link. */
    public static boolean isGroup(InetAddress address) {
        return MacAddress.ofGroup(address) != null;
    }

    @SafeVarargs
    private final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
