package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A look at a table that takes the loop many turns. */
class FlowTraceTest {
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, 17, 53));
    private static final VnicId ID = vnic(1, 1).vnic();
    /** Of more slots than a turn looks at. */
    private static final int CONNECTIONS = 3 * Surveys.SLOTS_PER_STEP;

    private static final FlowQuery QUERY = new FlowQuery(
            Direction.OUT,
            FirstPacket.of(Datagram.ports(ip("10.0.0.1"), ip("10.0.0.2"), 17, 1, 53))
                    .withMacs(mac(1), mac(2)),
            true,
            10);

    private final TestHosts hosts = new TestHosts(1);
    /** The loop waits for it each time that it looks at the clock, if there is one. */
    private final AtomicReference<CountDownLatch> gate = new AtomicReference<>(new CountDownLatch(0));

    private final DataPathRuntime host = hosts.host("host-1", this::now);

    @AfterEach
    void stop() {
        gate.get().countDown();
        hosts.close();
    }

    private long now() {
        try {
            gate.get().await();
        } catch (InterruptedException ended) {
            throw new AssertionError(ended);
        }
        return System.nanoTime();
    }

    private void open() {
        TestFabric.Vm vm = hosts.enforce(host, vnic(1, 1), RULES);
        for (int i = 0; i < CONNECTIONS; i++) {
            vm.send(FrameBuilder.frame(mac(1), mac(2))
                    .ip(ip("10.0.0.1"), ip("10.0.0.2"))
                    .udp(10_000 + i, 53)
                    .build());
        }
        await().until(() -> get(host.status(ID)).connections() == CONNECTIONS);
    }

    @Test
    void shouldFindAllConnectionsOfALargeTable() {
        open();

        FlowReport report = get(host.trace(ID, QUERY));

        assertThat(report.matching()).isEqualTo(CONNECTIONS);
        assertThat(report.connections()).hasSize(10);
        assertThat(report.mode()).isEqualTo(VnicMode.ENFORCING);
        assertThat(report.epoch()).isEqualTo(1);
        assertThat(report.rulesHash()).isEqualTo(RULES.hash());
        assertThat(report.policyRevision()).isEqualTo(1);
        assertThat(report.verdict().rule()).isEqualTo("test/allow-53");
    }

    @Test
    void shouldSayThatTheVnicWentAwayMeanwhile() {
        open();
        CountDownLatch closed = new CountDownLatch(1);
        gate.set(closed);
        CompletionStage<FlowReport> first = host.trace(ID, QUERY);
        CompletionStage<FlowReport> second = host.trace(ID, QUERY);
        CompletionStage<Void> released = host.release(ID, 1);
        closed.countDown();

        get(released);
        assertRefused(first, Reason.UNKNOWN_VNIC);
        assertRefused(second, Reason.UNKNOWN_VNIC);
        assertRefused(host.trace(ID, QUERY), Reason.UNKNOWN_VNIC);
    }

    @Test
    void shouldRefuseMoreLooksThanItsLimit() {
        open();
        CountDownLatch closed = new CountDownLatch(1);
        gate.set(closed);
        List<CompletionStage<FlowReport>> asked = new ArrayList<>();
        for (int i = 0; i < 2 * Surveys.MAX_WAITING; i++) {
            asked.add(host.trace(ID, QUERY));
        }
        closed.countDown();
        List<Object> outcomes = new ArrayList<>();
        for (CompletionStage<FlowReport> each : asked) {
            try {
                outcomes.add(get(each).matching());
            } catch (DataPathException refused) {
                outcomes.add(refused.reason());
            }
        }

        assertThat(outcomes).contains(CONNECTIONS, Reason.BUSY).doesNotContain(Reason.CLOSED);
        assertThat(get(host.trace(ID, QUERY)).matching()).isEqualTo(CONNECTIONS);
    }

    private static void assertRefused(CompletionStage<?> stage, Reason reason) {
        assertThatThrownBy(() -> get(stage)).hasFieldOrPropertyWithValue("reason", reason);
    }
}
