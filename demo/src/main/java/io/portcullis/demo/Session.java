package io.portcullis.demo;

import io.portcullis.api.PortcullisClient;
import io.portcullis.loadtest.lab.Lab;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.NodeJvm;
import io.portcullis.loadtest.traffic.TcpStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Lab, hosts and tenant of one run; whatever ends the process, all of it is removed. */
final class Session implements AutoCloseable {
    /** Of each host. */
    private static final int HEAP_MEBIBYTES = 320;

    private final Lab lab;
    private final LocalCluster cluster;
    private final Thread hook = new Thread(this::remove, "portcullis-demo-clean-up");
    private @Nullable PortcullisClient client;
    private @Nullable DemoTenant tenant;
    private boolean removed;

    private Session(Lab lab, LocalCluster cluster) {
        this.lab = lab;
        this.cluster = cluster;
    }

    static Session open(Lab lab, int portBase) throws IOException {
        Session session = new Session(lab, new LocalCluster(lab, portBase, NodeJvm.small(HEAP_MEBIBYTES)));
        Runtime.getRuntime().addShutdownHook(session.hook);
        return session;
    }

    Lab lab() {
        return lab;
    }

    LocalCluster cluster() {
        return cluster;
    }

    PortcullisClient client() {
        return present(client);
    }

    DemoTenant tenant() {
        return present(tenant);
    }

    /** Three hosts, the example tenant, its VMs attached and enforced. */
    void start(PrintStream progress) throws IOException, InterruptedException, TimeoutException {
        progress.println("Lab: " + lab.description());
        progress.println("Starting host-1, host-2, host-3 …");
        cluster.start("host-1", "host-2", "host-3");
        client = cluster.client();
        progress.println("Creating tenant " + DemoTenant.NAME + ": segment, groups, policies, four VMs …");
        tenant = DemoTenant.create(lab, client());
    }

    /** Keeps a stream of traffic up and says what can be tried. */
    void runUntilInterrupted(PrintStream out) throws IOException, InterruptedException {
        LabVm web = tenant().vm("web-1");
        LabVm consumer = tenant().vm("client-1");
        TcpStream.start(consumer.sockets(), web.sockets(), new InetSocketAddress(web.address(false), 80), 50);
        out.println();
        out.println("Running. A TCP stream flows from client-1 to web-1. In another terminal:");
        out.println();
        out.println("  export PORTCULLIS_URL=" + cluster.node("host-1").admin() + " PORTCULLIS_TOKEN_FILE="
                + cluster.node("host-1").tokenFile() + " PORTCULLIS_TENANT=" + DemoTenant.NAME);
        out.println("  ./portcullis get hosts");
        out.println("  ./portcullis get vms");
        out.println("  ./portcullis get connections web-1/eth0");
        out.println("  ./portcullis migrate web-1 --to host-2");
        out.println("  ./portcullis tag web-1 quarantine:yes          # the stream stops");
        out.println("  ./portcullis describe policy shop");
        if (!consumer.shell().isEmpty()) {
            out.println(
                    "  " + consumer.shell() + " ping -c 3 " + web.address(false).getHostAddress());
            out.println("  " + consumer.shell() + " nc -zvw 1 "
                    + tenant().vm("db-1").address(false).getHostAddress() + " 5432   # forbidden: times out");
        }
        out.println();
        out.println("Logs: " + cluster.folder() + "/host-*.log. Ctrl-C ends it and leaves nothing behind.");
        new CountDownLatch(1).await();
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the machine is going down already: the hook runs, or has run
        }
    }

    private synchronized void remove() {
        if (removed) {
            return;
        }
        removed = true;
        cluster.close();
        lab.close();
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("the session was not started");
        }
        return value;
    }
}
