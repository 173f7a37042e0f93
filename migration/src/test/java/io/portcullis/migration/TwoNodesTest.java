package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.ports.memory.MemoryFabric;
import io.portcullis.ports.memory.MemoryVm;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantEdit;
import io.portcullis.vnic.TenantReply;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VnicSpec;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two real nodes in one process: Artery, sharding, the journal on disk, two data paths. Only the VMs are made up. */
class TwoNodesTest {
    private static final int MOVES = 4;
    private static final int PAYLOAD_OFFSET = 14 + 20 + 8;
    private static final VmSpec WEB = vm("web-1", 1);
    private static final VmSpec DB = vm("db-1", 2);

    @TempDir
    private Path dataDir;

    @Test
    void shouldLoseNoDatagramWhileAVmMovesBetweenTwoNodes() throws Exception {
        try (MemoryFabric fabric = MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                TestNode one = new TestNode(ONE, dataDir, fabric.address(), null);
                TestNode two = new TestNode(TWO, dataDir, fabric.address(), one)) {
            await().atMost(TestNode.PATIENCE)
                    .until(() -> Stream.of(one, two)
                            .allMatch(node -> node.migration.hosts().up().equals(Set.of(ONE, TWO))));
            MemoryVm web = fabric.addVm("web-1");
            MemoryVm db = fabric.addVm("db-1");
            Queue<Long> atDb = numbersOf(db);
            Queue<Long> atWeb = numbersOf(web);
            putTenant(one);
            attach(one, WEB, ONE);
            attach(two, DB, TWO);

            AtomicBoolean stop = new AtomicBoolean();
            long[] sent = new long[2];
            Thread sender = Thread.ofPlatform().daemon().start(() -> {
                while (!stop.get()) {
                    web.send(datagram(WEB, DB, sent[0]++));
                    if (!atDb.isEmpty()) {
                        db.send(datagram(DB, WEB, sent[1]++));
                    }
                    LockSupport.parkNanos(200_000);
                }
            });
            await().atMost(TestNode.PATIENCE).until(() -> atWeb.size() > 20);

            for (int move = 1; move <= MOVES; move++) {
                MigrationReceipt receipt = migrate(move % 2 == 1 ? one : two, move % 2 == 1 ? TWO : ONE);
                assertThat(receipt.lossless()).as(receipt.toString()).isTrue();
                assertThat(receipt.problems()).isEmpty();
                assertThat(receipt.epochAfter()).isEqualTo(1 + move);
                assertThat(receipt.vnics())
                        .allSatisfy(vnic -> assertThat(vnic.policyRevision()).isPositive())
                        .extracting(VnicTransfer::entriesReceived)
                        .containsExactly(1L);
            }
            stop.set(true);
            sender.join();

            await().atMost(TestNode.PATIENCE).until(() -> atDb.size() >= sent[0] && atWeb.size() >= sent[1]);
            assertThat(atDb)
                    .containsExactlyElementsOf(
                            LongStream.range(0, sent[0]).boxed().toList());
            assertThat(atWeb)
                    .containsExactlyElementsOf(
                            LongStream.range(0, sent[1]).boxed().toList());
            await().atMost(TestNode.PATIENCE)
                    .untilAsserted(() -> assertThat(one.log
                                    .list(WEB.vm(), 10)
                                    .toCompletableFuture()
                                    .join())
                            .hasSize(MOVES)
                            .allSatisfy(row -> assertThat(row.state()).isEqualTo("COMMITTED"))
                            .allSatisfy(row -> assertThat(row.ended()).isNotNull()));
            evacuate(one, two);
        }
    }

    private static void evacuate(TestNode one, TestNode two) {
        EvacuationCommand.EvacuationReply begun =
                two.ask(two.migration.evacuation(ONE), replyTo -> new EvacuationCommand.StartDrain("ann", replyTo));
        assertThat(begun).isInstanceOf(EvacuationCommand.EvacuationStatus.class);
        await().atMost(TestNode.PATIENCE).until(() -> {
            EvacuationCommand.EvacuationStatus status =
                    (EvacuationCommand.EvacuationStatus) two.<EvacuationCommand, EvacuationCommand.EvacuationReply>ask(
                            two.migration.evacuation(ONE), EvacuationCommand.GetDrain::new);
            return status.state() == EvacuationCommand.EvacuationState.DRAINED && status.moved() == 1;
        });
        assertThat(one.directory.listByHost(TWO).toCompletableFuture().join()).hasSize(2);
    }

    private static MigrationReceipt migrate(TestNode node, HostId to) {
        PlacementReply reply = node.ask(
                node.migration.placement(WEB.vm()), replyTo -> new PlacementCommand.MigrateVm(to, "ann", replyTo));
        assertThat(reply).isInstanceOf(PlacementReply.MigrationAccepted.class);
        String id = ((PlacementReply.MigrationAccepted) reply).id();
        await().atMost(TestNode.PATIENCE).until(() -> {
            MigrationReceipt last = view(node).lastReceipt();
            return view(node).migration() == null && last != null && last.id().equals(id);
        });
        return Objects.requireNonNull(view(node).lastReceipt());
    }

    private static PlacementView view(TestNode node) {
        PlacementReply reply = node.ask(node.migration.placement(WEB.vm()), PlacementCommand.GetPlacement::new);
        return ((PlacementReply.Placement) reply).view();
    }

    private static void attach(TestNode node, VmSpec vm, HostId host) {
        PlacementReply reply = node.ask(
                node.migration.placement(vm.vm()), replyTo -> new PlacementCommand.AttachVm(vm, host, "ann", replyTo));
        assertThat(reply).isInstanceOf(PlacementReply.Attached.class);
    }

    // ---- made-up VMs

    private static VmSpec vm(String name, int number) {
        VmId id = VmId.parse("acme/" + name);
        return new VmSpec(
                id,
                List.of(new VnicSpec(
                        new VnicId(id, "eth0"),
                        new MacAddress(0x02_00_00_00_00_00L + number),
                        List.of(InetAddress.ofLiteral("10.0.0." + number)),
                        100,
                        "memory:" + name)));
    }

    private static void putTenant(TestNode node) {
        var tenant = node.actors.tenantPolicy(new TenantId("acme"));
        node.<TenantCommand, TenantReply>ask(
                tenant,
                replyTo -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", replyTo));
        List<TenantEdit> edits = Stream.concat(
                        Stream.of(
                                new ModelEdit.PutSegment(new Segment("lan", 100)),
                                new ModelEdit.PutPolicy(SecurityPolicy.of(
                                        "app",
                                        Category.APPLICATION,
                                        1,
                                        Rule.allow("open").anyService()))),
                        Stream.of(WEB, DB).map(TwoNodesTest::inventory))
                .<TenantEdit>map(TenantEdit.Change::new)
                .toList();
        TenantReply reply = node.ask(tenant, replyTo -> new TenantCommand.Edit(edits, null, "ann", replyTo));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
    }

    private static ModelEdit inventory(VmSpec spec) {
        VnicSpec vnic = spec.vnics().getFirst();
        return new ModelEdit.PutVm(
                Vm.named(spec.vm()).withVnic(new Vnic(vnic.vnic(), vnic.mac(), vnic.addresses(), "lan", vnic.port())));
    }

    private static Queue<Long> numbersOf(MemoryVm vm) {
        Queue<Long> numbers = new ConcurrentLinkedQueue<>();
        vm.onReceive(frame -> {
            if (frame.length >= PAYLOAD_OFFSET + Long.BYTES && frame[12] == 8 && frame[13] == 0 && frame[23] == 17) {
                numbers.add(ByteBuffer.wrap(frame).getLong(PAYLOAD_OFFSET));
            }
        });
        return numbers;
    }

    /** An Ethernet frame with a UDP datagram, port 5000 to 5000, that carries the number. */
    private static byte[] datagram(VmSpec from, VmSpec to, long number) {
        VnicSpec source = from.vnics().getFirst();
        VnicSpec target = to.vnics().getFirst();
        ByteBuffer frame = ByteBuffer.allocate(PAYLOAD_OFFSET + Long.BYTES);
        putMac(frame, target.mac());
        putMac(frame, source.mac());
        frame.putShort((short) 0x0800);
        frame.putShort((short) 0x4500)
                .putShort((short) 36)
                .putInt(0)
                .putShort((short) 0x4011)
                .putShort((short) 0);
        frame.put(source.addresses().getFirst().getAddress());
        frame.put(target.addresses().getFirst().getAddress());
        int sum = 0;
        for (int i = 14; i < 34; i += 2) {
            sum += frame.getShort(i) & 0xffff;
        }
        frame.putShort(24, (short) ~(sum + (sum >>> 16)));
        frame.putShort((short) 5000).putShort((short) 5000).putShort((short) 16).putShort((short) 0);
        return frame.putLong(number).array();
    }

    private static void putMac(ByteBuffer frame, MacAddress mac) {
        frame.putShort((short) (mac.value() >>> 32)).putInt((int) mac.value());
    }
}
