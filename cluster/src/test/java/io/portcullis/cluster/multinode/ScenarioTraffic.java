package io.portcullis.cluster.multinode;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.loadtest.traffic.ForbiddenProbe;
import io.portcullis.loadtest.traffic.IdleConnection;
import io.portcullis.loadtest.traffic.TcpStream;
import io.portcullis.loadtest.traffic.TrafficResult;
import io.portcullis.loadtest.traffic.UdpExchange;
import io.portcullis.loadtest.vm.VmSockets.TcpListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Traffic of every kind between client-1 and web-1, allowed and forbidden, which checks itself. One thread. */
final class ScenarioTraffic {
    private static final int BLOCKS_PER_SECOND = 200;
    private static final int DATAGRAMS_PER_SECOND = 200;
    private static final Duration PROGRESS_LIMIT = Duration.ofSeconds(60);

    private final TcpListener forbidden;
    private final ForbiddenProbe probe;
    private final IdleConnection idle4;
    private final IdleConnection idle6;
    private final TcpStream stream;
    private final UdpExchange datagrams;

    private ScenarioTraffic(ScenarioTenant tenant) throws IOException {
        var web = tenant.web().sockets();
        var consumer = tenant.consumer().sockets();
        forbidden = web.listen(tenant.forbidden());
        probe = ForbiddenProbe.start(consumer, tenant.forbidden());
        idle4 = IdleConnection.open(consumer, web, tenant.web(false, 443));
        idle6 = IdleConnection.open(consumer, web, tenant.web(true, 443));
        stream = TcpStream.start(consumer, web, tenant.web(false, 80), BLOCKS_PER_SECOND);
        datagrams = UdpExchange.start(
                consumer,
                new InetSocketAddress(tenant.consumer().address(true), 5001),
                web,
                tenant.web(true, 5000),
                DATAGRAMS_PER_SECOND);
    }

    static ScenarioTraffic start(ScenarioTenant tenant) throws IOException {
        ScenarioTraffic traffic = new ScenarioTraffic(tenant);
        traffic.awaitProgress();
        return traffic;
    }

    /** Returns when the idle connections have spoken, the server first, and new bytes of the stream have arrived. */
    void awaitProgress() throws IOException {
        idle4.serverSpeaksFirst();
        idle6.serverSpeaksFirst();
        long before = stream.receivedBytes();
        MultiNodeScenario.until("the stream goes on", PROGRESS_LIMIT, () -> stream.receivedBytes() > before);
    }

    /** Ends it: nothing may have been lost, doubled, reordered or reset, and nothing forbidden admitted. */
    void stopIntact() {
        ForbiddenProbe.Result attempts = probe.stop();
        TrafficResult bytes = stream.stop();
        TrafficResult packets = datagrams.stop();
        idle4.close();
        idle6.close();
        forbidden.close();
        System.out.println("stream " + bytes + ", datagrams " + packets + ", forbidden " + attempts);
        assertThat(bytes.isIntact()).as("TCP stream %s", bytes).isTrue();
        assertThat(packets.isIntact()).as("UDP exchange %s", packets).isTrue();
        assertThat(attempts.attempts()).isPositive();
        assertThat(attempts.admitted()).as("forbidden connections admitted").isZero();
    }
}
