package io.portcullis.ports;

import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.runtime.ActivationReport;
import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Two hosts between which a vNIC moves to and fro, and a third with its peer; the same over every kind of port. */
public final class MoveDriver implements AutoCloseable {
    private static final int VLAN = 100;
    private static final int MAX_CONNECTIONS = 1_000;
    private static final long WAIT_SECONDS = 60;

    private final DataPathRuntime[] hosts = new DataPathRuntime[2];
    private final DataPathRuntime peerHost;
    private final VnicId moving = VnicId.parse("acme/mover/eth0");
    private final MacAddress mac;
    private final InetAddress address;
    private final String port;
    private int at;
    private long epoch = 1;

    /** @param uplinks of the two hosts and of the peer's */
    public MoveDriver(PortBackend backend, List<String> uplinks, String port, MacAddress mac, InetAddress address)
            throws Exception {
        this.mac = mac;
        this.address = address;
        this.port = port;
        hosts[0] = DataPathRuntime.start(backend, DataPathSettings.onLoopback(uplinks.get(0)));
        hosts[1] = DataPathRuntime.start(backend, DataPathSettings.onLoopback(uplinks.get(1)));
        peerHost = DataPathRuntime.start(backend, DataPathSettings.onLoopback(uplinks.get(2)));
        enforce(hosts[0], attachment(epoch), onlyOut());
    }

    public void addPeer(String peerPort, MacAddress peerMac, InetAddress peerAddress) throws Exception {
        VnicAttachment peer = new VnicAttachment(
                VnicId.parse("acme/peer/eth0"), 1, peerMac, List.of(peerAddress), VLAN, peerPort, MAX_CONNECTIONS);
        enforce(peerHost, peer, onlyIn());
    }

    private static void enforce(DataPathRuntime host, VnicAttachment vnic, RuleTable rules) throws Exception {
        get(host.attach(vnic));
        get(host.installRules(vnic.vnic(), vnic.epoch(), 1, rules));
        get(host.activate(vnic.vnic(), vnic.epoch(), 0));
    }

    private VnicAttachment attachment(long ofEpoch) {
        return new VnicAttachment(moving, ofEpoch, mac, List.of(address), VLAN, port, MAX_CONNECTIONS);
    }

    /** Moves the vNIC to the other host; answers how long nothing was decided. */
    public long move() throws Exception {
        DataPathRuntime from = hosts[at];
        DataPathRuntime to = hosts[1 - at];
        long next = epoch + 1;
        get(to.attach(attachment(next)));
        get(to.installRules(moving, next, 1, onlyOut()));
        CutoverTarget target = get(to.expectCutover(moving, next));
        SealedVnic sealed = get(from.cutOver(moving, epoch, target));
        get(to.importTable(moving, next, sealed.table()));
        ActivationReport report = get(to.activate(moving, next, sealed.forwardedFrames()));
        get(from.release(moving, epoch));
        epoch = next;
        at = 1 - at;
        return report.pauseNanos();
    }

    /** Moves {@code count} times and prints the pauses, for information. */
    public void moveOften(int count) throws Exception {
        long[] pauses = new long[count];
        for (int i = 0; i < count; i++) {
            pauses[i] = move();
        }
        Arrays.sort(pauses);
        System.out.printf(
                "%d moves, pause p50 %d us, p99 %d us%n",
                count, pauses[count / 2] / 1_000, pauses[count * 99 / 100] / 1_000);
    }

    private static RuleTable onlyOut() {
        return rules(RuleDirection.OUT);
    }

    private static RuleTable onlyIn() {
        return rules(RuleDirection.IN);
    }

    private static RuleTable rules(RuleDirection direction) {
        TableRule rule = TableRule.of(1, "test/rule", Action.ALLOW)
                .direction(direction)
                .liveFlows(LiveFlowMode.KEEP)
                .build();
        return new RuleTable(direction.name(), List.of(rule), Action.DROP, false);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        for (DataPathRuntime host : hosts) {
            host.close();
        }
        peerHost.close();
    }
}
