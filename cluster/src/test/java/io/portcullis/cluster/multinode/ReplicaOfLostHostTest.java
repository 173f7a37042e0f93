package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ApiException;
import io.portcullis.api.AttachRequest;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReplicaView;
import io.portcullis.api.RestoredView;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.persistence.testkit.FreePorts;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host dies for good: its VMs go on elsewhere, on the host that has their replica and on another one, with their connections. */
class ReplicaOfLostHostTest {
    private static final List<String> HOSTS = List.of("host-1", "host-2", "host-3");
    private static final String LOST = "host-2";
    private static final String CONSUMERS = "host-1";
    private static final String SECOND = "web-2";

    private static final int[] PORTS =
            IntStream.generate(FreePorts::next).limit(3).sorted().toArray();

    private static final String[] SETTINGS = {
        "portcullis.cluster.seeds-list=127.0.0.1:" + PORTS[0],
        "portcullis.checkpoint.interval=50ms",
        "portcullis.migration.replica.interval=50ms",
        "portcullis.migration.replica.default=tagged",
        "portcullis.migration.replica.default-tag=ha:gold",
        "pekko.cluster.split-brain-resolver.stable-after=4s",
        "pekko.cluster.down-removal-margin=1s"
    };

    private static final Pattern HELD =
            Pattern.compile("portcullis_replicas_held\\{host=\"[^\"]+\",what=\"connections\"} ([0-9.]+)");

    @Test
    void shouldGoOnWithTheirConnectionsWhereverTheyAreAttached(@TempDir Path directory) throws Exception {
        try (MemoryLab lab = MemoryLab.create();
                HostProcess one = start(lab, directory, 0);
                PortcullisClient client = one.awaitReady();
                HostProcess lost = start(lab, directory, 1);
                HostProcess three = start(lab, directory, 2);
                PortcullisClient third = three.awaitReady()) {
            lost.awaitReady().close();
            Map<String, PortcullisClient> clients = Map.of("host-1", client, "host-3", third);
            ScenarioTenant tenant = ScenarioTenant.create(lab, client, CONSUMERS, CONSUMERS);
            client.detach(ScenarioTenant.NAME, ScenarioTenant.WEB);
            LabVm second = ScenarioTenant.declare(lab, client, SECOND, 12, List.of("app:web", "ha:gold"));
            client.attach(ScenarioTenant.NAME, ScenarioTenant.WEB, new AttachRequest(LOST, true));
            client.attach(ScenarioTenant.NAME, SECOND, new AttachRequest(LOST, null));
            client.awaitRealized(
                    ScenarioTenant.NAME, client.tenant(ScenarioTenant.NAME).revision(), HostProcess.LIMIT);

            try (IdleConnection toFirst = IdleConnection.open(
                            tenant.consumer().sockets(), tenant.web().sockets(), tenant.web(true, 443));
                    IdleConnection toSecond = IdleConnection.open(
                            tenant.consumer().sockets(),
                            second.sockets(),
                            new InetSocketAddress(second.address(false), 80))) {
                MultiNodeScenario.until(
                        "both connections are in replicas",
                        HostProcess.LIMIT,
                        () -> held(client) + held(third) == 2
                                && replicaOf(client, ScenarioTenant.WEB) != null
                                && replicaOf(client, SECOND) != null);
                String replicaOfFirst = Objects.requireNonNull(replicaOf(client, ScenarioTenant.WEB));
                String replicaOfSecond = Objects.requireNonNull(replicaOf(client, SECOND));
                assertThat(List.of(replicaOfFirst, replicaOfSecond)).doesNotContain(LOST);
                String other = HOSTS.stream()
                        .filter(host -> !host.equals(LOST) && !host.equals(replicaOfSecond))
                        .findFirst()
                        .orElseThrow();

                assertThat(listed(client, ScenarioTenant.WEB).host()).isEqualTo(replicaOfFirst);
                assertThat(listed(third, SECOND).host()).isEqualTo(replicaOfSecond);
                assertThat(listed(third, SECOND).connections()).isEqualTo(1);

                lost.kill();
                MultiNodeScenario.until(
                        "the VMs count as down",
                        HostProcess.LIMIT,
                        () -> Stream.of(ScenarioTenant.WEB, SECOND).allMatch(vm -> isDown(client, vm)));

                // as the hypervisor's HA asks for it, which knows nothing of replicas
                assertThat(listed(client, SECOND))
                        .as("what there is to go on with is shown while the host is lost")
                        .returns(replicaOfSecond, ReplicaView::host)
                        .returns(true, ReplicaView::whole);
                assertRestored(client, ScenarioTenant.WEB, replicaOfFirst, replicaOfFirst);
                assertRestored(client, SECOND, other, replicaOfSecond);
                toFirst.serverSpeaksFirst();
                toSecond.serverSpeaksFirst();

                MultiNodeScenario.until(
                        "they have new replicas, and the former ones are gone",
                        HostProcess.LIMIT,
                        () -> hasReplicaElsewhere(client, ScenarioTenant.WEB)
                                && hasReplicaElsewhere(client, SECOND)
                                && held(client) + held(third) == 2);
                String next = Objects.requireNonNull(replicaOf(client, SECOND));
                client.migrate(ScenarioTenant.NAME + "/" + SECOND, next);
                MultiNodeScenario.until(
                        "it has moved to the host of its replica, and another host keeps one",
                        HostProcess.LIMIT,
                        () -> next.equals(placement(client, SECOND).host())
                                && hasReplicaElsewhere(client, SECOND)
                                && Boolean.TRUE.equals(listed(client, SECOND).whole()));
                toSecond.serverSpeaksFirst();
                assertThat(clients.get(other).metrics())
                        .contains("portcullis_replicas_total{counter=\"replica.taken-in\"");
            }
        }
    }

    private static HostProcess start(MemoryLab lab, Path directory, int index) throws Exception {
        String host = HOSTS.get(index);
        return HostProcess.start(host, PORTS[index], lab.uplink(host), directory, SETTINGS);
    }

    private static void assertRestored(PortcullisClient client, String vm, String to, String replica) {
        PlacementView placement = client.attach(ScenarioTenant.NAME, vm, to).placement();
        assertThat(placement.host()).isEqualTo(to);
        assertThat(placement.takenFrom()).isEqualTo(LOST);
        RestoredView restored = Objects.requireNonNull(placement.restored());
        assertThat(restored.from()).isEqualTo(RestoredView.REPLICA);
        assertThat(restored.host()).isEqualTo(replica);
        assertThat(restored.connections()).isEqualTo(1);
        assertThat(restored.problem()).isNull();
    }

    /** Whoever kept the VM's placement may have been lost with the host: then another node does, in a moment. */
    private static boolean isDown(PortcullisClient client, String vm) {
        try {
            return PlacementView.DOWN.equals(placement(client, vm).hostStatus());
        } catch (ApiException inAMoment) {
            return false;
        }
    }

    private static boolean hasReplicaElsewhere(PortcullisClient client, String vm) {
        String replica = replicaOf(client, vm);
        return replica != null && !replica.equals(placement(client, vm).host());
    }

    private static @Nullable String replicaOf(PortcullisClient client, String vm) {
        ReplicaView replica = placement(client, vm).replica();
        return replica == null ? null : replica.host();
    }

    private static ReplicaView listed(PortcullisClient client, String vm) {
        return client.vms(ScenarioTenant.NAME).stream()
                .filter(each -> each.name().equals(vm))
                .map(each -> Objects.requireNonNull(each.placement().replica()))
                .findFirst()
                .orElseThrow();
    }

    private static PlacementView placement(PortcullisClient client, String vm) {
        return client.vm(ScenarioTenant.NAME, vm).placement();
    }

    /** Connections in the replicas that a node keeps. */
    private static int held(PortcullisClient client) {
        Matcher matcher = HELD.matcher(client.metrics());
        return matcher.find() ? (int) Double.parseDouble(matcher.group(1)) : 0;
    }
}
