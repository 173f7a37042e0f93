package io.portcullis.policy.analyze;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.Alg;
import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.Schedule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.ServiceSelection;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TestTenant;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small tenants whose rules say much of the same, so that they cover each other alone and together, touch and miss. */
final class RandomPolicies {
    private static final List<String> LITERALS = List.of(
            "10.0.0.0/31",
            "10.0.0.2/31",
            "10.0.0.0/30",
            "10.0.0.4-10.255.255.255",
            "0.0.0.0-9.255.255.255",
            "11.0.0.0-255.255.255.255",
            "0.0.0.0/0",
            "224.0.0.0/4",
            "2001:db8::/126",
            "2001:db8::2",
            "::/0");
    private static final List<String> SERVICES = List.of(
            "low", "high", "tcp", "web", "https", "syn", "not-syn", "from-low", "from-high", "echo", "icmp", "gre");

    private static final List<Schedule> SCHEDULES =
            List.of(Schedule.daily("UTC", "08:00-18:00"), Schedule.daily("UTC", "16:00-02:00"));
    private static final Instant EXPIRY = Instant.parse("2026-05-04T00:00:00Z");

    private final Random random;
    private final boolean keepsOwnState;
    private boolean isTimed;
    private final TestTenant tenant;
    private int groups;

    RandomPolicies(long seed) {
        this(seed, new TenantId("acme"));
    }

    private RandomPolicies(long seed, TenantId id) {
        random = new Random(seed);
        tenant = TestTenant.aTenant(id.value());
        keepsOwnState = random.nextInt(3) == 0;
    }

    /** With two schedules that overlap and a date on which rules expire. */
    static TenantModel timedModel(long seed) {
        RandomPolicies policies = new RandomPolicies(seed);
        policies.isTimed = true;
        policies.tenant.with(new ModelEdit.SetClock(EXPIRY.minus(Duration.ofDays(3))));
        TenantModel model = policies.model();
        return policies.random.nextInt(3) == 0 ? policies.withProvider(model) : model;
    }

    /** The model, under policies of a provider that are made alike. */
    TenantModel withProvider(TenantModel model) {
        return TestTenant.accepted(model.adopt(ProviderPolicies.of(provider())));
    }

    TenantModel provider() {
        RandomPolicies above = new RandomPolicies(random.nextLong(), TenantId.PROVIDER);
        above.isTimed = isTimed;
        above.putServices();
        above.putGroups();
        above.putPolicies(1 + random.nextInt(3));
        return above.tenant.build();
    }

    TenantModel model() {
        tenant.segment("lan", 10);
        putServices();
        int vms = random.nextInt(6) == 0 ? 0 : 1 + random.nextInt(3);
        for (int index = 0; index < vms; index++) {
            tenant.with(new ModelEdit.PutVm(vm(index)));
        }
        putGroups();
        if (random.nextInt(5) == 0) {
            tenant.with(new ModelEdit.PutExclusion(Exclusion.ofGroups("aside", "g" + random.nextInt(groups))));
        }
        putPolicies(1 + random.nextInt(5));
        tenant.with(new ModelEdit.SetDefaults(oneOf(Action.ALLOW, Action.DROP), random.nextInt(3) == 0));
        return tenant.build();
    }

    private void putServices() {
        service("low", ServiceMatch.ports(6, 0, 442));
        service("high", ServiceMatch.ports(6, 443, 65_535));
        service(
                "web",
                ServiceMatch.ports(6, 80, 80),
                ServiceMatch.ports(6, 443, 443),
                ServiceMatch.ports(17, 443, 443));
        service("syn", ServiceMatch.protocol(6).withTcpFlags(0x12, 0x02));
        service("not-syn", ServiceMatch.protocol(6).withTcpFlags(0x02, 0x00));
        service("from-low", new ServiceMatch(6, 0, 1_023, 443, 443, -1, -1));
        service("from-high", new ServiceMatch(6, 1_024, 65_535, 0, 65_535, -1, -1));
        service("echo", ServiceMatch.icmp(1, 8, 0), ServiceMatch.icmp(58, 128, 0));
        service("gre", ServiceMatch.protocol(47));
        tenant.with(new ModelEdit.PutService(
                Service.of("ftp", ServiceMatch.ports(6, 21, 21)).withAlg(Alg.FTP)));
    }

    private void putGroups() {
        int wanted = 2 + random.nextInt(4);
        for (; groups < wanted; groups++) {
            tenant.with(new ModelEdit.PutGroup(new Group("g" + groups, expression())));
        }
    }

    private void putPolicies(int count) {
        Category only = random.nextBoolean() ? oneOf(Category.values()) : null;
        for (int index = 0; index < count; index++) {
            Category category = only == null ? oneOf(Category.values()) : only;
            tenant.with(new ModelEdit.PutPolicy(policy(index, category)));
        }
    }

    private void service(String name, ServiceMatch... matches) {
        tenant.with(new ModelEdit.PutService(Service.of(name, matches)));
    }

    private Vm vm(int index) {
        String name = "vm-" + index;
        Vm vm = Vm.named(new VmId(new TenantId("acme"), name));
        for (String tag : List.of("app:web", "app:db")) {
            vm = random.nextBoolean() ? vm.withTag(tag) : vm;
        }
        List<String> addresses = new ArrayList<>();
        if (random.nextInt(6) != 0) {
            addresses.add("10.0.0." + (index + 1));
        }
        if (random.nextBoolean()) {
            addresses.add("2001:db8::" + (index + 1));
        }
        var vnic = tenant.vnic(name, "eth0", "lan", addresses.toArray(String[]::new));
        boolean learns = random.nextInt(8) == 0;
        return vm.withVnic(learns ? vnic.withProtection(VnicProtection.STRICT.withLearnedAddresses(2)) : vnic);
    }

    private Expression expression() {
        return switch (random.nextInt(5)) {
            case 0 -> Expression.tag("app:web");
            case 1 -> Expression.tag("app:db");
            case 2 -> Expression.not(Expression.tag("app:web"));
            case 3 -> random.nextBoolean() ? Expression.tag("app:none") : Expression.segment("lan");
            default -> Expression.addresses(oneOf(LITERALS), oneOf(LITERALS));
        };
    }

    private SecurityPolicy policy(int index, Category category) {
        List<Rule> rules = new ArrayList<>();
        int count = 1 + random.nextInt(6);
        for (int rule = 0; rule < count; rule++) {
            rules.add(rule("r" + rule, category));
        }
        if (random.nextInt(10) == 0) {
            rules.add(random.nextInt(rules.size()), passesAll());
        }
        SecurityPolicy policy = new SecurityPolicy(
                        "p" + index, category, random.nextInt(3), appliedTo(6), random.nextInt(10) != 0, rules)
                .withSchedule(isTimed && random.nextInt(3) == 0 ? oneOf(SCHEDULES) : null);
        boolean hasGateway =
                rules.stream().anyMatch(rule -> rule.services().names().contains("ftp"));
        if (!keepsOwnState || category == Category.ETHERNET || random.nextBoolean()) {
            return policy;
        }
        return hasGateway || random.nextInt(3) == 0
                ? policy.withTcpPickup(oneOf(TcpPickup.STRICT, TcpPickup.LOOSE))
                : policy.withStateless(true);
    }

    private Rule rule(String name, Category category) {
        return new Rule(
                name,
                peers(),
                peers(),
                services(),
                random.nextInt(3) == 0 ? oneOf(RuleDirection.values()) : RuleDirection.BOTH,
                random.nextInt(3) == 0 ? oneOf(IpFamily.values()) : IpFamily.ANY,
                category == Category.ETHERNET ? ethernet() : EthernetMatch.ANY,
                oneOf(Action.ALLOW, Action.ALLOW, Action.ALLOW, Action.DROP, Action.DROP, Action.REJECT, Action.PASS),
                LiveFlowMode.RECHECK,
                random.nextInt(8) == 0,
                appliedTo(4),
                "",
                random.nextInt(8) == 0 ? "audit" : "",
                isTimed && random.nextInt(8) == 0 ? EXPIRY : null);
    }

    /** Makes all that comes later in its category useless. */
    private Rule passesAll() {
        return new Rule(
                "pass",
                Peers.ANY,
                Peers.ANY,
                ServiceSelection.ANY,
                RuleDirection.BOTH,
                IpFamily.ANY,
                EthernetMatch.ANY,
                Action.PASS,
                LiveFlowMode.RECHECK,
                false,
                List.of(),
                "",
                "",
                null);
    }

    private ServiceSelection services() {
        if (random.nextInt(3) == 0) {
            return ServiceSelection.ANY;
        }
        if (random.nextInt(20) == 0) {
            return ServiceSelection.named("ftp");
        }
        ServiceSelection named = ServiceSelection.named(oneOf(SERVICES), oneOf(SERVICES));
        return random.nextInt(5) == 0 ? named.negate() : named;
    }

    private EthernetMatch ethernet() {
        EthernetMatch typed = switch (random.nextInt(5)) {
            case 0 -> EthernetMatch.etherTypes(0x0800);
            case 1 -> EthernetMatch.etherTypes(0x86dd, 0x0806);
            case 2 -> EthernetMatch.etherTypes(EthernetMatch.LLC, 0x88cc);
            default -> EthernetMatch.ANY;
        };
        return switch (random.nextInt(8)) {
            case 0 -> typed.from("02:00:00:00:00:00/40");
            case 1 -> typed.notFrom("02:00:00:00:00:01");
            case 2 -> typed.to("ff:ff:ff:ff:ff:ff");
            case 3 -> typed.notTo("01:00:00:00:00:00/8");
            default -> typed;
        };
    }

    private List<String> appliedTo(int seldom) {
        return random.nextInt(seldom) == 0 ? List.of("g" + random.nextInt(groups)) : List.of();
    }

    private Peers peers() {
        Peers peers = switch (random.nextInt(6)) {
            case 0, 1 -> Peers.ANY;
            case 2 -> Peers.groups("g" + random.nextInt(groups));
            case 3 -> Peers.groups("g" + random.nextInt(groups)).andAddresses(oneOf(LITERALS));
            case 4 -> Peers.addresses(oneOf(LITERALS));
            default -> Peers.addresses(oneOf(LITERALS), oneOf(LITERALS));
        };
        return !peers.any() && random.nextInt(5) == 0 ? peers.negate() : peers;
    }

    @SafeVarargs
    private final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
