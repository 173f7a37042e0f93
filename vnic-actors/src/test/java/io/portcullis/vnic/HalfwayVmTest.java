package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.vnicSpec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.policy.VnicId;
import java.nio.file.Path;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a VM with two vNICs one does what it is told, and the other one does not. */
class HalfwayVmTest {
    private static final VnicId ETH1 = new VnicId(WEB_1, "eth1");
    private static final VmSpec SPEC = new VmSpec(WEB_1, List.of(vnicSpec(WEB_1_ETH0, 1), vnicSpec(ETH1, 2)));

    @TempDir
    private Path directory;

    private HostAgentFixture host;

    @BeforeEach
    void openHost() {
        host = new HostAgentFixture(directory);
        host.start();
    }

    @AfterEach
    void closeHost() {
        host.close();
    }

    @Test
    void shouldLetAVmGoOfWhichOneVnicCannotEnforce() {
        host.dataPath.failNext("activate", Reason.PORT);

        assertThat(host.refusalOf(me -> attach(3, me))).isEqualTo(RefusalCode.PORT);

        awaitNothingLeft();
        assertThat(host.ask(me -> attach(4, me))).isInstanceOf(HostReply.VmAttached.class);
        assertThatBothEnforce();
    }

    @Test
    void shouldKeepAVmOfWhichOneVnicDidNotAnswerUntilItIsAskedForAgain() {
        host.dataPath.failNext("activate", Reason.TIMEOUT);
        assertThat(host.refusalOf(me -> attach(3, me))).isEqualTo(RefusalCode.TIMEOUT);

        assertThat(host.ask(me -> attach(3, me))).isInstanceOf(HostReply.VmAttached.class);
        assertThatBothEnforce();
    }

    @Test
    void shouldKeepAVmThatIsAttachedWhateverAQuestionIsAnswered() {
        assertThat(host.ask(me -> attach(3, me))).isInstanceOf(HostReply.VmAttached.class);
        host.dataPath.failNext("activate", Reason.WRONG_MODE);
        assertThat(host.refusalOf(me -> attach(3, me))).isEqualTo(RefusalCode.WRONG_STATE);

        assertThat(host.ask(me -> attach(3, me))).isInstanceOf(HostReply.VmAttached.class);
        assertThatBothEnforce();
    }

    @Test
    void shouldTellAVmAgainToGoOfWhichOneVnicDidNot() {
        assertThat(host.ask(me -> attach(3, me))).isInstanceOf(HostReply.VmAttached.class);
        host.dataPath.failNext("release", Reason.BUSY);

        assertThat(host.refusalOf(me -> new HostCommand.DetachVm(SPEC, 3, true, me)))
                .isEqualTo(RefusalCode.CAPACITY);

        // nobody asks again
        awaitNothingLeft();
        assertThat(host.ask(me -> attach(4, me))).isInstanceOf(HostReply.VmAttached.class);
    }

    @Test
    void shouldAttachUnderALaterEpochWhatDidNotGoUnderTheOneBefore() {
        assertThat(host.ask(me -> attach(3, me))).isInstanceOf(HostReply.VmAttached.class);
        host.dataPath.failNext("release", Reason.BUSY);
        assertThat(host.refusalOf(me -> new HostCommand.DetachVm(SPEC, 3, true, me)))
                .isEqualTo(RefusalCode.CAPACITY);

        assertThat(host.ask(me -> attach(4, me))).isInstanceOf(HostReply.VmAttached.class);
        assertThatBothEnforce();
        assertThat(host.host().vms()).extracting(HostReply.HostedVm::epoch).containsExactly(4L);
    }

    private static HostCommand attach(long epoch, ActorRef<HostReply> me) {
        return new HostCommand.AttachVm(SPEC, epoch, true, me);
    }

    private void awaitNothingLeft() {
        await().until(() -> host.dataPath.mode(WEB_1_ETH0) == null && host.dataPath.mode(ETH1) == null);
        await().until(() -> host.host().vms().isEmpty());
    }

    private void assertThatBothEnforce() {
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(host.dataPath.mode(ETH1)).isEqualTo(VnicMode.ENFORCING);
    }
}
