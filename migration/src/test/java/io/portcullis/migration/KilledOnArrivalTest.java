package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.VnicId;
import io.portcullis.ports.memory.MemoryBackend;
import io.portcullis.ports.memory.MemoryFabric;
import io.portcullis.vnic.LocalRestore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a destination has on its disk that is killed before it has written a checkpoint of what has come. */
class KilledOnArrivalTest {
    private static final int FLOWS = 3_000;
    private static final VnicId WEB_ETH0 = TwoNodes.WEB.vnicIds().getFirst();

    @TempDir
    private Path dataDir;

    /** Of whose tables no checkpoint is ever written: as it is for who looks between the begin of enforcement and the first of them. */
    private static DataPath neverCopied(DataPath dataPath) {
        return (DataPath) Proxy.newProxyInstance(
                DataPath.class.getClassLoader(), new Class<?>[] {DataPath.class}, (_, method, arguments) -> {
                    if (method.getName().equals("copyNext")) {
                        return new CompletableFuture<>();
                    }
                    try {
                        return method.invoke(dataPath, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }

    @Test
    void shouldHaveTheConnectionsOfWhatCame() throws Exception {
        try (TwoNodes nodes = TwoNodes.start(dataDir, KilledOnArrivalTest::neverCopied)) {
            nodes.openFlows(FLOWS);
            MigrationReceipt receipt = nodes.awaitReceipt(nodes.order(nodes.two));
            assertThat(receipt.outcome()).isEqualTo(MigrationOutcome.COMMITTED);
            assertThat(receipt.problems()).isEmpty();
        }

        Checkpoints onDisk = new Checkpoints(dataDir.resolve(TWO.value()));
        assertThat(onDisk.read(WEB_ETH0).map(Checkpoint::epoch)).hasValue(2L);
        // what the directory says, which this test has no part in
        onDisk.arrivals().close(WEB_ETH0);
        try (MemoryFabric fabric = MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                DataPathRuntime again = DataPathRuntime.start(
                        new MemoryBackend(fabric.address()), DataPathSettings.onLoopback("memory:again"))) {
            fabric.addVm("web-1");
            List<VnicStatus> enforcing = new LocalRestore(again, onDisk, 200_000, TestNode.PATIENCE).run();
            assertThat(enforcing)
                    .filteredOn(status -> status.vnic().equals(WEB_ETH0))
                    .singleElement()
                    .satisfies(status -> {
                        assertThat(status.epoch()).isEqualTo(2);
                        assertThat(status.connections()).isEqualTo(FLOWS);
                        assertThat(status.policyRevision()).isPositive();
                    });
        }
    }
}
