package io.portcullis.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.persistence.testkit.FreePorts;
import io.portcullis.pki.NodeCertificate;
import io.portcullis.pki.NodeTls;
import io.portcullis.pki.PkiException;
import io.portcullis.pki.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes in pods find each other by asking the API of Kubernetes, with what a pod knows of it: two variables and three files. */
class KubernetesDiscoveryTest {
    private static final NodeTls.Listener IGNORING = new NodeTls.Listener() {
        @Override
        public void renewed(NodeCertificate certificate) {}

        @Override
        public void refused(PkiException failure) {}

        @Override
        public void peerRefused(String reason) {}
    };

    private static final String LOG = "pods.log";
    private static final String SECRET = "a-token-of-a-service-account";

    @Test
    void shouldFormOneClusterOfThePodsThatKubernetesLists(@TempDir Path folder) throws Exception {
        DiscoveringNodes.authority(folder.resolve("ca"));
        Path account = Files.createDirectory(folder.resolve("serviceaccount"));
        SSLContext context = certificateOfTheApi(folder, account);
        Files.writeString(account.resolve(KubernetesPods.TOKEN), SECRET);
        Files.writeString(account.resolve(KubernetesPods.NAMESPACE), "firewalls");
        try (KubernetesApi api =
                new KubernetesApi(context, SECRET, "firewalls", "edge", DiscoveringNodes.addresses())) {
            Process pods = start(folder, account, api);
            try {
                boolean isOver = pods.waitFor(2 * DiscoveringNodes.LIMIT.toSeconds(), TimeUnit.SECONDS);
                assertThat(isOver ? pods.exitValue() : -1)
                        .as(() -> read(folder.resolve(LOG)))
                        .isZero();
            } finally {
                pods.destroyForcibly();
            }
            assertThat(api.isAsked()).isTrue();
            assertThat(api.refused()).isEmpty();
        }
    }

    /** Of another authority than that of the nodes. */
    private static SSLContext certificateOfTheApi(Path folder, Path account) throws Exception {
        var authority = DiscoveringNodes.authority(folder.resolve("kubernetes"));
        TlsFiles files = DiscoveringNodes.certificate(authority, "api", "127.0.0.1");
        Files.copy(authority.certificateFile(), account.resolve(KubernetesPods.AUTHORITY));
        return NodeTls.load(files, IGNORING).context();
    }

    private static Process start(Path folder, Path account, KubernetesApi api) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                KubernetesPods.class.getName()));
        command.addAll(List.of(folder.toString(), account.toString(), "edge", String.valueOf(FreePorts.next())));
        ProcessBuilder pods = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(LOG).toFile());
        pods.environment().put("KUBERNETES_SERVICE_HOST", "127.0.0.1");
        pods.environment().put("KUBERNETES_SERVICE_PORT", String.valueOf(api.port()));
        return pods.start();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }
}
