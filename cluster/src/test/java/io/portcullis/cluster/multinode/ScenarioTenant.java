package io.portcullis.cluster.multinode;

import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.api.VmSpec;
import io.portcullis.api.VnicSpec;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.lab.MemoryLab;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** A tenant with two VMs: web-1, which serves and is moved about, and client-1, which stays where it is. */
record ScenarioTenant(LabVm web, LabVm consumer) {
    static final String NAME = "acme";
    static final String WEB = "web-1";
    static final String CONSUMER = "client-1";
    static final VnicId WEB_VNIC = VnicId.parse(NAME + "/" + WEB + "/eth0");

    private static final Duration REALIZE_LIMIT = Duration.ofSeconds(60);
    static final int FORBIDDEN_PORT = 8081;
    private static final long FIRST_MAC = 0x0200_0014_0000L;

    static final String DOCUMENTS = """
        kind: Segment
        metadata: {name: front}
        spec: {vlan: 20}
        ---
        kind: Group
        metadata: {name: web}
        spec:
          members: {tag: "app:web"}
        ---
        kind: Service
        metadata: {name: web-ports}
        spec:
          entries:
            - {protocol: tcp, ports: ["80", "443"]}
            - {protocol: udp, ports: ["5000"]}
        ---
        kind: Policy
        metadata: {name: shop}
        spec:
          category: APPLICATION
          rules:
            - {name: web, destinations: [web], services: [web-ports], action: ALLOW}
        """;

    /** Declares and attaches both; returns when both enforce. */
    static ScenarioTenant create(MemoryLab lab, PortcullisClient client, String webHost, String consumerHost)
            throws IOException, TimeoutException {
        client.putTenant(NAME, new TenantSpec("DROP", "strict"));
        client.apply(NAME, DOCUMENTS);
        LabVm web = declare(lab, client, WEB, 11, List.of("app:web"));
        LabVm consumer = declare(lab, client, CONSUMER, 31, List.of());
        client.attach(NAME, WEB, webHost);
        client.attach(NAME, CONSUMER, consumerHost);
        client.awaitRealized(NAME, client.tenant(NAME).revision(), REALIZE_LIMIT);
        return new ScenarioTenant(web, consumer);
    }

    static String id(String vm) {
        return NAME + "/" + vm;
    }

    /** An address of web-1. */
    InetSocketAddress web(boolean ipv6, int port) {
        return new InetSocketAddress(web.address(ipv6), port);
    }

    /** Where web-1 listens and nobody may connect to. */
    InetSocketAddress forbidden() {
        return web(false, FORBIDDEN_PORT);
    }

    static LabVm declare(MemoryLab lab, PortcullisClient client, String name, int number, List<String> tags)
            throws IOException {
        List<InetAddress> addresses =
                List.of(InetAddress.getByName("10.20.0." + number), InetAddress.getByName("fd20::" + number));
        LabVm vm = lab.addVm(name, new MacAddress(FIRST_MAC + number), addresses);
        List<String> texts = addresses.stream().map(InetAddress::getHostAddress).toList();
        VnicSpec vnic = new VnicSpec("eth0", vm.mac().toString(), texts, "front", vm.port());
        client.putVm(NAME, name, new VmSpec("linux", tags, List.of(vnic)));
        return vm;
    }
}
