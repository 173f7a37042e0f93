package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.TenantRevisions;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * A large tenant goes out as one text and comes back in one request. With {@code -Dportcullis.documents.vms=100000} and {@code
 * -Dportcullis.jvm.test-flags=-Xmx3g} it is one of 100,000 VMs, 75,000 groups and 75,000 policies; it prints what took how long.
 */
class LargeExportTest extends ApiTestCase {
    private static final int VMS = Integer.getInteger("portcullis.documents.vms", 12_000);
    private static final TenantId ACME = new TenantId("acme");

    @Test
    void shouldTakeInOneRequestWhatItHasExported() throws Exception {
        TenantModel model = model();
        services.models.put("acme", model);
        TenantRevisions revisions = client.revisions("acme");

        String text = timed("export", () -> revisions.export(null, null, null));
        services.models.put("acme", TenantModel.empty(ACME));
        int changed = timed("apply", () -> client.apply("acme", text)).changed().size();
        TenantModel after = services.models.get("acme");
        String difference = timed("diff", () -> revisions.dryRun(text, OptionalLong.empty()))
                .diff();

        System.out.println("LargeExportTest: " + changed + " documents, " + text.length() + " bytes");
        assertThat(ModelChange.between(model, after)).isEmpty();
        assertThat(difference).isEmpty();
    }

    private static <T> T timed(String what, Supplier<T> work) {
        long start = System.nanoTime();
        T result = work.get();
        System.out.println("LargeExportTest: " + what + " " + (System.nanoTime() - start) / 1_000_000 + " ms");
        return result;
    }

    private static TenantModel model() throws UnknownHostException {
        List<ModelEdit> edits = new ArrayList<>();
        edits.add(new ModelEdit.PutSegment(new Segment("front", 7)));
        int applications = VMS / 4 * 3;
        for (int vm = 0; vm < VMS; vm++) {
            VmId id = new VmId(ACME, "vm-" + vm);
            byte[] address = {10, (byte) (vm + 1 >> 16), (byte) (vm + 1 >> 8), (byte) (vm + 1)};
            Vnic vnic = new Vnic(
                    new VnicId(id, "eth0"),
                    new MacAddress(0x0200_0000_0000L + vm),
                    List.of(InetAddress.getByAddress(address)),
                    "front",
                    "memory:vm-" + vm);
            edits.add(new ModelEdit.PutVm(Vm.named(id)
                    .withTag("app:a" + vm % applications)
                    .withTag("stage:prod")
                    .withVnic(vnic)));
        }
        for (int application = 0; application < applications; application++) {
            String group = "app-" + application;
            edits.add(new ModelEdit.PutGroup(new Group(
                    group, Expression.and(Expression.tag("app:a" + application), Expression.tag("stage:prod")))));
            edits.add(new ModelEdit.PutPolicy(SecurityPolicy.of(
                            "policy-" + application,
                            Category.APPLICATION,
                            1,
                            Rule.allow("same-application").from(group).services("https"))
                    .withAppliedTo(group)));
        }
        return switch (TenantModel.empty(ACME).apply(edits)) {
            case EditResult.Accepted accepted -> accepted.model();
            case EditResult.Refused refused ->
                throw new AssertionError(refused.problems().getFirst());
        };
    }
}
