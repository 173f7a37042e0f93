package io.portcullis.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.port.ChecksumTrust;
import io.portcullis.datapath.port.PortBackend;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.policy.Action;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A host with one VM, to which everything is allowed but wrong checksums; the same over every kind of port. */
public final class ChecksumHost implements AutoCloseable {
    public static final int VLAN = 100;
    public static final int PORT = 9_000;

    private static final long WAIT_SECONDS = 60;
    private static final VnicId VNIC = VnicId.parse("acme/vm/eth0");
    private static final InetAddress VM = InetAddress.ofLiteral(TestFrames.VM_ADDRESS);
    private static final InetAddress PEER = InetAddress.ofLiteral(TestFrames.PEER_ADDRESS);

    private final DataPathRuntime host;

    public ChecksumHost(PortBackend backend, String uplink, String port, ChecksumTrust trust) throws Exception {
        DataPathSettings settings = DataPathSettings.onLoopback(uplink);
        host = DataPathRuntime.start(backend, settings.withChecksums(new DataPathSettings.Checksums(trust, trust)));
        get(host.attach(
                new VnicAttachment(VNIC, 1, new MacAddress(TestFrames.VM_MAC), List.of(VM), VLAN, port, 1_000)));
        get(host.installRules(VNIC, 1, 1, new RuleTable("all", List.of(), Action.ALLOW, false)));
        get(host.activate(VNIC, 1, 0));
    }

    /** A datagram for the VM, as it is on the uplink. */
    public static byte[] toVm(boolean isRight) {
        FrameBuilder frame = FrameBuilder.frame(new MacAddress(TestFrames.PEER_MAC), new MacAddress(TestFrames.VM_MAC));
        return bytes(frame.vlan(VLAN).ip(PEER, VM), isRight);
    }

    public static byte[] fromVm(boolean isRight) {
        FrameBuilder frame = FrameBuilder.frame(new MacAddress(TestFrames.VM_MAC), new MacAddress(TestFrames.PEER_MAC));
        return bytes(frame.ip(VM, PEER), isRight);
    }

    private static byte[] bytes(FrameBuilder frame, boolean isRight) {
        byte[] bytes = frame.udp(PORT, PORT).payload(new byte[30]).build();
        bytes[bytes.length - 1] = (byte) (isRight ? 0 : 1);
        return bytes;
    }

    public void awaitCounter(String name, long count) {
        await().atMost(WAIT_SECONDS, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(counters()).containsEntry(name, count));
    }

    public Map<String, Long> counters() throws Exception {
        return get(host.status(VNIC)).counters();
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        host.close();
    }
}
