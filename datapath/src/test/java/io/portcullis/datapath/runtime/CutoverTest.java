package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.move;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CutoverTest {
    private static final int UDP = 17;
    private static final int TAG = 4;
    private static final int MOVES = 200;
    private static final int VNICS = 8;
    private static final RuleTable SERVER_RULES = rules(allow(RuleDirection.IN, UDP, 6_000));
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, UDP, 6_000));

    @Test
    void shouldLoseNothingOverManyMovesUnderLoad() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        try (TestHosts hosts = new TestHosts(seed)) {
            DataPathRuntime[] host = {hosts.host("host-1"), hosts.host("host-2")};
            TestFabric.Vm vm = hosts.vm(1);
            TestFabric.Station station = hosts.fabric.station();
            hosts.enforce(host[0], vnic(1, 1), RULES);
            NumberedFlow out = new NumberedFlow(mac(1), ip("10.0.0.1"), 5_000, mac(9), ip("10.0.0.9"), 6_000, 0);
            NumberedFlow in =
                    new NumberedFlow(mac(9), ip("10.0.0.9"), 6_000, mac(1), ip("10.0.0.1"), 5_000, TestHosts.VLAN);
            out.start(vm::send, 40_000);
            await().until(() -> drain(station, out) && out.receivedCount() > 10);
            in.start(station::send, 40_000);

            long[] pauses = new long[MOVES];
            for (int i = 0; i < MOVES; i++) {
                pauses[i] = move(host[i % 2], host[1 - i % 2], vnic(1, i + 2), RULES)
                        .pauseNanos();
                drain(station, out);
                drain(vm, in);
            }
            out.stop();
            in.stop();
            await().until(() -> drain(station, out) && out.receivedCount() >= out.sent());
            await().until(() -> drain(vm, in) && in.receivedCount() >= in.sent());

            out.assertWhole();
            in.assertWhole();
            assertThat(vm.lostFrames()).isZero();
            assertThat(out.sent()).isGreaterThan(MOVES);
            Arrays.sort(pauses);
            System.out.printf(
                    "%d moves, %d + %d datagrams, pause p50 %d us, p99 %d us%n",
                    MOVES,
                    out.sent(),
                    in.sent(),
                    TimeUnit.NANOSECONDS.toMicros(pauses[MOVES / 2]),
                    TimeUnit.NANOSECONDS.toMicros(pauses[MOVES * 99 / 100]));
        }
    }

    @Test
    void shouldMoveManyVnicsAtOnce() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        try (TestHosts hosts = new TestHosts(seed);
                ExecutorService movers = Executors.newCachedThreadPool()) {
            DataPathRuntime[] host = {hosts.host("host-1"), hosts.host("host-2")};
            List<NumberedFlow> flows = new ArrayList<>();
            for (int i = 1; i <= VNICS; i += 2) {
                hosts.enforce(host[0], vnic(i, 1), RULES);
                hosts.enforce(host[0], vnic(i + 1, 1), SERVER_RULES);
                NumberedFlow flow = new NumberedFlow(
                        mac(i), ip("10.0.0." + i), 5_000 + i, mac(i + 1), ip("10.0.0." + (i + 1)), 6_000, 0);
                flow.start(hosts.vm(i)::send, 200_000);
                flows.add(flow);
            }
            for (int round = 0; round < 10; round++) {
                List<Future<?>> moves = new ArrayList<>();
                for (int i = 1; i <= VNICS; i++) {
                    DataPathRuntime from = host[round % 2];
                    DataPathRuntime to = host[1 - round % 2];
                    VnicAttachment next = vnic(i, round + 2);
                    RuleTable rules = i % 2 == 1 ? RULES : SERVER_RULES;
                    moves.add(movers.submit(() -> move(from, to, next, rules)));
                }
                for (Future<?> move : moves) {
                    move.get(60, TimeUnit.SECONDS);
                }
            }
            flows.forEach(NumberedFlow::stop);
            for (int i = 0; i < flows.size(); i++) {
                NumberedFlow flow = flows.get(i);
                TestFabric.Vm receiver = hosts.vm(2 * i + 2);
                await().until(() -> drain(receiver, flow) && flow.receivedCount() >= flow.sent());
                flow.assertWhole();
            }
        }
    }

    static boolean drain(TestFabric.Station station, NumberedFlow flow) {
        for (byte[] frame = station.receive(); frame.length > 0; frame = station.receive()) {
            flow.accept(frame, TAG);
        }
        return true;
    }

    static boolean drain(TestFabric.Vm vm, NumberedFlow flow) {
        for (byte[] frame = vm.receive(); frame.length > 0; frame = vm.receive()) {
            flow.accept(frame, 0);
        }
        return true;
    }
}
