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
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CutoverTest {
    private static final int UDP = 17;
    private static final int TAG = 4;
    private static final int MOVES = 200;
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
