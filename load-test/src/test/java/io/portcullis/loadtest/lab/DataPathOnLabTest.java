package io.portcullis.loadtest.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.CutoverTarget;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.DataPathRuntime;
import io.portcullis.datapath.runtime.DataPathSettings;
import io.portcullis.datapath.runtime.SealedVnic;
import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.traffic.TrafficResult;
import io.portcullis.loadtest.traffic.UdpExchange;
import io.portcullis.policy.Action;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import io.portcullis.ports.PortBackends;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Two hosts' data paths on a lab, moved to and fro by hand: no actor, no cluster. */
class DataPathOnLabTest {
    private static final int MOVES = 20;
    private static final int VLAN = 20;

    @Test
    void shouldMoveAVmOnTheMemoryFabricWithoutLosingAFrame() throws Exception {
        try (Lab lab = MemoryLab.create()) {
            moveUnderTraffic(lab);
        }
    }

    @Test
    void shouldMoveANamespaceOfTheKernelWithoutLosingAFrame() throws Exception {
        if (!KernelLab.isPossible()) {
            System.out.println("skipped: kernel traffic needs root on Linux");
            Assumptions.abort();
        }
        try (Lab lab = KernelLab.create()) {
            moveUnderTraffic(lab);
        }
    }

    private static void moveUnderTraffic(Lab lab) throws Exception {
        try (DataPath one = start(lab, "host-1");
                DataPath two = start(lab, "host-2")) {
            LabVm web = addVm(lab, "web", 1);
            LabVm client = addVm(lab, "client", 2);
            attach(one, web, 1);
            attach(two, client, 1);
            for (boolean ipv6 : new boolean[] {false, true}) {
                InetSocketAddress at80 = new InetSocketAddress(web.address(ipv6), 80);
                InetSocketAddress at443 = new InetSocketAddress(web.address(ipv6), 443);
                TcpStream stream = TcpStream.start(client.sockets(), web.sockets(), at80, 500);
                UdpExchange datagrams = UdpExchange.start(
                        client.sockets(),
                        new InetSocketAddress(client.address(ipv6), 5001),
                        web.sockets(),
                        new InetSocketAddress(web.address(ipv6), 5000),
                        1_000);
                try (IdleConnection idle = IdleConnection.open(client.sockets(), web.sockets(), at443)) {
                    for (int move = 0; move < MOVES; move++) {
                        boolean forth = move % 2 == 0;
                        long epoch = 2L + move + (ipv6 ? MOVES : 0);
                        move(forth ? one : two, forth ? two : one, web, epoch);
                        idle.serverSpeaksFirst();
                    }
                }
                assertIntact(datagrams.stop());
                assertIntact(stream.stop());
            }
            assertThat(web.sockets().tcpCounters().outOfOrder()).isZero();
        }
    }

    private static void move(DataPath from, DataPath to, LabVm vm, long epoch) throws Exception {
        VnicId vnic = vnic(vm);
        done(to.attach(attachment(vm, epoch)));
        done(to.installRules(vnic, epoch, 1, allowAll()));
        CutoverTarget target = done(to.expectCutover(vnic, epoch));
        SealedVnic sealed = done(from.cutOver(vnic, epoch - 1, target));
        done(to.importTable(vnic, epoch, sealed.table()));
        done(to.activate(vnic, epoch, sealed.forwardedFrames()));
        done(from.release(vnic, epoch - 1));
    }

    private static void assertIntact(TrafficResult result) {
        assertThat(result.isIntact()).as("%s", result).isTrue();
    }

    private static DataPath start(Lab lab, String host) throws Exception {
        String uplink = lab.uplink(host);
        return DataPathRuntime.start(PortBackends.forUplink(uplink), DataPathSettings.onLoopback(uplink));
    }

    private static LabVm addVm(Lab lab, String name, int number) throws Exception {
        return lab.addVm(
                name,
                new MacAddress(0x0200_0000_0000L + number),
                List.of(InetAddress.getByName("10.20.0." + number), InetAddress.getByName("fd20::" + number)));
    }

    private static void attach(DataPath host, LabVm vm, long epoch) throws Exception {
        done(host.attach(attachment(vm, epoch)));
        done(host.installRules(vnic(vm), epoch, 1, allowAll()));
        done(host.activate(vnic(vm), epoch, 0));
    }

    private static VnicAttachment attachment(LabVm vm, long epoch) {
        return new VnicAttachment(vnic(vm), epoch, vm.mac(), vm.addresses(), VLAN, vm.port(), 10_000);
    }

    private static VnicId vnic(LabVm vm) {
        return new VnicId(new VmId(new TenantId("acme"), vm.name()), "eth0");
    }

    private static RuleTable allowAll() {
        TableRule rule = TableRule.of(1, "test/all", Action.ALLOW).build();
        return new RuleTable("test", List.of(rule), Action.DROP, false);
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
