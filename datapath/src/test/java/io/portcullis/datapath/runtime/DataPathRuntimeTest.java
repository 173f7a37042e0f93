package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands: what they change, what they refuse, and that a refusal changes nothing. */
class DataPathRuntimeTest {
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, 17, 53));
    private static final VnicId ID = vnic(1, 1).vnic();

    private final TestHosts hosts = new TestHosts(1);
    private final DataPathRuntime first = hosts.host("host-1");
    private final DataPathRuntime second = hosts.host("host-2");

    @BeforeEach
    void enforce() {
        hosts.enforce(first, vnic(1, 5), RULES);
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    private static void assertRefused(Reason reason, CompletionStage<?> stage) {
        ThrowingCallable wait = () -> get(stage);
        assertThatThrownBy(wait).hasFieldOrPropertyWithValue("reason", reason);
    }

    @Test
    void shouldPutItsLoopBeforeWhatIsBesideIt() {
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().equals("datapath-0"))
                .isNotEmpty()
                .allSatisfy(loop -> assertThat(loop.getPriority()).isEqualTo(Thread.MAX_PRIORITY));
    }

    @Test
    void shouldRefuseAStaleEpochInEveryCommand() {
        CutoverTarget target = prepare();

        assertRefused(Reason.STALE_EPOCH, first.attach(vnic(1, 4)));
        assertRefused(Reason.STALE_EPOCH, first.installRules(ID, 4, 9, RULES));
        assertRefused(Reason.STALE_EPOCH, first.cutOver(ID, 4, target));
        assertRefused(Reason.STALE_EPOCH, first.reclaim(ID, 4));
        assertRefused(Reason.STALE_EPOCH, first.release(ID, 4));
        assertRefused(Reason.STALE_EPOCH, second.expectCutover(ID, 5));
        assertRefused(Reason.STALE_EPOCH, second.activate(ID, 5, 0));
        assertRefused(Reason.STALE_EPOCH, second.importTable(ID, 5, get(first.snapshot(ID))));
        assertRefused(
                Reason.STALE_EPOCH,
                first.cutOver(ID, 5, new CutoverTarget(target.tunnel(), target.token(), target.queueIndex(), 5)));

        VnicStatus status = get(first.status(ID));
        assertThat(status.epoch()).isEqualTo(5);
        assertThat(status.mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(status.policyRevision()).isEqualTo(1);
    }

    @Test
    void shouldAnswerASecondAttachWithWhatIsThere() {
        VnicStatus again = get(first.attach(vnic(1, 5)));

        assertThat(again.mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(get(first.attach(vnic(1, 8))).epoch()).isEqualTo(8);
        assertThat(get(first.statuses())).hasSize(1);
        assertThat(hosts.vm(1).queues()).isEqualTo(1);
    }

    @Test
    void shouldRefuseWhatMakesNoSenseInAMode() {
        assertRefused(Reason.WRONG_MODE, first.importTable(ID, 5, get(first.snapshot(ID))));
        assertRefused(Reason.WRONG_MODE, first.expectCutover(ID, 5));
        assertRefused(Reason.UNKNOWN_VNIC, first.status(vnic(7, 1).vnic()));
        prepare();
        assertRefused(Reason.WRONG_MODE, second.reclaim(ID, 6));
        assertRefused(
                Reason.WRONG_MODE, second.cutOver(ID, 6, new CutoverTarget(first.tunnelAddress(), "token", 1, 7)));
    }

    @Test
    void shouldResumeWithoutAnnouncingAndOnlyWhatIsPassive() {
        hosts.vm(2);
        long announced = second.counters().get("announcements");
        get(second.attach(vnic(2, 3)));
        get(second.restoreTable(vnic(2, 3).vnic(), 3, SavedTable.of(get(first.snapshot(ID)), Instant.now())));
        get(second.installRules(vnic(2, 3).vnic(), 3, 1, RULES));

        assertThat(get(second.resume(vnic(2, 3).vnic(), 3)).mode()).isEqualTo(VnicMode.ENFORCING);

        assertThat(second.counters().get("announcements")).isEqualTo(announced);
        assertRefused(Reason.WRONG_MODE, second.resume(vnic(2, 3).vnic(), 3));
        assertRefused(Reason.WRONG_MODE, second.restoreTable(vnic(2, 3).vnic(), 3, SavedTable.EMPTY));
        assertRefused(Reason.STALE_EPOCH, second.resume(vnic(2, 3).vnic(), 2));
    }

    @Test
    void shouldReleaseAndAttachAnew() {
        get(first.release(ID, 5));
        assertThat(get(first.statuses())).isEmpty();

        VnicStatus anew = get(first.attach(vnic(1, 6)));

        assertThat(anew.mode()).isEqualTo(VnicMode.PASSIVE);
        assertThat(anew.rulesHash()).isEmpty();
    }

    @Test
    void shouldHoldItsLimitOfVnics() {
        DataPathSettings.Limits d = DataPathSettings.Limits.DEFAULT;
        DataPathRuntime small = hosts.host(
                "host-3",
                new DataPathSettings.Limits(
                        1,
                        d.commands(),
                        d.holdBytesPerVnic(),
                        d.holdFramesPerVnic(),
                        d.tunnelQueueBytes(),
                        d.tunnelGreetings(),
                        d.stepTimeoutNanos(),
                        d.releaseGraceNanos(),
                        d.expiryIntervalNanos(),
                        d.connections()));
        hosts.vm(2);
        hosts.vm(3);
        get(small.attach(vnic(2, 1)));

        assertRefused(Reason.CAPACITY, small.attach(vnic(3, 1)));
    }

    @Test
    void shouldRefuseATunnelWithAWrongToken() {
        CutoverTarget target = prepare();
        CutoverTarget forged =
                new CutoverTarget(target.tunnel(), "0".repeat(target.token().length()), target.queueIndex(), 6);

        assertRefused(Reason.TUNNEL, first.cutOver(ID, 5, forged));

        assertThat(second.counters()).containsEntry("tunnel.refused", 1L).containsEntry("tunnel.accepted", 0L);
        assertThat(get(first.status(ID)).mode()).isEqualTo(VnicMode.ENFORCING);
        get(first.cutOver(ID, 5, target));
        assertThat(get(first.status(ID)).mode()).isEqualTo(VnicMode.SEALED);
    }

    @Test
    void shouldTakeATokenOnce() throws IOException {
        CutoverTarget target = prepare();
        get(first.cutOver(ID, 5, target));

        assertThat(greets(target.tunnel(), TunnelCodec.VERSION, target.token())).isFalse();
        assertThat(second.counters()).containsEntry("tunnel.refused", 1L);
    }

    @Test
    void shouldRefuseATunnelOfAnotherVersion() throws IOException {
        CutoverTarget target = prepare();

        assertThat(greets(target.tunnel(), TunnelCodec.VERSION + 1, target.token()))
                .isFalse();

        await().untilAsserted(() -> assertThat(second.counters()).containsEntry("tunnel.refused", 1L));
    }

    /** @return whether the listener welcomed */
    private static boolean greets(InetSocketAddress address, int version, String token) throws IOException {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeByte(1);
            out.writeInt(TunnelCodec.MAGIC);
            out.writeShort(version);
            out.writeUTF(ID.toString());
            out.writeUTF(token);
            out.flush();
            return socket.getInputStream().read() >= 0;
        } catch (SocketException refused) {
            // It need not read a greeting to its end to refuse it.
            return false;
        }
    }

    @Test
    void shouldRefuseToActivateWhileTheSourceEnforces() {
        DataPathRuntime impatient =
                hosts.host("host-3", DataPathSettings.Limits.DEFAULT.withStepTimeoutNanos(100_000_000));
        get(impatient.attach(vnic(1, 6)));
        CutoverTarget target = get(impatient.expectCutover(ID, 6));
        try (Socket silentSource =
                new Socket(target.tunnel().getAddress(), target.tunnel().getPort())) {
            TunnelCodec.write(
                    new DataOutputStream(silentSource.getOutputStream()), new TunnelMessage.Hello(ID, target.token()));
            assertThat(silentSource.getInputStream().read()).isPositive();

            assertRefused(Reason.TIMEOUT, impatient.activate(ID, 6, 0));
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
        assertThat(get(impatient.status(ID)).mode()).isEqualTo(VnicMode.PASSIVE);
    }

    @Test
    void shouldRefuseEverythingOnceClosed() {
        first.close();

        assertRefused(Reason.CLOSED, first.status(ID));
        assertRefused(Reason.CLOSED, first.attach(vnic(1, 9)));
        assertThat(hosts.vm(1).queues()).isZero();
    }

    @Test
    void shouldNotAnnounceAnAddressThatNobodyCanReach() {
        assertThatThrownBy(() -> new DataPathSettings(
                        "uplink",
                        new InetSocketAddress("0.0.0.0", 0),
                        TunnelSecurity.NONE,
                        DataPathSettings.Limits.DEFAULT,
                        DataPathSettings.Checksums.VERIFIED))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(DataPathSettings.onLoopback("uplink").tunnel().getAddress())
                .isEqualTo(InetAddress.getLoopbackAddress());
    }

    private CutoverTarget prepare() {
        get(second.attach(vnic(1, 6)));
        get(second.installRules(ID, 6, 1, RULES));
        return get(second.expectCutover(ID, 6));
    }
}
