package io.portcullis.migration;

import static io.portcullis.migration.FakeCluster.ONE;
import static io.portcullis.migration.FakeCluster.TWO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.migration.model.MigrationReceipt;
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
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Two real nodes in one process: Artery, sharding, the journal on disk, two data paths. Only the VMs are made up: {@code web-1}
 * sends numbered datagrams to {@code db-1}, and back, as soon as one has come.
 */
final class TwoNodes implements AutoCloseable {
    static final VmSpec WEB = vm("web-1", 1);
    static final VmSpec DB = vm("db-1", 2);
    private static final TenantId TENANT = new TenantId("acme");
    private static final int PAYLOAD_OFFSET = 14 + 20 + 8;
    private static final long SEND_PAUSE_NANOS = 200_000;
    /** Datagrams from and to this port open flows; those of {@link #send} are another one. */
    private static final int ECHO_PORT = 6_000;

    private static final int FIRST_PORT = 8_000;
    private static final int PORTS = 50_000;
    private static final int MOST_UNANSWERED = 1_000;

    final TestNode one;
    final TestNode two;
    /** Numbers of the next datagrams. */
    final AtomicLong nextOfWeb = new AtomicLong();

    final AtomicLong nextOfDb = new AtomicLong();
    /** Numbers of those that came. */
    final Queue<Long> atDb = new ConcurrentLinkedQueue<>();

    final Queue<Long> atWeb = new ConcurrentLinkedQueue<>();
    private final AtomicLong echoes = new AtomicLong();
    private final MemoryFabric fabric;
    private final MemoryVm web;
    private final MemoryVm db;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final Thread sender = Thread.ofPlatform().daemon().unstarted(this::send);

    /** With the tenant, a policy that allows everything, and {@code web-1} on the first node, {@code db-1} on the second. */
    static TwoNodes start(Path dataDir) throws Exception {
        return start(dataDir, dataPath -> dataPath);
    }

    /** @param aroundSecond what the second node's actors have of its data path */
    static TwoNodes start(Path dataDir, UnaryOperator<DataPath> aroundSecond) throws Exception {
        MemoryFabric fabric = MemoryFabric.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        TestNode first = new TestNode(ONE, dataDir, fabric.address(), null);
        TestNode second = new TestNode(TWO, dataDir, fabric.address(), first, aroundSecond);
        await().atMost(TestNode.PATIENCE)
                .until(() -> Stream.of(first, second)
                        .allMatch(node -> node.migration.hosts().up().equals(Set.of(ONE, TWO))));
        TwoNodes nodes = new TwoNodes(fabric, first, second);
        nodes.putTenant();
        nodes.attach(WEB, ONE);
        nodes.attach(DB, TWO);
        return nodes;
    }

    private TwoNodes(MemoryFabric fabric, TestNode one, TestNode two) {
        this.fabric = fabric;
        this.one = one;
        this.two = two;
        web = fabric.addVm("web-1");
        db = fabric.addVm("db-1");
        web.onReceive(frame -> {
            if (isEcho(frame)) {
                echoes.incrementAndGet();
            } else {
                keepNumber(frame, atWeb);
            }
        });
        db.onReceive(frame -> {
            if (isEcho(frame)) {
                int asker = ByteBuffer.wrap(frame).getShort(34) & 0xffff;
                db.send(datagram(DB, WEB, destinationPort(frame), asker, 0));
            } else {
                keepNumber(frame, atDb);
            }
        });
    }

    @Override
    public void close() throws IOException {
        stop.set(true);
        two.close();
        one.close();
        fabric.close();
    }

    // ---- traffic

    void startTraffic() {
        sender.start();
        awaitDatagrams();
    }

    void stopTraffic() throws InterruptedException {
        stop.set(true);
        sender.join();
    }

    /** {@code web-1} has so many flows with {@code db-1}, each of them answered. */
    void openFlows(int count) {
        for (int flow = 0; flow < count; flow++) {
            touchFlow(flow);
            if (flow % MOST_UNANSWERED == 0) {
                long soon = flow - MOST_UNANSWERED;
                await().atMost(TestNode.PATIENCE).until(() -> echoes.get() >= soon);
            }
        }
        await().atMost(TestNode.PATIENCE).until(() -> echoes.get() >= count);
    }

    /** A datagram of a flow, and its echo. */
    void touchFlow(int flow) {
        web.send(datagram(WEB, DB, FIRST_PORT + flow % PORTS, ECHO_PORT + flow / PORTS, 0));
    }

    private static boolean isEcho(byte[] frame) {
        return isDatagram(frame) && destinationPort(frame) >= ECHO_PORT;
    }

    private static int destinationPort(byte[] frame) {
        return ByteBuffer.wrap(frame).getShort(36) & 0xffff;
    }

    /** Waits until some more have come at both. */
    void awaitDatagrams() {
        int more = 20;
        int beforeAtWeb = atWeb.size();
        int beforeAtDb = atDb.size();
        await().atMost(TestNode.PATIENCE)
                .until(() -> atWeb.size() > beforeAtWeb + more && atDb.size() > beforeAtDb + more);
    }

    /** Waits until both have sent so many more. */
    void awaitSent(int count) {
        long ofWeb = nextOfWeb.get() + count;
        long ofDb = nextOfDb.get() + count;
        await().atMost(TestNode.PATIENCE).until(() -> nextOfWeb.get() >= ofWeb && nextOfDb.get() >= ofDb);
    }

    private void send() {
        while (!stop.get()) {
            web.send(datagram(WEB, DB, nextOfWeb.getAndIncrement()));
            if (!atDb.isEmpty()) {
                db.send(datagram(DB, WEB, nextOfDb.getAndIncrement()));
            }
            LockSupport.parkNanos(SEND_PAUSE_NANOS);
        }
    }

    // ---- orders

    /** Orders the move of {@code web-1}, of the node to which it goes. */
    String order(TestNode to) {
        PlacementReply reply = to.ask(
                to.migration.placement(WEB.vm()), replyTo -> new PlacementCommand.MigrateVm(to.host, "ann", replyTo));
        assertThat(reply).isInstanceOf(PlacementReply.MigrationAccepted.class);
        return ((PlacementReply.MigrationAccepted) reply).id();
    }

    MigrationReceipt awaitReceipt(String migration) {
        await().atMost(TestNode.PATIENCE).until(() -> {
            MigrationReceipt last = placement().lastReceipt();
            return placement().migration() == null && last != null && last.id().equals(migration);
        });
        return Objects.requireNonNull(placement().lastReceipt());
    }

    PlacementView placement() {
        PlacementReply reply = one.ask(one.migration.placement(WEB.vm()), PlacementCommand.GetPlacement::new);
        return ((PlacementReply.Placement) reply).view();
    }

    private void attach(VmSpec vm, HostId host) {
        PlacementReply reply = one.ask(
                one.migration.placement(vm.vm()), replyTo -> new PlacementCommand.AttachVm(vm, host, "ann", replyTo));
        assertThat(reply).isInstanceOf(PlacementReply.Attached.class);
    }

    // ---- policy

    /** The tenant's only policy; answers the revision. */
    long putPolicy(Rule.Builder rule) {
        return edit(List.of(policy(rule)));
    }

    /** Waits until the tenant says that every vNIC enforces its newest rules. */
    void awaitRealized() {
        await().pollInterval(Duration.ofMillis(1)).atMost(TestNode.PATIENCE).until(() -> {
            TenantReply reply = one.ask(one.actors.tenantPolicy(TENANT), TenantCommand.GetRealization::new);
            return ((TenantReply.Realization) reply).complete();
        });
    }

    private void putTenant() {
        one.<TenantCommand, TenantReply>ask(
                one.actors.tenantPolicy(TENANT),
                replyTo -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", replyTo));
        edit(List.of(
                new ModelEdit.PutSegment(new Segment("lan", 100)),
                policy(Rule.allow("open").anyService()),
                inventory(WEB),
                inventory(DB)));
    }

    private long edit(List<ModelEdit> edits) {
        List<TenantEdit> changes =
                edits.stream().<TenantEdit>map(TenantEdit.Change::new).toList();
        TenantReply reply = one.ask(
                one.actors.tenantPolicy(TENANT), replyTo -> new TenantCommand.Edit(changes, null, "ann", replyTo));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
        return ((TenantReply.Applied) reply).revision();
    }

    private static ModelEdit policy(Rule.Builder rule) {
        return new ModelEdit.PutPolicy(SecurityPolicy.of("app", Category.APPLICATION, 1, rule));
    }

    private static ModelEdit inventory(VmSpec spec) {
        VnicSpec vnic = spec.vnics().getFirst();
        return new ModelEdit.PutVm(
                Vm.named(spec.vm()).withVnic(new Vnic(vnic.vnic(), vnic.mac(), vnic.addresses(), "lan", vnic.port())));
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

    private static void keepNumber(byte[] frame, Queue<Long> numbers) {
        if (isDatagram(frame)) {
            numbers.add(ByteBuffer.wrap(frame).getLong(PAYLOAD_OFFSET));
        }
    }

    private static boolean isDatagram(byte[] frame) {
        return frame.length >= PAYLOAD_OFFSET + Long.BYTES && frame[12] == 8 && frame[13] == 0 && frame[23] == 17;
    }

    private static byte[] datagram(VmSpec from, VmSpec to, long number) {
        return datagram(from, to, 5_000, 5_000, number);
    }

    /** An Ethernet frame with a UDP datagram that carries the number. */
    private static byte[] datagram(VmSpec from, VmSpec to, int fromPort, int toPort, long number) {
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
        frame.putShort((short) fromPort)
                .putShort((short) toPort)
                .putShort((short) 16)
                .putShort((short) 0);
        return frame.putLong(number).array();
    }

    private static void putMac(ByteBuffer frame, MacAddress mac) {
        frame.putShort((short) (mac.value() >>> 32)).putInt((int) mac.value());
    }
}
