package io.portcullis.datapath.runtime;

import io.portcullis.policy.Action;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.awaitility.Awaitility;

/** Hosts on one {@link TestFabric}, and how a vNIC is attached, moved and ruled in tests. */
final class TestHosts implements AutoCloseable {
    static final int VLAN = 100;
    static final int MAX_CONNECTIONS = 10_000;
    private static final long WAIT_SECONDS = 60;

    static {
        Awaitility.setDefaultTimeout(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    final TestFabric fabric;
    private final List<DataPathRuntime> hosts = new ArrayList<>();

    TestHosts(long seed) {
        fabric = new TestFabric(seed);
    }

    DataPathRuntime host(String name) {
        return host(name, DataPathSettings.Limits.DEFAULT);
    }

    DataPathRuntime host(String name, DataPathSettings.Limits limits) {
        return host(DataPathSettings.onLoopback(name).withLimits(limits));
    }

    DataPathRuntime host(String name, DataPathSettings.Checksums checksums) {
        return host(DataPathSettings.onLoopback(name).withChecksums(checksums));
    }

    /** With a clock of the test's. */
    DataPathRuntime host(String name, LongSupplier nanoClock) {
        return host(DataPathSettings.onLoopback(name), nanoClock);
    }

    private DataPathRuntime host(DataPathSettings settings) {
        return host(settings, System::nanoTime);
    }

    private DataPathRuntime host(DataPathSettings settings, LongSupplier nanoClock) {
        try {
            DataPathRuntime host = DataPathRuntime.start(fabric, settings, nanoClock);
            hosts.add(host);
            return host;
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }

    @Override
    public void close() {
        hosts.forEach(DataPathRuntime::close);
        fabric.close();
    }

    static <T> T get(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(failed.getCause());
        } catch (InterruptedException | TimeoutException failed) {
            throw new AssertionError(failed);
        }
    }

    static MacAddress mac(int number) {
        return new MacAddress(0x0200_0000_0000L | number);
    }

    static InetAddress ip(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** vNIC {@code acme/vm-N/eth0} with MAC 02:…:0N and address 10.0.0.N; its port is {@code vm-N}. */
    static VnicAttachment vnic(int number, long epoch) {
        return vnic(number, epoch, VLAN);
    }

    static VnicAttachment vnic(int number, long epoch, int vlan) {
        return new VnicAttachment(
                VnicId.parse("acme/vm-" + number + "/eth0"),
                epoch,
                mac(number),
                List.of(ip("10.0.0." + number)),
                vlan,
                "vm-" + number,
                MAX_CONNECTIONS);
    }

    TestFabric.Vm vm(int number) {
        return fabric.vm("vm-" + number);
    }

    /** Attaches, rules and activates. */
    TestFabric.Vm enforce(DataPathRuntime host, VnicAttachment vnic, RuleTable rules) {
        TestFabric.Vm vm = fabric.vm(vnic.port());
        get(host.attach(vnic));
        get(host.installRules(vnic.vnic(), vnic.epoch(), 1, rules));
        get(host.activate(vnic.vnic(), vnic.epoch(), 0));
        return vm;
    }

    /** Moves a vNIC to another host as the migration does it. */
    static ActivationReport move(DataPathRuntime from, DataPathRuntime to, VnicAttachment at, RuleTable rules) {
        VnicId id = at.vnic();
        long epoch = at.epoch();
        get(to.attach(at));
        get(to.installRules(id, epoch, 1, rules));
        CutoverTarget target = get(to.expectCutover(id, epoch));
        SealedVnic sealed = get(from.cutOver(id, epoch - 1, target));
        get(to.importTable(id, epoch, sealed.table()));
        ActivationReport report = get(to.activate(id, epoch, sealed.forwardedFrames()));
        get(from.release(id, epoch - 1));
        return report;
    }

    // ---- rules

    static RuleTable rules(TableRule... rules) {
        return new RuleTable("%064x".formatted(List.of(rules).hashCode()), List.of(rules), Action.DROP, false);
    }

    static TableRule allow(RuleDirection direction, int protocol, int port) {
        return TableRule.of(port, "test/allow-" + port, Action.ALLOW)
                .direction(direction)
                .services(ServiceMatch.ports(protocol, port, port))
                .liveFlows(LiveFlowMode.KEEP)
                .build();
    }
}
