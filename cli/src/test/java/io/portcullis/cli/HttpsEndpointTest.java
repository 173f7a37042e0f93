package io.portcullis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.NodeCertificate;
import io.portcullis.pki.NodeTls;
import io.portcullis.pki.PkiException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An endpoint with a node's certificate. */
class HttpsEndpointTest extends CliTestCase {
    private static final Duration DAY = Duration.ofDays(1);

    private HttpsServer endpoint;
    private Path authority;

    @BeforeEach
    void startEndpoint() throws Exception {
        CertificateAuthority issuer =
                CertificateAuthority.init(folder.resolve("ca"), "test", DAY.multipliedBy(2), Instant.now());
        authority = issuer.certificateFile();
        NodeTls tls = NodeTls.load(
                issuer.issue(
                        new CertificateAuthority.Request("host-1", List.of("127.0.0.1"), DAY), false, Instant.now()),
                new Silent());
        endpoint = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        endpoint.setHttpsConfigurator(new HttpsConfigurator(tls.context()));
        endpoint.createContext("/v1/tenants", exchange -> {
            byte[] body = TENANTS.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        endpoint.start();
        environment.put(
                "PORTCULLIS_URL", "https://127.0.0.1:" + endpoint.getAddress().getPort());
    }

    @AfterEach
    void stopEndpoint() {
        endpoint.stop(0);
    }

    @Test
    void shouldTrustTheAuthorityThatItIsGiven() {
        assertThat(run("get", "tenants", "--ca", authority.toString())).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("acme");

        environment.put("PORTCULLIS_CA", authority.toString());
        assertThat(run("get", "tenants")).isEqualTo(ExitCode.OK);
    }

    @Test
    void shouldSayHowToTrustAnEndpointThatItDoesNot() {
        assertThat(run("get", "tenants")).isEqualTo(ExitCode.NOT_REACHABLE);
        assertThat(err.toString()).contains("hint: name the cluster's ca.crt with --ca or PORTCULLIS_CA");

        assertThat(run("get", "tenants", "--ca", "nowhere.crt")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("nowhere.crt cannot be read: there is no such file");
    }

    private static final class Silent implements NodeTls.Listener {
        @Override
        public void renewed(NodeCertificate certificate) {}

        @Override
        public void refused(PkiException failure) {}

        @Override
        public void peerRefused(String reason) {}
    }
}
