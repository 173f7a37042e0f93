package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.CutoverTest.drain;
import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.track.TableCodec;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A destination that has the source's word and table begins to enforce without an order. */
class SelfActivationTest {
    private static final int UDP = 17;
    private static final int MOVES = 60;
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, UDP, 6_000));
    private static final VnicId ID = vnic(1, 1).vnic();
    private static final VnicId SECOND = VnicId.parse("acme/vm-1/eth1");

    private final TestHosts hosts = new TestHosts(new Random().nextLong());
    private final DataPathRuntime first = hosts.host("host-1");
    private final DataPathRuntime second = hosts.host("host-2");

    @AfterEach
    void stop() {
        hosts.close();
    }

    @Test
    void shouldLoseNothingOverManyMovesUnderLoad() {
        DataPathRuntime[] host = {first, second};
        TestFabric.Vm vm = hosts.vm(1);
        TestFabric.Station station = hosts.fabric.station();
        hosts.enforce(first, vnic(1, 1), RULES);
        NumberedFlow out = new NumberedFlow(mac(1), ip("10.0.0.1"), 5_000, mac(9), ip("10.0.0.9"), 6_000, 0);
        NumberedFlow in =
                new NumberedFlow(mac(9), ip("10.0.0.9"), 6_000, mac(1), ip("10.0.0.1"), 5_000, TestHosts.VLAN);
        out.start(vm::send, 40_000);
        await().until(() -> drain(station, out) && out.receivedCount() > 10);
        in.start(station::send, 40_000);
        for (int i = 0; i < MOVES; i++) {
            DataPathRuntime from = host[i % 2];
            DataPathRuntime to = host[1 - i % 2];
            long epoch = i + 2;
            prepare(to, 1, epoch);
            ExportedBatch ahead = get(from.exportNext(ID, epoch - 1, true, TableCodec.FORMAT_VERSION));
            for (int chunk = 0; chunk < ahead.chunks().size(); chunk++) {
                get(to.importNext(ID, epoch, chunk, ahead.chunks().get(chunk)));
            }
            CutoverTarget target = get(to.expectCutover(ID, epoch));
            CompletableFuture<SelfActivation> armed =
                    to.arm(ID, epoch, "move-" + i, 1).toCompletableFuture();
            SealedVnic sealed = get(from.cutOver(ID, epoch - 1, target));
            SelfActivation activation = get(armed);
            assertThat(activation.entries()).isEqualTo(sealed.table().entries()).isEqualTo(1);
            assertThat(activation.digest()).isEqualTo(sealed.table().digest());
            assertThat(get(to.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
            get(from.release(ID, epoch - 1));
            drain(station, out);
            drain(vm, in);
        }
        out.stop();
        in.stop();
        await().until(() -> drain(station, out) && out.receivedCount() >= out.sent());
        await().until(() -> drain(vm, in) && in.receivedCount() >= in.sent());
        out.assertWhole();
        in.assertWhole();
    }

    @Test
    void shouldWaitForAllOfItsGroup() {
        hosts.enforce(first, vnic(1, 1), RULES);
        hosts.enforce(first, vnic(2, 1), RULES);
        VnicId other = vnic(2, 1).vnic();
        CutoverTarget one = prepareAndExpect(1);
        CutoverTarget two = prepareAndExpect(2);
        CompletableFuture<SelfActivation> armed = second.arm(ID, 2, "both", 2).toCompletableFuture();
        CompletableFuture<SelfActivation> otherArmed =
                second.arm(other, 2, "both", 2).toCompletableFuture();
        get(first.cutOver(ID, 1, one));
        assertThat(get(second.status(ID)).mode()).isEqualTo(VnicMode.HOLDING);
        assertThat(armed).isNotDone();
        get(first.cutOver(other, 1, two));
        get(armed);
        get(otherArmed);
        assertThat(get(second.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(get(second.status(other)).mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(get(second.disarm(ID, 2))).isTrue();
    }

    @Test
    void shouldWaitForOrdersOnceDisarmed() {
        hosts.enforce(first, vnic(1, 1), RULES);
        CutoverTarget target = prepareAndExpect(1);
        CompletableFuture<SelfActivation> armed = second.arm(ID, 2, "one", 1).toCompletableFuture();
        assertThat(get(second.disarm(ID, 2))).isFalse();
        assertThatThrownBy(() -> get(armed)).isInstanceOf(DataPathException.class);
        SealedVnic sealed = get(first.cutOver(ID, 1, target));
        assertThat(get(second.disarm(ID, 2))).isFalse();
        get(second.importTable(ID, 2, sealed.table()));
        get(second.activate(ID, 2, sealed.forwardedFrames()));
        assertThat(get(second.disarm(ID, 2))).isTrue();
    }

    // ---- two vNICs of one VM

    @Test
    void shouldBeginTogetherWhenOrderedOneByOne() {
        SealedVnic sealed = cutBoth();
        CompletableFuture<ActivationReport> one =
                second.activate(ID, 2, sealed.forwardedFrames()).toCompletableFuture();
        get(second.status(ID));
        assertThat(one).isNotDone();
        assertThat(get(second.status(ID)).mode()).isEqualTo(VnicMode.HOLDING);

        get(second.activate(SECOND, 2, 0));
        get(one);

        assertThat(get(second.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(get(second.status(SECOND)).mode()).isEqualTo(VnicMode.ENFORCING);
    }

    @Test
    void shouldObeyNoOrderOfBeforeItWasToldToWait() {
        SealedVnic sealed = cutBoth();
        CompletableFuture<ActivationReport> one =
                second.activate(ID, 2, sealed.forwardedFrames()).toCompletableFuture();

        assertThat(get(second.disarm(ID, 2))).isFalse();

        assertThatThrownBy(() -> get(one)).hasMessageContaining("wait for orders");
        CompletableFuture<ActivationReport> other =
                second.activate(SECOND, 2, 0).toCompletableFuture();
        assertThat(get(second.status(SECOND)).mode()).isEqualTo(VnicMode.HOLDING);
        get(second.activate(ID, 2, sealed.forwardedFrames()));
        get(other);
        assertThat(get(second.disarm(ID, 2))).isTrue();
    }

    @Test
    void shouldGiveNoneBackOnceOneOfThemEnforces() {
        cutBoth();
        CompletableFuture<?> one = second.activate(ID, 2, 0).toCompletableFuture();
        get(second.activate(SECOND, 2, 0));
        get(one);

        assertThatThrownBy(() -> get(first.reclaim(ID, 3))).hasMessageContaining("enforces already");
        assertThatThrownBy(() -> get(first.reclaim(SECOND, 3))).hasMessageContaining("enforces already");
    }

    @Test
    void shouldEnforceNoneOnceOneOfThemGoesBack() {
        cutBoth();
        get(first.reclaim(ID, 3));

        assertThatThrownBy(() -> get(second.activate(SECOND, 2, 0))).hasMessageContaining("given back");
        get(first.reclaim(SECOND, 3));
        assertThat(get(first.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(get(first.status(SECOND)).mode()).isEqualTo(VnicMode.ENFORCING);
    }

    /** Both are sealed, and have their tables at the destination; answers what was sealed of the first. */
    private SealedVnic cutBoth() {
        hosts.enforce(first, vnic(1, 1), RULES);
        hosts.enforce(first, secondVnic(1), RULES);
        CutoverTarget one = prepareAndExpect(1);
        get(second.attach(secondVnic(2)));
        get(second.installRules(SECOND, 2, 1, RULES));
        CutoverTarget two = get(second.expectCutover(SECOND, 2));
        SealedVnic sealed = get(first.cutOver(ID, 1, one));
        get(second.importTable(ID, 2, sealed.table()));
        get(second.importTable(SECOND, 2, get(first.cutOver(SECOND, 1, two)).table()));
        return sealed;
    }

    private static VnicAttachment secondVnic(long epoch) {
        return new VnicAttachment(
                SECOND, epoch, mac(2), List.of(ip("10.0.0.2")), TestHosts.VLAN, "vm-2", TestHosts.MAX_CONNECTIONS);
    }

    @Test
    void shouldNotEnforceUnderOlderRulesThanItsSource() {
        hosts.enforce(first, vnic(1, 1), RULES);
        get(first.installRules(ID, 1, 5, RULES));
        CutoverTarget target = prepareAndExpect(1);
        CompletableFuture<SelfActivation> armed = second.arm(ID, 2, "one", 1).toCompletableFuture();
        get(first.cutOver(ID, 1, target));
        assertThatThrownBy(() -> get(armed)).hasMessageContaining("rules");
        assertThat(get(second.disarm(ID, 2))).isFalse();
    }

    private CutoverTarget prepareAndExpect(int number) {
        prepare(second, number, 2);
        return get(second.expectCutover(vnic(number, 2).vnic(), 2));
    }

    private static void prepare(DataPathRuntime host, int number, long epoch) {
        get(host.attach(vnic(number, epoch)));
        get(host.installRules(vnic(number, epoch).vnic(), epoch, 1, RULES));
    }
}
