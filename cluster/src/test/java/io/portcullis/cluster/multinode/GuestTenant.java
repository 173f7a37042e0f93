package io.portcullis.cluster.multinode;

import static org.awaitility.Awaitility.await;

import io.portcullis.api.ApiException;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.TenantSpec;
import io.portcullis.cli.mover.MoveDriver;
import io.portcullis.cli.mover.MoverException;
import io.portcullis.cli.mover.VmMover;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.policy.MacAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** A tenant with a guest that somebody else moves, and a client that stays: first everything may begin, then nothing new. */
final class GuestTenant {
    static final String NAME = "acme";
    static final String GUEST = "web";
    static final String CONSUMER = "client";
    static final MacAddress GUEST_MAC = new MacAddress(0x0263_0000_0011L);
    static final MacAddress CONSUMER_MAC = new MacAddress(0x0263_0000_0031L);
    static final InetAddress GUEST_ADDRESS = address(11);
    static final InetAddress CONSUMER_ADDRESS = address(31);

    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final PortcullisClient client;

    private GuestTenant(PortcullisClient client) {
        this.client = client;
    }

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 20, 0, (byte) last});
        } catch (java.net.UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Declares both and attaches them to a host; returns when both enforce. */
    static GuestTenant create(PortcullisClient client, String guestPort, LabVm consumer, String host)
            throws TimeoutException {
        GuestTenant tenant = new GuestTenant(client);
        client.putTenant(NAME, new TenantSpec("DROP", "strict"));
        client.apply(NAME, """
            kind: Segment
            metadata: {name: front}
            spec: {vlan: 20}
            ---
            kind: Vm
            metadata: {name: %s}
            spec: {vnics: [{name: eth0, mac: "%s", addresses: ["%s"], segment: front, port: "%s"}]}
            ---
            kind: Vm
            metadata: {name: %s}
            spec: {vnics: [{name: eth0, mac: "%s", addresses: ["%s"], segment: front, port: "%s"}]}
            """.formatted(
                        GUEST,
                        GUEST_MAC,
                        GUEST_ADDRESS.getHostAddress(),
                        guestPort,
                        CONSUMER,
                        CONSUMER_MAC,
                        CONSUMER_ADDRESS.getHostAddress(),
                        consumer.port()));
        tenant.attach(GUEST, host);
        tenant.attach(CONSUMER, host);
        tenant.decide("ALLOW");
        return tenant;
    }

    /** A node that has just started on a busy machine may not attach in time, and then takes it back. */
    private void attach(String vm, String host) {
        await(vm).atMost(LIMIT).ignoreExceptionsInstanceOf(ApiException.class).until(() -> {
            PlacementView now = client.vm(NAME, vm).placement();
            return (host.equals(now.host()) && now.phase().equals("PLACED"))
                    || host.equals(client.attach(NAME, vm, host).placement().host());
        });
    }

    /** From now on nothing may begin: what passes has its connection. */
    void closeForNewConnections() throws TimeoutException {
        decide("DROP");
    }

    private void decide(String action) throws TimeoutException {
        long revision = client.apply(NAME, """
            kind: Policy
            metadata: {name: all}
            spec:
              category: APPLICATION
              rules: [{name: all, services: [any], action: %s, liveFlows: KEEP}]
            """.formatted(action)).revision();
        client.awaitRealized(NAME, revision, LIMIT);
    }

    /** Moves the guest; the migration that its firewalls made. */
    MigrationView move(VmMover mover, String to) throws MoverException, TimeoutException {
        MoveDriver driver =
                new MoveDriver(client.moves(), new MoveDriver.Budgets(LIMIT, LIMIT, LIMIT), System.out::println);
        driver.move(NAME, GUEST, to, mover);
        String newest = client.migrations(NAME + "/" + GUEST, 1).getFirst().id();
        return client.awaitMigration(newest, LIMIT);
    }
}
