package io.portcullis.policy.model;

import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Builds models as tests need them; every step must be accepted. */
public final class TestTenant {
    private final TenantId tenant;
    private final List<ModelEdit> edits = new ArrayList<>();
    private int nextMac = 1;

    private TestTenant(String tenant) {
        this.tenant = new TenantId(tenant);
    }

    public static TestTenant aTenant() {
        return aTenant("acme");
    }

    public static TestTenant aTenant(String name) {
        return new TestTenant(name);
    }

    public TestTenant with(ModelEdit edit) {
        edits.add(edit);
        return this;
    }

    public TestTenant segment(String name, int vlan) {
        return with(new ModelEdit.PutSegment(new Segment(name, vlan)));
    }

    /** A VM with one vNIC eth0 in segment lan. */
    public TestTenant vm(String name, String tags, String... addresses) {
        Vm vm = Vm.named(new VmId(tenant, name)).withVnic(vnic(name, "eth0", "lan", addresses));
        for (String tag : tags.isBlank() ? new String[0] : tags.split(" ")) {
            vm = vm.withTag(tag);
        }
        return with(new ModelEdit.PutVm(vm));
    }

    public Vnic vnic(String vm, String name, String segment, String... addresses) {
        return new Vnic(
                new VnicId(new VmId(tenant, vm), name),
                new MacAddress(0x0200_0000_0000L + nextMac++),
                List.of(addresses).stream().map(TestTenant::ip).toList(),
                segment,
                "memory:" + vm + "-" + name);
    }

    public TestTenant group(String name, Expression expression) {
        return with(new ModelEdit.PutGroup(new Group(name, expression)));
    }

    public TestTenant policy(SecurityPolicy policy) {
        return with(new ModelEdit.PutPolicy(policy));
    }

    public TenantModel build() {
        return accepted(tried());
    }

    /** All steps at once. */
    public EditResult tried() {
        return TenantModel.empty(tenant).apply(edits);
    }

    public static TenantModel accepted(EditResult result) {
        return switch (result) {
            case EditResult.Accepted(TenantModel model, boolean _) -> model;
            case EditResult.Refused(List<Problem> problems) -> throw new AssertionError("refused: " + problems);
        };
    }

    public static List<Problem> refused(EditResult result) {
        return switch (result) {
            case EditResult.Accepted(TenantModel model, boolean _) -> throw new AssertionError("accepted: " + model);
            case EditResult.Refused(List<Problem> problems) -> problems;
        };
    }

    public static InetAddress ip(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
