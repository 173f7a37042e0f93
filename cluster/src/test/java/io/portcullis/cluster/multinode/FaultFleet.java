package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.loadtest.traffic.ForbiddenProbe;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.traffic.TrafficResult;
import io.portcullis.loadtest.traffic.UdpExchange;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * A VM for each {@link HoldPoint}, so that one fault hits a migration in each phase, and one that connects to them all. A connection of each is
 * as old as the VM, and silent but when it is asked to speak; datagrams go all the time from {@link #exchange} on. One thread.
 */
final class FaultFleet {
    static final String TENANT = ScenarioTenant.NAME;
    static final String CONSUMER = "client-1";

    private static final int CONSUMER_NUMBER = 9;
    private static final int FIRST_NUMBER = 11;
    private static final int DATAGRAMS_PER_SECOND = 40;
    private static final int SERVED_PORT = 443;
    private static final int DATAGRAM_PORT = 5_000;
    private static final int FIRST_CLIENT_PORT = 6_000;

    private final LabVm consumer;
    private final Map<HoldPoint, LabVm> vms;
    private final Map<HoldPoint, Member> members = new EnumMap<>(HoldPoint.class);

    /** One VM and its traffic. */
    private static final class Member {
        private final LabVm vm;
        private final TcpListener forbidden;
        private final ForbiddenProbe probe;
        private final IdleConnection idle;

        private Member(LabVm vm, LabVm consumer) throws IOException {
            this.vm = vm;
            forbidden = vm.sockets().listen(address(false, ScenarioTenant.FORBIDDEN_PORT));
            probe = ForbiddenProbe.start(consumer.sockets(), address(false, ScenarioTenant.FORBIDDEN_PORT));
            idle = IdleConnection.open(consumer.sockets(), vm.sockets(), address(true, SERVED_PORT));
        }

        private InetSocketAddress address(boolean ipv6, int port) {
            return new InetSocketAddress(vm.address(ipv6), port);
        }
    }

    private FaultFleet(LabVm consumer, Map<HoldPoint, LabVm> vms) {
        this.consumer = consumer;
        this.vms = vms;
    }

    /** Declares all VMs, and attaches none. */
    static FaultFleet declare(MemoryLab lab, PortcullisClient client) throws IOException {
        client.putTenant(TENANT, new TenantSpec("DROP", "strict"));
        client.apply(TENANT, ScenarioTenant.DOCUMENTS);
        Map<HoldPoint, LabVm> vms = new EnumMap<>(HoldPoint.class);
        for (HoldPoint point : HoldPoint.values()) {
            vms.put(
                    point,
                    ScenarioTenant.declare(
                            lab, client, name(point), FIRST_NUMBER + point.ordinal(), List.of("app:web")));
        }
        return new FaultFleet(ScenarioTenant.declare(lab, client, CONSUMER, CONSUMER_NUMBER, List.of()), vms);
    }

    /** Attaches all; returns when all enforce and are connected. */
    void attach(PortcullisClient client, String host, String consumerHost) throws IOException, TimeoutException {
        for (HoldPoint point : HoldPoint.values()) {
            client.attach(TENANT, name(point), host);
        }
        client.attach(TENANT, CONSUMER, consumerHost);
        client.awaitRealized(TENANT, client.tenant(TENANT).revision(), FaultConductor.LIMIT);
        for (HoldPoint point : HoldPoint.values()) {
            members.put(point, new Member(Objects.requireNonNull(vms.get(point)), consumer));
        }
    }

    /** The VM that is held at this point. All their placements are in one shard, which is where the name's hash says. */
    static String name(HoldPoint point) {
        return NAMES.get(point.ordinal());
    }

    private static final List<String> NAMES = namesOfOneShard(HoldPoint.values().length);

    private static List<String> namesOfOneShard(int count) {
        int shard = shard("web-1");
        List<String> names = new ArrayList<>();
        for (int number = 1; names.size() < count; number++) {
            if (shard("web-" + number) == shard) {
                names.add("web-" + number);
            }
        }
        return names;
    }

    private static int shard(String vm) {
        return Math.abs((TENANT + "/" + vm).hashCode() % 100);
    }

    static VmId vm(HoldPoint point) {
        return vnic(point).vm();
    }

    static VnicId vnic(HoldPoint point) {
        return VnicId.parse(TENANT + "/" + name(point) + "/eth0");
    }

    static List<VnicId> vnics() {
        return List.of(HoldPoint.values()).stream().map(FaultFleet::vnic).toList();
    }

    /** On the old connection of each VM the server speaks first, and is answered. Enforced they must be. */
    void speak() throws IOException {
        for (HoldPoint point : HoldPoint.values()) {
            try {
                member(point).idle.serverSpeaksFirst();
            } catch (IOException e) {
                throw new AssertionError("the old connection of " + name(point) + " (" + point + ") is lost", e);
            }
        }
    }

    private Member member(HoldPoint point) {
        return Objects.requireNonNull(members.get(point));
    }

    /** Numbered datagrams to each VM and back, until they are stopped. */
    Map<HoldPoint, UdpExchange> exchange() throws IOException {
        Map<HoldPoint, UdpExchange> all = new EnumMap<>(HoldPoint.class);
        for (HoldPoint point : HoldPoint.values()) {
            int port = FIRST_CLIENT_PORT + point.ordinal();
            all.put(
                    point,
                    UdpExchange.start(
                            consumer.sockets(),
                            new InetSocketAddress(consumer.address(true), port),
                            member(point).vm.sockets(),
                            member(point).address(true, DATAGRAM_PORT),
                            DATAGRAMS_PER_SECOND));
        }
        return all;
    }

    /** How the datagrams of each VM fared. */
    static Map<HoldPoint, TrafficResult> stop(Map<HoldPoint, UdpExchange> exchanges) {
        Map<HoldPoint, CompletableFuture<TrafficResult>> stopping = new EnumMap<>(HoldPoint.class);
        exchanges.forEach((point, exchange) -> stopping.put(
                point,
                CompletableFuture.supplyAsync(
                        exchange::stop, run -> Thread.ofVirtual().start(run))));
        Map<HoldPoint, TrafficResult> results = new EnumMap<>(HoldPoint.class);
        stopping.forEach((point, result) -> results.put(point, result.join()));
        return results;
    }

    /** Ends all; nothing forbidden was ever admitted. */
    void close() {
        members.forEach((point, member) -> {
            ForbiddenProbe.Result attempts = member.probe.stop();
            assertThat(attempts.attempts()).isPositive();
            assertThat(attempts.admitted())
                    .as("forbidden connections to %s", name(point))
                    .isZero();
            member.forbidden.close();
            member.idle.close();
        });
    }
}
