package io.portcullis.demo;

import io.portcullis.api.ChangeView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmSpec;
import io.portcullis.api.VnicSpec;
import io.portcullis.loadtest.lab.Lab;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** The example tenant: its VMs in the lab, and its documents in the cluster. */
final class DemoTenant {
    static final String NAME = "acme";
    static final String SEGMENT = "front";
    static final Duration REALIZE_LIMIT = Duration.ofSeconds(20);

    private static final long FIRST_MAC = 0x0200_0014_0000L;

    private final Map<String, LabVm> vms;

    private DemoTenant(Map<String, LabVm> vms) {
        this.vms = vms;
    }

    /** A VM of the tenant, the last part of its addresses, its tags and its first host. */
    private record Member(String name, int number, List<String> tags, String host) {}

    private static final List<Member> MEMBERS = List.of(
            new Member("web-1", 11, List.of("app:web"), "host-1"),
            new Member("web-2", 12, List.of("app:web"), "host-2"),
            new Member("db-1", 21, List.of("app:db"), "host-2"),
            new Member("client-1", 31, List.of("role:client"), "host-3"));

    /** Makes the VMs, declares everything and attaches; returns when every vNIC enforces. */
    static DemoTenant create(Lab lab, PortcullisClient client) throws IOException, TimeoutException {
        Map<String, LabVm> vms = new LinkedHashMap<>();
        client.putTenant(NAME, new TenantSpec("DROP", "strict"));
        long revision = client.apply(NAME, documents()).revision();
        for (Member member : MEMBERS) {
            LabVm vm =
                    lab.addVm(member.name(), new MacAddress(FIRST_MAC + member.number()), addresses(member.number()));
            vms.put(member.name(), vm);
            revision = declare(client, vm, member.tags()).revision();
        }
        for (Member member : MEMBERS) {
            client.attach(NAME, member.name(), member.host());
        }
        client.awaitRealized(NAME, revision, REALIZE_LIMIT);
        return new DemoTenant(vms);
    }

    LabVm vm(String name) {
        LabVm vm = vms.get(name);
        if (vm == null) {
            throw new IllegalArgumentException("no VM " + name);
        }
        return vm;
    }

    /** Name of a VM as migrations know it. */
    static String id(String vm) {
        return NAME + "/" + vm;
    }

    private static ChangeView declare(PortcullisClient client, LabVm vm, List<String> tags) {
        List<String> addresses =
                vm.addresses().stream().map(InetAddress::getHostAddress).toList();
        VnicSpec vnic = new VnicSpec("eth0", vm.mac().toString(), addresses, SEGMENT, vm.port());
        return client.putVm(NAME, vm.name(), new VmSpec("linux", new ArrayList<>(tags), List.of(vnic)));
    }

    private static List<InetAddress> addresses(int number) throws IOException {
        return List.of(InetAddress.getByName("10.20.0." + number), InetAddress.getByName("fd20::" + number));
    }

    private static String documents() throws IOException {
        try (InputStream in = DemoTenant.class.getResourceAsStream("/demo-policy.yaml")) {
            if (in == null) {
                throw new IOException("demo-policy.yaml is missing from the demo's jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
