package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.ClientTrust;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three actor systems with the settings of nodes find each other by the address or service records of a DNS server. */
class NodeDiscoveryTest {
    @Test
    void shouldFormOneClusterOfWhomDnsHasAddresses(@TempDir Path folder) throws Exception {
        CertificateAuthority authority = DiscoveringNodes.authority(folder.resolve("ca"));
        int port = FreePorts.next();
        try (DnsServer dns = new DnsServer(DiscoveringNodes.addresses(), port);
                DiscoveringNodes nodes = new DiscoveringNodes(authority, folder, port)) {
            nodes.start(Map.of(
                    "portcullis.discovery.method",
                    "pekko-dns",
                    "portcullis.discovery.service",
                    DnsServer.NAME,
                    "pekko.io.dns.async-dns.nameservers",
                    dns.address()));

            nodes.awaitOneCluster();
            assertThat(dns.asked()).contains(DnsServer.NAME);
            assertThatNobodyElseIsAnswered(authority, port);
        }
    }

    @Test
    void shouldFormOneClusterOfWhomDnsHasServiceRecords(@TempDir Path folder) throws Exception {
        CertificateAuthority authority = DiscoveringNodes.authority(folder.resolve("ca"));
        int port = FreePorts.next();
        try (DnsServer dns = new DnsServer(DiscoveringNodes.addresses(), port);
                DiscoveringNodes nodes = new DiscoveringNodes(authority, folder, port)) {
            nodes.start(Map.of(
                    "portcullis.discovery.method",
                    "pekko-dns",
                    "portcullis.discovery.service",
                    DnsServer.NAME,
                    "pekko.management.cluster.bootstrap.contact-point-discovery.port-name",
                    DnsServer.PORT_NAME,
                    "pekko.io.dns.async-dns.nameservers",
                    dns.address()));

            nodes.awaitOneCluster();
            assertThat(dns.asked()).contains(DnsServer.SERVICE).doesNotContain(DnsServer.NAME);
        }
    }

    private static void assertThatNobodyElseIsAnswered(CertificateAuthority authority, int port) throws Exception {
        var anybody = ClientTrust.inAuthoritiesOf(authority.certificateFile());
        try (Socket socket = anybody.getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout(Math.toIntExact(DiscoveringNodes.LIMIT.toMillis()));
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                socket.getOutputStream()
                        .write("GET /bootstrap/seed-nodes HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().readAllBytes()).isEmpty();
                throw new IOException("closed without an answer");
            });
        }
    }
}
