package io.portcullis.loadtest.lab;

import io.portcullis.pki.CertificateAuthority;
import io.portcullis.pki.PkiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Certificates of the hosts of one run, in a folder that goes with it. */
public final class Certificates implements AutoCloseable {
    private final @Nullable Path folder;

    private Certificates(@Nullable Path folder) {
        this.folder = folder;
    }

    /** The hosts speak plain text. */
    public static Certificates none() {
        return new Certificates(null);
    }

    /** Issues one to each host. */
    public static Certificates make(List<String> hosts) throws IOException {
        Path folder = Files.createTempDirectory("portcullis-tls-");
        Instant now = Instant.now();
        try {
            CertificateAuthority authority = CertificateAuthority.init(folder, "bench", Duration.ofDays(2), now);
            for (String host : hosts) {
                authority.issue(
                        new CertificateAuthority.Request(host, List.of("127.0.0.1", "localhost"), Duration.ofDays(1)),
                        false,
                        now);
            }
        } catch (PkiException unusable) {
            throw new IOException(unusable);
        }
        return new Certificates(folder);
    }

    /** For {@link LocalCluster}. */
    public List<String> settings() {
        if (folder == null) {
            return List.of();
        }
        Path files = folder.resolve("nodes").resolve("{host}");
        return List.of(
                "portcullis.tls.ca=" + files.resolve("ca.crt"),
                "portcullis.tls.cert=" + files.resolve("node.crt"),
                "portcullis.tls.key=" + files.resolve("node.key"));
    }

    @Override
    public void close() {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.err.println("portcullis: " + folder + " could not be removed: " + e.getMessage());
        }
    }
}
