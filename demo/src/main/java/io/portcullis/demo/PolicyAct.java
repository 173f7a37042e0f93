package io.portcullis.demo;

import io.portcullis.api.EvaluateRequest;
import io.portcullis.loadtest.lab.LabVm;
import io.portcullis.loadtest.traffic.TrafficResult;
import io.portcullis.loadtest.vm.KernelSockets;
import io.portcullis.loadtest.vm.VmSockets.PingResult;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;

/** What policy allows passes; what it does not is dropped; REJECT answers. IPv4 and IPv6. */
final class PolicyAct {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);
    private static final Duration SILENCE = Duration.ofMillis(700);
    private static final Duration PING_INTERVAL = Duration.ofMillis(20);
    private static final int PINGS = 10;

    private final Session session;
    private final Checks checks;

    PolicyAct(Session session, Checks checks) {
        this.session = session;
        this.checks = checks;
    }

    void play() {
        checks.heading("Policy:");
        for (boolean ipv6 : new boolean[] {false, true}) {
            String family = ipv6 ? " (IPv6)" : " (IPv4)";
            LabVm web = session.tenant().vm("web-1");
            LabVm database = session.tenant().vm("db-1");
            LabVm client = session.tenant().vm("client-1");
            checks.run("allowed: client to web" + family, () -> allowed(client, web, 80, ipv6, family));
            checks.run("allowed: web to database" + family, () -> allowed(web, database, 5432, ipv6, family));
            checks.run("dropped: client to database" + family, () -> dropped(client, database, 5432, ipv6, family));
            checks.run("rejected: client to alt-http" + family, () -> rejected(client, web, 8080, ipv6, family));
            checks.run("ping: client to web" + family, () -> ping(client, web, ipv6, family));
        }
        checks.run("evaluate says what was seen", this::evaluated);
    }

    /** The policy, asked, says of each connection what became of it, IPv4 and IPv6 alike. */
    private Check evaluated() {
        List<String> said = List.of(
                verdict("client-1", "web-1", 80),
                verdict("web-1", "db-1", 5432),
                verdict("client-1", "db-1", 5432),
                verdict("client-1", "web-1", 8080));
        return Check.of(
                "evaluate says what was seen",
                said.equals(List.of("ALLOW", "ALLOW", "DROP", "REJECT")),
                String.join(", ", said));
    }

    private String verdict(String from, String to, int port) {
        return session.client()
                .evaluate(DemoTenant.NAME, EvaluateRequest.ofPort(from, to, "tcp", port))
                .verdict();
    }

    /** A connection that must be possible. */
    static Check allowed(LabVm from, LabVm to, int port, boolean ipv6, String family) throws IOException {
        InetSocketAddress address = new InetSocketAddress(to.address(ipv6), port);
        String name = "allowed: " + from.name() + " to " + to.name() + " tcp/" + port + family;
        try (TcpListener listener = to.sockets().listen(address)) {
            from.sockets().connect(address, ANSWER_LIMIT).close();
            var accepted = listener.accept(ANSWER_LIMIT);
            if (accepted == null) {
                return Check.of(name, false, "the server saw no connection");
            }
            accepted.close();
            return Check.of(name, true, "connected");
        } catch (IOException e) {
            return Check.of(name, false, e.toString());
        }
    }

    /** A connection that must get no answer, though somebody listens. */
    static Check dropped(LabVm from, LabVm to, int port, boolean ipv6, String family) throws IOException {
        InetSocketAddress address = new InetSocketAddress(to.address(ipv6), port);
        String name = "dropped: " + from.name() + " to " + to.name() + " tcp/" + port + family;
        try (TcpListener _ = to.sockets().listen(address)) {
            from.sockets().connect(address, SILENCE).close();
            return Check.of(name, false, "connected");
        } catch (SocketTimeoutException e) {
            return Check.of(name, true, "no answer");
        }
    }

    private static Check rejected(LabVm from, LabVm to, int port, boolean ipv6, String family) throws IOException {
        InetSocketAddress address = new InetSocketAddress(to.address(ipv6), port);
        String name = "rejected: " + from.name() + " to " + to.name() + " tcp/" + port + family;
        try (TcpListener _ = to.sockets().listen(address)) {
            from.sockets().connect(address, ANSWER_LIMIT).close();
            return Check.of(name, false, "connected");
        } catch (ConnectException e) {
            return Check.of(name, true, "refused by RST");
        }
    }

    private static Check ping(LabVm from, LabVm to, boolean ipv6, String family)
            throws IOException, InterruptedException {
        String name = "ping: " + from.name() + " to " + to.name() + family;
        if (from.sockets() instanceof KernelSockets && !KernelSockets.pingInstalled()) {
            return Check.of(name, true, "skipped: ping is not installed (Debian: apt-get install iputils-ping)");
        }
        PingResult result = from.sockets().ping(to.address(ipv6), PINGS, PING_INTERVAL);
        return Check.intact(
                name,
                "",
                new TrafficResult(
                        result.sent(),
                        result.received(),
                        result.sent() - result.received(),
                        result.duplicated(),
                        result.reordered(),
                        0,
                        0));
    }
}
