package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.engine.EngineScratch;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.VmPort;
import io.portcullis.policy.Action;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What an attached vNIC takes of the heap in the data path: it and its engine, beside its port and what its attachment names. */
@Isolated // it looks at the whole heap
class AttachedVnicMemoryTest {
    private static final int VNICS = 20_000;
    private static final CompiledRules RULES =
            CompiledRules.of(table(Action.DROP, aRule(1).outbound().allow()));

    /** All share it. */
    private static final class SilentPort implements VmPort {
        @Override
        public String name() {
            return "silent";
        }

        @Override
        public int receive(Burst burst) {
            return 0;
        }

        @Override
        public boolean send(MemorySegment memory, long offset, int lengthBytes) {
            return true;
        }

        @Override
        public void flush() {}

        @Override
        public void requestDrain() {}

        @Override
        public boolean isDrained() {
            return true;
        }

        @Override
        public void steerTo(int queueIndex) {}

        @Override
        public void close() {}
    }

    private static VnicAttachment attachment(int number) {
        return new VnicAttachment(
                VnicId.parse("acme/vm-" + number + "/eth0"),
                1,
                new MacAddress(0x0200_0100_0000L + number),
                List.of(InetAddress.ofLiteral("10.1." + number / 250 + "." + number % 250)),
                7,
                "silent:" + number,
                100_000);
    }

    @Test
    void shouldStaySmallAndSayAsWhatItWasAttached() {
        SilentPort port = new SilentPort();
        Vnic[] vnics = new Vnic[VNICS];
        try (EngineScratch scratch = new EngineScratch()) {
            List<VnicAttachment> attachments = IntStream.range(0, VNICS)
                    .mapToObj(AttachedVnicMemoryTest::attachment)
                    .toList();
            long before = settled();
            for (int i = 0; i < VNICS; i++) {
                vnics[i] = new Vnic(attachments.get(i), port, DataPathSettings.Limits.DEFAULT, scratch, 0);
                vnics[i].engine.install(1, RULES, 0);
                vnics[i].setMode(VnicMode.ENFORCING);
            }
            double each = (double) (settled() - before) / VNICS;
            System.out.printf("bytes of an attached vNIC: %.0f%n", each);
            assertThat(each).as("bytes of an attached vNIC").isLessThan(288);
            for (int i = 0; i < VNICS; i++) {
                assertThat(vnics[i].attachment()).isEqualTo(attachments.get(i));
                vnics[i].close();
            }
        }
    }

    /** Bytes on the heap when all garbage is gone. */
    private static long settled() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
