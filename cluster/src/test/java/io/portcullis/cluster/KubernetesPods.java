package io.portcullis.cluster;

import io.portcullis.pki.CertificateAuthority;
import java.nio.file.Path;
import java.util.Map;

/** Nodes in pods, as far as Kubernetes goes: where its API is they know from their environment, and all else from the files that a pod has. A process of its own. */
final class KubernetesPods {
    static final String TOKEN = "token";
    static final String NAMESPACE = "namespace";
    static final String AUTHORITY = "ca.crt";

    private KubernetesPods() {}

    /**
     * Ends with 0 when the nodes were one cluster, else with 1.
     *
     * @param arguments the folder of the nodes, with their authority in {@code ca}; the folder of the pods' files; the label; the port where nodes ask each other
     */
    public static void main(String... arguments) {
        try {
            run(arguments);
            System.exit(0);
        } catch (Throwable failed) {
            // others of its threads would go on
            failed.printStackTrace();
            System.exit(1);
        }
    }

    private static void run(String... arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path account = Path.of(arguments[1]);
        CertificateAuthority authority = CertificateAuthority.open(folder.resolve("ca"));
        try (DiscoveringNodes nodes = new DiscoveringNodes(authority, folder, Integer.parseInt(arguments[3]))) {
            nodes.start(Map.of(
                    "portcullis.discovery.method",
                    "kubernetes-api",
                    "portcullis.discovery.service",
                    arguments[2],
                    "pekko.discovery.kubernetes-api.api-ca-path",
                    account.resolve(AUTHORITY).toString(),
                    "pekko.discovery.kubernetes-api.api-token-path",
                    account.resolve(TOKEN).toString(),
                    "pekko.discovery.kubernetes-api.pod-namespace-path",
                    account.resolve(NAMESPACE).toString()));
            nodes.awaitOneCluster();
        }
    }
}
