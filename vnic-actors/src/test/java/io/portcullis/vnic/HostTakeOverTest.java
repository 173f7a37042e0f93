package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.checkpoint;
import static io.portcullis.vnic.testkit.Samples.connections;
import static io.portcullis.vnic.testkit.Samples.spec;
import static io.portcullis.vnic.testkit.Samples.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.policy.Action;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host gets a VM of a lost host, with what a replica has of it; and tells which of its own are to have one. */
class HostTakeOverTest {
    private static final Checkpoint REPLICA = checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow"));

    /** The rules of a tenant that answers always come in time. */
    private static final HostTiming PATIENT = new HostTiming(
            Duration.ofMillis(50),
            1 << 30,
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30));

    @TempDir
    private Path directory;

    private HostAgentFixture host;

    @BeforeEach
    void openHost() {
        host = new HostAgentFixture(directory, PATIENT);
    }

    @AfterEach
    void closeHost() {
        host.close();
    }

    @Test
    void shouldLetTheTenantsRulesHoldBeforeAnythingPasses() {
        host.setRules(9, Action.DROP);
        host.start();

        HostReply.VmAttached attached = takeOver();

        assertThat(attached.policyRevision()).isEqualTo(9);
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.DROP));
        assertThat(host.dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
        List<String> calls = host.dataPath.calls();
        assertThat(calls.indexOf("restoreTable " + WEB_1_ETH0 + " 4"))
                .isPositive()
                .isLessThan(calls.indexOf("installRules " + WEB_1_ETH0 + " 7"));
        assertThat(calls.indexOf("installRules " + WEB_1_ETH0 + " 9"))
                .isPositive()
                .isLessThan(calls.indexOf("activate " + WEB_1_ETH0 + " 4"));
    }

    @Test
    void shouldGoOnWithTheRulesOfTheReplicaWhenTheTenantDoesNotAnswer() {
        host.close();
        host = new HostAgentFixture(directory);
        host.forgetRules();
        host.start();

        assertThat(takeOver().policyRevision()).isEqualTo(7);
        assertThat(host.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(host.dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.ALLOW));
    }

    @Test
    void shouldTellWhichVmsAreToHaveAReplica() {
        TestProbe<HostCommand.Replicated> listener = host.testKit.createTestProbe();
        host.setRules(7, Action.ALLOW);
        host.start().tell(new HostCommand.WatchReplicated(listener.ref()));
        assertThat(listener.receiveMessage().vms()).isEmpty();

        VmSpec replicated = spec(WEB_1, 1).withReplica(true);
        host.ask(me -> new HostCommand.AttachVm(replicated, 3, true, me));
        assertThat(listener.receiveMessage().vms()).containsExactly(replicated);

        host.ask(me -> new HostCommand.DetachVm(replicated, 3, true, me));
        assertThat(listener.receiveMessage().vms()).isEmpty();
        host.attach(4, true);
        listener.expectNoMessage();
    }

    private HostReply.VmAttached takeOver() {
        return (HostReply.VmAttached) host.ask(me -> new HostCommand.TakeOverVm(
                new HostCommand.AttachVm(spec(WEB_1, 1), 4, true, me), Map.of(WEB_1_ETH0, REPLICA)));
    }
}
