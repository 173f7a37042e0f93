package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.spec;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.VmId;
import io.portcullis.vnic.parcel.Parcel;
import io.portcullis.vnic.parcel.Parcels;
import io.portcullis.vnic.testkit.TwoNodes;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers of many times what the transport takes in one message, from one node to another. */
class LargeAnswersTest {
    private final TwoNodes nodes = new TwoNodes();
    private final Parcels parcels = Parcels.get(nodes.here.system());

    @AfterEach
    void stop() {
        nodes.close();
    }

    private Object fetched(Parcel answer) throws Exception {
        return Parcels.get(nodes.there.system())
                .fetch(answer)
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
    }

    @Test
    void shouldBringTheStatusOfAHostWithThousandsOfVnics() throws Exception {
        Map<String, Long> counters = new TreeMap<>(IntStream.range(0, 40)
                .boxed()
                .collect(Collectors.toMap(number -> "dropped.in.reason-" + number, Integer::longValue)));
        List<HostReply.HostedVm> vms = IntStream.range(0, 2_000)
                .mapToObj(number -> new VmId(WEB_1_ETH0.tenant(), "vm-" + number))
                .map(vm -> new HostReply.HostedVm(
                        spec(vm, number(vm)),
                        1,
                        List.of(new VnicStatus(WEB_1_ETH0, 1, VnicMode.ENFORCING, "hash", 7, 100, counters))))
                .toList();
        HostReply status = new HostReply.HostStatus(HOST_1, false, true, vms, new HostLimits(5_000, 100), counters);
        assertThat(overTheWire(status)).isEqualTo(status);
    }

    private static int number(VmId vm) {
        return Integer.parseInt(vm.name().substring("vm-".length())) % 200 + 1;
    }

    @Test
    void shouldBringTheHitsOfAHundredThousandRules() throws Exception {
        List<RuleHit> rules = LongStream.range(0, 100_000)
                .mapToObj(rule -> new RuleHit(rule * 0x9e37_79b9_7f4a_7c15L, rule, 1_700_000_000_000L + rule))
                .toList();
        HostReply hits = new HostReply.Hits(HOST_1, new TenantHits(null, rules));
        assertThat(overTheWire(hits)).isEqualTo(hits);
    }

    private Object overTheWire(HostReply reply) throws Exception {
        TestProbe<HostReply> asker = nodes.there.createTestProbe();
        HostReply.tell(nodes.asSeenHere(asker.ref()), reply, parcels);
        return fetched(((HostReply.InPieces) asker.receiveMessage()).answer());
    }

    @Test
    void shouldBringTenThousandConnections() throws Exception {
        Function<Integer, ConnectionInfo> connection = port -> new ConnectionInfo(
                6,
                new InetSocketAddress("10.0.0.9", port),
                new InetSocketAddress("10.0.0.1", 443),
                "ESTABLISHED",
                true,
                7,
                3,
                7,
                3,
                1_000_000,
                1_000_000,
                1,
                64);
        FirewallReply listed = new FirewallReply.Connections(
                WEB_1_ETH0, IntStream.range(1, 10_000).boxed().map(connection).toList());
        TestProbe<FirewallReply> asker = nodes.there.createTestProbe();
        FirewallReply.tell(nodes.asSeenHere(asker.ref()), listed, parcels);
        assertThat(fetched(((FirewallReply.InPieces) asker.receiveMessage()).answer()))
                .isEqualTo(listed);
    }

    @Test
    void shouldBringTheNamesOfAHundredThousandTenants() throws Exception {
        RegistryCommand.Tenants tenants = new RegistryCommand.Tenants(IntStream.range(0, 100_000)
                .mapToObj(number -> "tenant-" + number)
                .collect(Collectors.toCollection(TreeSet::new)));
        TestProbe<RegistryCommand.Names> asker = nodes.there.createTestProbe();
        RegistryCommand.Names.tell(nodes.asSeenHere(asker.ref()), tenants, parcels);
        assertThat(fetched(((RegistryCommand.TenantsInPieces) asker.receiveMessage()).tenants()))
                .isEqualTo(tenants);
    }

    @Test
    void shouldAnswerOnTheSameNodeWithoutPieces() {
        RegistryCommand.Tenants tenants = new RegistryCommand.Tenants(IntStream.range(0, 2_000)
                .mapToObj(number -> "tenant-" + number)
                .collect(Collectors.toCollection(TreeSet::new)));
        TestProbe<RegistryCommand.Names> asker = nodes.here.createTestProbe();
        RegistryCommand.Names.tell(asker.ref(), tenants, parcels);
        assertThat(asker.receiveMessage()).isSameAs(tenants);
    }
}
