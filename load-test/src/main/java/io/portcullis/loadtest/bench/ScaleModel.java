package io.portcullis.loadtest.bench;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.Limits;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One tenant in the shape of Antrea's benchmark of many small namespaces (its {@code TestInitXLargeScaleWithSmallNamespaces}): in each
 * namespace VMs of a few applications, a policy that denies everything, and one for each application whose VMs may talk to each
 * other. A namespace is a tag: a tenant may have tens of thousands of them, but only {@value Limits#MAX_SEGMENTS} segments,
 * since a segment is a VLAN. So namespaces share segments when there are more of them.
 */
final class ScaleModel {
    static final TenantId TENANT = new TenantId("bench");

    private final int namespaces;
    private final int vms;
    private final int policies;
    private final int rules;
    private final int applications;
    private final List<String> services = List.copyOf(ServiceLibrary.BUILT_IN.keySet());

    /**
     * Says what to build.
     *
     * @param rules of all policies together; those beyond one per policy allow one address one service
     */
    ScaleModel(int namespaces, int vms, int policies, int rules) {
        this.namespaces = namespaces;
        this.vms = vms;
        this.policies = policies;
        this.rules = rules;
        applications = Math.max(1, (policies - 1) / namespaces);
    }

    TenantModel build() {
        List<ModelEdit> edits = new ArrayList<>();
        int segments = Math.min(namespaces, Limits.MAX_SEGMENTS);
        for (int segment = 0; segment < segments; segment++) {
            edits.add(new ModelEdit.PutSegment(new Segment("vlan-" + segment, segment + 1)));
        }
        for (int vm = 0; vm < vms; vm++) {
            edits.add(new ModelEdit.PutVm(vm(vm, segments)));
        }
        for (int namespace = 0; namespace < namespaces; namespace++) {
            edits.add(new ModelEdit.PutGroup(new Group(group(namespace), inNamespace(namespace))));
            for (int application = 0; application < applications; application++) {
                edits.add(new ModelEdit.PutGroup(new Group(
                        group(namespace, application),
                        Expression.and(inNamespace(namespace), Expression.tag("app:app-" + application)))));
            }
        }
        for (int policy = 0; policy < policies; policy++) {
            edits.add(new ModelEdit.PutPolicy(policy(policy)));
        }
        return switch (TenantModel.empty(TENANT).apply(edits)) {
            case EditResult.Accepted accepted -> accepted.model();
            case EditResult.Refused refused ->
                throw new IllegalArgumentException(refused.problems().getFirst().toString());
        };
    }

    private Vm vm(int vm, int segments) {
        VmId id = new VmId(TENANT, "vm-" + vm);
        int namespace = vm % namespaces;
        return Vm.named(id)
                .withTag("namespace:ns-" + namespace)
                .withTag("app:app-" + application(vm))
                .withVnic(new Vnic(
                        new VnicId(id, "eth0"),
                        new MacAddress(0x0200_0000_0000L + vm),
                        List.of(address(vm)),
                        "vlan-" + namespace % segments,
                        "memory:vm-" + vm));
    }

    private int application(int vm) {
        return vm / namespaces % applications;
    }

    /** The tags of the VM if it went over to the next application. */
    Set<Tag> tagsOfNext(int vm, int times) {
        return Set.of(
                Tag.parse("namespace:ns-" + vm % namespaces),
                Tag.parse("app:app-" + (application(vm) + times) % applications));
    }

    private static InetAddress address(int vm) {
        int host = vm + 1;
        try {
            return InetAddress.getByAddress(new byte[] {10, (byte) (host >> 16), (byte) (host >> 8), (byte) host});
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    private static String group(int namespace) {
        return "ns-" + namespace;
    }

    private static String group(int namespace, int application) {
        return group(namespace) + "-app-" + application;
    }

    private static Expression inNamespace(int namespace) {
        return Expression.tag("namespace:ns-" + namespace);
    }

    private SecurityPolicy policy(int policy) {
        int namespace = policy % namespaces;
        int kind = policy / namespaces;
        List<Rule> all = new ArrayList<>();
        int first = (int) ((long) rules * policy / policies);
        int end = (int) ((long) rules * (policy + 1) / policies);
        for (int rule = first + 1; rule < end; rule++) {
            all.add(Rule.allow("allow-" + (rule - first))
                    .from(Peers.addresses(
                            "172." + (16 + rule / 65_536 % 16) + "." + rule / 256 % 256 + "." + rule % 256))
                    .services(services.get(rule % services.size()))
                    .direction(RuleDirection.IN)
                    .build());
        }
        String applied = kind == 0 ? group(namespace) : group(namespace, (kind - 1) % applications);
        all.add(
                kind == 0
                        ? Rule.drop("deny").anyService().build()
                        : Rule.allow("same-application")
                                .from(applied)
                                .anyService()
                                .direction(RuleDirection.IN)
                                .build());
        return new SecurityPolicy(
                "policy-" + policy, Category.APPLICATION, kind == 0 ? 2 : 1, List.of(applied), true, all);
    }

    /** The policy with its first rule the other way round. */
    static SecurityPolicy withOtherAction(SecurityPolicy policy) {
        List<Rule> changed = new ArrayList<>(policy.rules());
        Rule rule = changed.getFirst();
        changed.set(0, rule.withAction(rule.action() == Action.ALLOW ? Action.REJECT : Action.ALLOW));
        return policy.withRules(changed);
    }
}
