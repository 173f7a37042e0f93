package io.portcullis.admin.actors;

import static io.portcullis.admin.actors.ServicesOnActors.ETH0;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_1;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_2;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_9;
import static io.portcullis.admin.actors.ServicesOnActors.PATIENCE;
import static io.portcullis.admin.actors.ServicesOnActors.WEB;
import static io.portcullis.admin.actors.ServicesOnActors.done;
import static io.portcullis.admin.actors.ServicesOnActors.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.admin.FirewallAnswer;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.api.EvacuationView;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.BulkReply;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.FirewallState;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.Refused;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whatever else the API asks actors. */
class ActorServicesTest {
    @RegisterExtension
    static final ServicesOnActors NODE = new ServicesOnActors();

    private final FakeCluster cluster = NODE.cluster();
    private final ActorServices services = NODE.services();
    /** Asks of those who do not answer. */
    private final ActorServices impatient = NODE.impatient();

    @Test
    void shouldPassEvacuationsOn() {
        cluster.onBulk = command -> {
            if (command instanceof BulkCommand.Empty order) {
                order.replyTo().tell(status(order.kind(), BulkOperation.Phase.RUNNING, order.by()));
            }
            if (command instanceof BulkCommand.StopDrain stop) {
                stop.replyTo().tell(new BulkReply.Refused(RefusalCode.WRONG_STATE, "it leaves"));
            }
            if (command instanceof BulkCommand.GetDrain get) {
                get.replyTo().tell(new BulkReply.NoOperation(get.host()));
            }
            if (command instanceof BulkCommand.GetOperation get) {
                get.replyTo().tell(new BulkReply.Refused(RefusalCode.UNKNOWN, "there is no operation 'op-9'"));
            }
            if (command instanceof BulkCommand.ListOperations list) {
                list.replyTo()
                        .tell(new BulkReply.Operations(
                                List.of(status(BulkOperation.Kind.EVACUATE, BulkOperation.Phase.DONE, "me"))));
            }
        };

        EvacuationView begun = done(services.empty(HOST_1, BulkOperation.Kind.LEAVE, BulkCommand.Wishes.NONE, "me"));
        assertThat(begun.moving()).containsExactly("acme/web-1");
        assertThat(begun.state()).isEqualTo("DRAINING");
        assertThat(begun.leave()).isTrue();
        assertThat(begun.operation()).isEqualTo("op-1");
        assertThat(begun.etaMillis()).isEqualTo(1_500);
        assertThat(refused(services.cancelDrain(HOST_1, "me")).kind()).isEqualTo(ProblemKind.WRONG_STATE);
        assertThat(done(services.evacuation(HOST_2)).state()).isEqualTo("ACTIVE");
        assertThat(refused(services.operation("op-9")).kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(done(services.operations())).singleElement().satisfies(operation -> {
            assertThat(operation.kind()).isEqualTo("EVACUATE");
            assertThat(operation.state()).isEqualTo("DONE");
            assertThat(operation.heldBack()).isEqualTo(Map.of("MEMORY", 3));
            assertThat(operation.bytesPerSecond()).isEqualTo(200);
            assertThat(operation.bytesPerSecondUsed()).isEqualTo(150);
            assertThat(operation.ended()).isNotNull();
            assertThat(operation.moves())
                    .singleElement()
                    .satisfies(move -> assertThat(move.to()).isEqualTo("host-2"));
        });
    }

    private static BulkReply.Status status(BulkOperation.Kind kind, BulkOperation.Phase phase, String by) {
        return new BulkReply.Status(
                "op-1",
                kind,
                HOST_1,
                List.of(),
                phase,
                4,
                BulkOperation.Priority.NORMAL,
                by,
                1,
                phase == BulkOperation.Phase.DONE ? 2 : 0,
                2,
                1,
                List.of(WEB),
                0,
                Map.of(),
                1_500L,
                List.of(new BulkMove(WEB, HOST_1, HOST_2, false, BulkMove.State.MOVED, "m-1", 0, null, 1, 2)),
                Map.of("MEMORY", 3),
                200,
                150L);
    }

    @Test
    void shouldTellOfAFirewallThatAnswersThatHasMovedAndThatIsSilent() {
        FlowQuery query = new FlowQuery(
                Direction.OUT,
                FirstPacket.of(
                        Datagram.tcp(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("10.0.0.2"), 1, 2)),
                true,
                10);
        FlowReport report = new FlowReport(ETH0, 3, VnicMode.CUTTING, "ab", 7, null, 0, List.of());
        cluster.onFirewall =
                command -> answer(command, new FirewallReply.FlowTraced(HOST_1, FirewallState.CUTTING_OVER, report));
        assertThat(done(services.trace(HOST_1, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Says(HOST_1, "CUTTING_OVER", report));
        cluster.onFirewall = command -> answer(command, new FirewallReply.Moved(ETH0, HOST_2, 4));
        assertThat(done(services.trace(HOST_1, ETH0, query))).isEqualTo(new FirewallAnswer.Moved(HOST_1, HOST_2));
        cluster.onFirewall = command -> answer(command, new Refused(RefusalCode.UNKNOWN, "not attached here"));
        assertThat(done(services.trace(HOST_1, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Silent(HOST_1, "not attached here"));
        cluster.onFirewall = command -> {};
        assertThat(done(impatient.trace(HOST_1, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Silent(HOST_1, "host host-1 did not answer in time"));
        assertThat(done(services.trace(HOST_9, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Silent(HOST_9, "host host-9 is not up"));
    }

    private static void answer(FirewallCommand command, FirewallReply reply) {
        if (command instanceof FirewallCommand.TraceFlow trace) {
            trace.replyTo().tell(reply);
        }
    }

    @Test
    void shouldAskFirewallsWithADeadline() {
        assertThat(catchThrowableOfType(CompletionException.class, () -> done(impatient.vnicStatus(HOST_1, ETH0))))
                .hasCauseInstanceOf(TimeoutException.class);
        assertThat(refused(services.vnicStatus(HOST_9, ETH0)).kind()).isEqualTo(ProblemKind.HOST_UNAVAILABLE);

        cluster.onFirewall = command -> {
            if (command instanceof FirewallCommand.GetStatus get) {
                get.replyTo().tell(FakeCluster.enforcing(ETH0));
            }
            if (command instanceof FirewallCommand.ListConnections list) {
                list.replyTo().tell(new FirewallReply.Moved(ETH0, HOST_2, 4));
            }
        };
        assertThat(done(services.vnicStatus(HOST_1, ETH0)).orElseThrow().mode()).isEqualTo("ENFORCING");
        assertThat(refused(services.connections(HOST_1, ETH0, 10)).getMessage()).contains("moved to host-2");
    }

    @Test
    void shouldBeReadyWhenTheNodeIsUpAndItsAgentAnswers() {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> done(services.readiness()).ready());
        assertThat(done(services.cluster()).members()).singleElement().satisfies(member -> {
            assertThat(member.host()).isEqualTo("host-1");
            assertThat(member.self()).isTrue();
        });

        cluster.hostsAreSilent = true;

        assertThat(done(impatient.readiness()).reason()).isEqualTo("the host agent does not answer");
    }
}
