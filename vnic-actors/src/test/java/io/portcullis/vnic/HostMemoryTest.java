package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What actors keep of each vNIC that enforces and has no connection, beside its id and what it was attached as: its host of its rules and its checkpoint, its tenant of
 * who has it.
 */
@Isolated // it looks at the whole heap
class HostMemoryTest {
    private static final int VNICS = 20_000;
    private static final RuleTable TABLE = table(Action.DROP);

    private final List<Object> kept = new ArrayList<>();
    private final List<VnicId> vnics = IntStream.range(0, VNICS)
            .mapToObj(number -> VnicId.parse("acme/vm-" + number + "/eth0"))
            .toList();

    private static VnicStatus status(VnicId vnic) {
        return new VnicStatus(vnic, 1, VnicMode.ENFORCING, TABLE.hash(), 7, 0, 0, "", Map.of("allowed.in", 1L), null);
    }

    private void fillShelf() {
        RuleShelf shelf = new RuleShelf();
        Map<VnicId, RuleAssignment> wanted = new HashMap<>();
        vnics.forEach(vnic -> wanted.put(vnic, new RuleAssignment(7, TABLE.hash())));
        vnics.forEach(shelf::add);
        shelf.offer(wanted, List.of(TABLE));
        vnics.forEach(vnic -> shelf.learn(status(vnic)));
        shelf.takeUnreported();
        kept.add(shelf);
    }

    private void fillCheckpoints() {
        CheckpointedVnic.Written same = CheckpointedVnic.Written.of(status(vnics.getFirst()), 1);
        for (VnicId vnic : vnics) {
            CheckpointedVnic checkpointed = new CheckpointedVnic();
            CheckpointedVnic.Written written = CheckpointedVnic.Written.of(status(vnic), 1);
            assertThat(written).isEqualTo(same);
            checkpointed.wrote(same);
            assertThat(checkpointed.isDue(status(vnic))).isFalse();
            kept.add(checkpointed);
        }
    }

    private void fillTenant() {
        Map<String, List<String>> alone = new HashMap<>();
        VnicHolders<String> holders = new VnicHolders<>(host -> alone.computeIfAbsent(host, List::of));
        RealizedVnics realized = new RealizedVnics();
        for (VnicId vnic : vnics) {
            holders.add(vnic, "host-1");
            realized.put(vnic, new TenantCommand.Realized(new RuleAssignment(7, TABLE.hash()), true));
        }
        kept.add(holders);
        kept.add(realized);
    }

    @Test
    void shouldKeepLittleOfEachVnic() {
        kept.add(new Object[0]);
        ((ArrayList<Object>) kept).ensureCapacity(VNICS + 10);
        long before = settled();
        fillShelf();
        double rules = perVnic(before);
        fillCheckpoints();
        double checkpoints = perVnic(before) - rules;
        fillTenant();
        double tenant = perVnic(before) - rules - checkpoints;
        System.out.printf(
                "bytes kept of a vNIC: rules %.0f, checkpoint %.0f, tenant %.0f%n", rules, checkpoints, tenant);
        assertThat(rules).as("bytes of rules at the host").isLessThan(130);
        assertThat(checkpoints).as("bytes of a checkpoint's state").isLessThan(48);
        assertThat(tenant).as("bytes at the tenant").isLessThan(80);
    }

    private static double perVnic(long before) {
        return (double) (settled() - before) / VNICS;
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
