package io.portcullis.simulation;

import io.portcullis.policy.Category;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a simulation has: tenants whose VMs are spread over all hosts, in applications of a few VMs, each with a group, a policy of two rules and one rule table. So what one
 * change concerns does not grow with the cluster.
 *
 * @param vnics in all
 * @param vmsPerApplication so many VMs have one rule table, each on another host as long as there are hosts
 */
record SimShape(int hosts, int vnics, int vnicsPerVm, int tenants, int vmsPerApplication) {
    int vms() {
        return vnics / vnicsPerVm;
    }

    static HostId host(int host) {
        return new HostId("host-" + (host + 1));
    }

    /** Each tenant's VMs go round all hosts. */
    HostId hostOf(int vm) {
        return host((vm / tenants + vm % tenants) % hosts);
    }

    static TenantId tenant(int tenant) {
        return new TenantId("tenant-" + tenant);
    }

    TenantId tenantOf(int vm) {
        return tenant(vm % tenants);
    }

    VmId id(int vm) {
        return new VmId(tenantOf(vm), "vm-" + vm);
    }

    private int applicationOf(int vm) {
        return vm / tenants / vmsPerApplication;
    }

    private int applications(int tenant) {
        int vms = (vms() - tenant + tenants - 1) / tenants;
        return Math.max(1, (vms + vmsPerApplication - 1) / vmsPerApplication);
    }

    /** All that a tenant has. */
    List<ModelEdit> edits(int tenant) {
        List<ModelEdit> edits = new ArrayList<>();
        edits.add(new ModelEdit.PutSegment(new Segment("lan", vlan(tenant))));
        for (int vm = tenant; vm < vms(); vm += tenants) {
            edits.add(new ModelEdit.PutVm(vm(vm, vnicsPerVm)));
        }
        for (int application = 0; application < applications(tenant); application++) {
            edits.add(new ModelEdit.PutGroup(new Group(name(application), Expression.tag("app:" + name(application)))));
        }
        for (int application = 0; application < applications(tenant); application++) {
            edits.add(new ModelEdit.PutPolicy(policy(tenant, application, true)));
        }
        return edits;
    }

    private static int vlan(int tenant) {
        return tenant + 1;
    }

    private static String name(int application) {
        return "app-" + application;
    }

    /** Of a number beyond the others' for one that comes later. */
    Vm vm(int vm, int itsVnics) {
        VmId id = id(vm);
        Vm made = Vm.named(id).withTag("app:" + name(applicationOf(vm % vms())));
        for (int vnic = 0; vnic < itsVnics; vnic++) {
            int number = vm * vnicsPerVm + vnic + 1;
            made = made.withVnic(new Vnic(
                    new VnicId(id, "eth" + vnic),
                    new MacAddress(0x0200_0000_0000L + number),
                    List.of(address(number)),
                    "lan",
                    "memory:" + id.name() + "-" + vnic));
        }
        return made;
    }

    VmSpec spec(Vm vm) {
        int vlan = Integer.parseInt(vm.id().tenant().value().substring("tenant-".length())) + 1;
        return new VmSpec(
                vm.id(),
                vm.vnics().stream().map(vnic -> VnicSpec.of(vnic, vlan)).toList());
    }

    private static InetAddress address(int number) {
        try {
            return InetAddress.getByAddress(
                    new byte[] {10, (byte) (number >> 16), (byte) (number >> 8), (byte) number});
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("four bytes are an address", impossible);
        }
    }

    /** The VM goes over to the next application. */
    ModelEdit tagChange(int vm) {
        int next = (applicationOf(vm) + 1) % applications(vm % tenants);
        SortedSet<Tag> tags = new TreeSet<>(List.of(Tag.parse("app:" + name(next))));
        return new ModelEdit.SetTags(id(vm).name(), tags);
    }

    /** Its own VMs and those of the next application may reach an application. */
    SecurityPolicy policy(int tenant, int application, boolean isWeb) {
        String own = name(application);
        String next = name((application + 1) % applications(tenant));
        return new SecurityPolicy(
                "policy-" + application,
                Category.APPLICATION,
                1,
                List.of(own),
                true,
                List.of(
                        Rule.allow("own")
                                .from(own)
                                .anyService()
                                .direction(RuleDirection.IN)
                                .build(),
                        Rule.allow("next")
                                .from(next)
                                .services(isWeb ? "https" : "ssh")
                                .direction(RuleDirection.IN)
                                .build()));
    }
}
