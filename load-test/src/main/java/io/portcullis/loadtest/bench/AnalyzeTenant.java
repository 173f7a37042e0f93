package io.portcullis.loadtest.bench;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Service;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.ServiceMatch;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes a tenant with so many rules, some of which are at fault. */
final class AnalyzeTenant {
    /** What the policies look like. */
    enum Shape {
        /** A policy for each application, on groups of VMs by tag, applied to the application's own. */
        APPLICATIONS,
        /** The same for all vNICs: nothing tells the rules apart but what they match. */
        GROUPS,
        /** Sources and destinations are prefixes of any length, as in lists for a router. */
        PREFIXES
    }

    /**
     * A tenant and what must be found in it.
     *
     * @param planted rules that an earlier one with another action covers
     */
    record Planted(TenantModel model, int rules, int planted) {}

    static final int RULES_PER_POLICY = 20;
    private static final int VMS_PER_TIER = 2;
    private static final int SERVICES = 200;
    /** Of so many policies one has a rule that never decides. */
    private static final int POLICIES_PER_FAULT = 10;

    private static final TenantId TENANT = new TenantId("bench");

    private final Random random;
    private final List<ModelEdit> edits = new ArrayList<>();
    private int vms;
    private int rules;
    private int planted;

    private AnalyzeTenant(long seed) {
        random = new Random(seed);
    }

    static Planted of(Shape shape, int rules, long seed) {
        return new AnalyzeTenant(seed).make(shape, rules);
    }

    private Planted make(Shape shape, int wanted) {
        edits.add(new ModelEdit.PutSegment(new Segment("lan", 10)));
        for (int i = 0; i < SERVICES; i++) {
            edits.add(new ModelEdit.PutService(Service.of("s" + i, ServiceMatch.ports(6, 1_000 + i, 1_000 + i))));
        }
        edits.add(new ModelEdit.PutGroup(new Group("quarantined", Expression.tag("quarantine:yes"))));
        SecurityPolicy emergency = SecurityPolicy.of(
                "quarantine",
                Category.EMERGENCY,
                10,
                Rule.drop("from").from("quarantined").anyService(),
                Rule.drop("to").to("quarantined").anyService());
        SecurityPolicy shared = SecurityPolicy.of(
                "shared",
                Category.INFRASTRUCTURE,
                10,
                Rule.allow("names").to(Peers.addresses("10.255.0.53")).services("dns"));
        put(emergency);
        put(shared);
        for (int number = 0; rules < wanted; number++) {
            put(
                    shape == Shape.PREFIXES
                            ? prefixes(number, wanted - rules)
                            : application(number, wanted - rules, shape));
        }
        if (TenantModel.empty(TENANT).apply(edits) instanceof EditResult.Accepted(TenantModel model, boolean _)) {
            return new Planted(model, rules, planted);
        }
        throw new IllegalStateException("the tenant of the benchmark is refused");
    }

    private void put(SecurityPolicy policy) {
        edits.add(new ModelEdit.PutPolicy(policy));
        rules += policy.rules().size();
    }

    private SecurityPolicy application(int number, int most, Shape shape) {
        for (String tier : List.of("web", "db")) {
            String tag = tier + ":a" + number;
            edits.add(new ModelEdit.PutGroup(new Group(tier + "-" + number, Expression.tag(tag))));
            for (int i = 0; i < VMS_PER_TIER; i++) {
                edits.add(new ModelEdit.PutVm(vm(tier + "-" + number + "-" + i, tag)));
            }
        }
        String web = "web-" + number;
        String db = "db-" + number;
        edits.add(new ModelEdit.PutGroup(
                new Group("app-" + number, Expression.or(Expression.group(web), Expression.group(db)))));
        List<Rule.Builder> list = new ArrayList<>();
        list.add(Rule.allow("https").to(web).services("https"));
        if (isFaulty(number)) {
            planted++;
            list.add(Rule.reject("no-https").from(db).to(web).services("https"));
        }
        while (list.size() < RULES_PER_POLICY - 1) {
            boolean isInside = random.nextBoolean();
            Rule.Builder rule = isInside
                    ? Rule.allow("r" + list.size()).from(web).to(db)
                    : Rule.allow("r" + list.size())
                            .from("app-" + random.nextInt(number + 1))
                            .to(web);
            list.add(rule.services("s" + (list.size() * 10 + random.nextInt(10))));
        }
        list.add(Rule.drop("rest").to("app-" + number).anyService());
        SecurityPolicy policy = policy(number, list, most);
        return shape == Shape.APPLICATIONS ? policy.withAppliedTo("app-" + number) : policy;
    }

    private static boolean isFaulty(int number) {
        return number % POLICIES_PER_FAULT == 0;
    }

    private SecurityPolicy prefixes(int number, int most) {
        List<Rule.Builder> list = new ArrayList<>();
        for (int i = 0; i < RULES_PER_POLICY; i++) {
            Action action = random.nextInt(5) == 0 ? Action.DROP : Action.ALLOW;
            list.add(new Rule.Builder("r" + i, action)
                    .from(Peers.addresses(prefix()))
                    .to(Peers.addresses(prefix()))
                    .services("s" + random.nextInt(SERVICES)));
        }
        if (isFaulty(number) && most >= RULES_PER_POLICY) {
            planted++;
            Rule last = list.get(RULES_PER_POLICY - 2).build();
            Action other = last.action() == Action.ALLOW ? Action.REJECT : Action.ALLOW;
            list.set(
                    RULES_PER_POLICY - 1,
                    new Rule.Builder("planted", other)
                            .from(last.sources())
                            .to(last.destinations())
                            .services(last.services()));
        }
        return policy(number, list, most);
    }

    private String prefix() {
        int bits = 8 + random.nextInt(25);
        int address = random.nextInt() & (-1 << (32 - bits));
        return (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "." + (address & 255)
                + "/" + bits;
    }

    private static SecurityPolicy policy(int number, List<Rule.Builder> rules, int most) {
        return SecurityPolicy.of(
                "p" + number,
                Category.APPLICATION,
                number,
                rules.subList(0, Math.min(most, rules.size())).toArray(Rule.Builder[]::new));
    }

    private Vm vm(String name, String tag) {
        int number = vms++;
        VmId id = new VmId(TENANT, name);
        Vnic vnic = new Vnic(
                new VnicId(id, "eth0"),
                new MacAddress(0x0200_0000_0000L + number),
                List.of(address(number)),
                "lan",
                "memory:" + name);
        return Vm.named(id).withTag(tag).withVnic(vnic);
    }

    private static InetAddress address(int number) {
        try {
            return InetAddress.getByAddress(
                    new byte[] {10, (byte) (number >>> 16), (byte) (number >>> 8), (byte) number});
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
