package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.DB_1;
import static io.portcullis.vnic.testkit.Samples.DB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.EditResult;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RuleBookTest {
    private final RuleBook book = new RuleBook(new PolicyCompiler());
    private final Queue<Runnable> otherThread = new ArrayDeque<>();
    private final TenantModel twoVms = edited(
            TenantModel.empty(ACME),
            new ModelEdit.PutSegment(new Segment("lan", 100)),
            new ModelEdit.PutVm(vm(WEB_1, WEB_1_ETH0, 1)),
            new ModelEdit.PutVm(vm(DB_1, DB_1_ETH0, 2)));
    private final TenantModel allowing =
            edited(twoVms, new ModelEdit.PutPolicy(policy(Rule.allow("all").anyService())));

    @Test
    void shouldTakeAPreparedModelAsIfItHadCompiledItWithTheUpdate() {
        book.update(twoVms, 1);
        book.prepare(allowing, otherThread::add);
        otherThread.remove().run();

        Set<VnicId> changed = book.update(allowing, 2);

        assertThat(changed).containsExactlyInAnyOrder(WEB_1_ETH0, DB_1_ETH0);
        assertThat(book.assignment(WEB_1_ETH0)).isEqualTo(new RuleAssignment(2, hash(allowing), 2, ""));
        assertThat(book.revision()).isEqualTo(2);
    }

    @Test
    void shouldWaitForAModelThatIsBeingPrepared() {
        book.update(twoVms, 1);
        book.prepare(allowing, task -> CompletableFuture.runAsync(task));

        assertThat(book.update(allowing, 2)).containsExactlyInAnyOrder(WEB_1_ETH0, DB_1_ETH0);
    }

    @Test
    void shouldBeAsIfNothingHadBeenPreparedWhenAnotherModelComes() {
        book.update(twoVms, 1);
        book.prepare(allowing, Runnable::run);

        book.update(twoVms, 1);

        assertThat(book.table(WEB_1_ETH0).hash()).isEqualTo(hash(twoVms));
        book.update(allowing, 2);
        assertThat(book.assignment(WEB_1_ETH0)).isEqualTo(new RuleAssignment(2, hash(allowing), 2, ""));
    }

    @Test
    void shouldTellOfShadowsThatCameAndWentWithAPreparedModel() {
        TenantModel staging = edited(
                twoVms,
                new ModelEdit.PutStagedPolicy(
                        StagedPolicy.of(policy(Rule.allow("all").anyService()))));
        book.update(twoVms, 1);
        book.prepare(staging, Runnable::run);

        assertThat(book.update(staging, 2)).containsExactlyInAnyOrder(WEB_1_ETH0, DB_1_ETH0);
        assertThat(book.assignment(DB_1_ETH0).shadowRevision()).isEqualTo(2);
        book.prepare(twoVms, Runnable::run);
        assertThat(book.update(staging, 2)).containsExactlyInAnyOrder(WEB_1_ETH0, DB_1_ETH0);
        assertThat(book.assignment(DB_1_ETH0).shadowHash()).isNotEmpty();
    }

    private static String hash(TenantModel model) {
        return new PolicyCompiler().compileAll(model).get(WEB_1_ETH0).hash();
    }

    private static SecurityPolicy policy(Rule.Builder rule) {
        return SecurityPolicy.of("app", Category.APPLICATION, 1, rule);
    }

    private static TenantModel edited(TenantModel model, ModelEdit... edits) {
        return ((EditResult.Accepted) model.apply(List.of(edits))).model();
    }

    private static Vm vm(VmId id, VnicId vnic, int number) {
        return Vm.named(id)
                .withVnic(new Vnic(
                        vnic,
                        new MacAddress(0x02_00_00_00_00_00L + number),
                        List.of(InetAddress.ofLiteral("10.0.0." + number)),
                        "lan",
                        "tap:" + id.name() + "/eth0"));
    }
}
