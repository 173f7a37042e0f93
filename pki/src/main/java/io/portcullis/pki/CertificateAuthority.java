package io.portcullis.pki;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The authority of one cluster, in a folder: {@code ca.crt}, {@code ca.key}, and for each node {@code nodes/NAME} with what that node
 * needs. Folders and keys are for their owner only. Not thread-safe; one process at a time.
 */
public final class CertificateAuthority {
    static final String CERTIFICATE = "ca.crt";
    static final String KEY = "ca.key";
    private static final String NODES = "nodes";

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private final Path folder;
    private final X509Certificate certificate;

    private CertificateAuthority(Path folder, X509Certificate certificate) {
        this.folder = folder;
        this.certificate = certificate;
    }

    /**
     * Makes an authority; the folder is made if there is none.
     *
     * @param cluster for people, part of the certificate's subject
     * @throws PkiException if there is one already, or the folder cannot be written
     */
    public static CertificateAuthority init(Path folder, String cluster, Duration validity, Instant now)
            throws PkiException {
        checkName("cluster", cluster);
        makeFolder(folder);
        for (String file : List.of(CERTIFICATE, KEY)) {
            if (Files.exists(folder.resolve(file))) {
                throw new PkiException(
                        "there is an authority in " + folder + " already; nothing was changed",
                        "use it (portcullis ca issue), or make another in a folder of its own");
            }
        }
        KeyPair keys = Certificates.newKeys();
        X509Certificate certificate = Certificates.authority(cluster, keys, now, validity);
        Pem.write(folder.resolve(KEY), Pem.privateKey(keys.getPrivate()), true);
        Pem.write(folder.resolve(CERTIFICATE), Pem.certificate(certificate), false);
        return new CertificateAuthority(folder, certificate);
    }

    /** The authority in a folder. Its key is not read. */
    public static CertificateAuthority open(Path folder) throws PkiException {
        Path file = folder.resolve(CERTIFICATE);
        if (Files.notExists(file)) {
            throw new PkiException(
                    "there is no authority in " + folder, "make one: portcullis ca init --dir " + folder);
        }
        return new CertificateAuthority(folder, Pem.readCertificates(file).getFirst());
    }

    /** Who is to get a certificate. */
    public record Request(String node, List<String> addresses, Duration validity) {
        public Request {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * Makes a key and a certificate for a node.
     *
     * @param renew whether it may replace those that there are
     * @return the files that the node needs, in a folder of their own
     * @throws PkiException if the request is none, or there is a certificate already
     */
    public TlsFiles issue(Request request, boolean renew, Instant now) throws PkiException {
        checkName("node", request.node());
        Certificates.checkAddresses(request.addresses());
        checkValidity(request.validity(), now);
        TlsFiles files = TlsFiles.in(folder.resolve(NODES).resolve(request.node()));
        if (!renew && (Files.exists(files.certificate()) || Files.exists(files.key()))) {
            throw new PkiException(
                    request.node() + " has a certificate already in "
                            + files.certificate().getParent() + "; nothing was changed",
                    "add --renew to replace it");
        }
        PrivateKey authorityKey = Pem.readPrivateKey(
                folder.resolve(KEY), certificate.getPublicKey().getAlgorithm());
        KeyPair keys = Certificates.newKeys();
        X509Certificate issued = Certificates.node(request, keys.getPublic(), certificate, authorityKey, now);
        makeFolder(folder.resolve(NODES));
        makeFolder(folder.resolve(NODES).resolve(request.node()));
        Pem.write(files.authority(), Pem.certificate(certificate), false);
        Pem.write(files.key(), Pem.privateKey(keys.getPrivate()), true);
        Pem.write(files.certificate(), Pem.certificate(issued), false);
        return files;
    }

    private void checkValidity(Duration validity, Instant now) throws PkiException {
        Instant end = certificate.getNotAfter().toInstant();
        if (validity.isZero() || validity.isNegative()) {
            throw new PkiException("a certificate must be good for at least a day", "give --days 1 or more");
        }
        if (now.plus(validity).isAfter(end)) {
            throw new PkiException(
                    "the authority itself is good until " + end + " only",
                    "give fewer --days, or make a new authority: portcullis ca init");
        }
    }

    /** How long the authority is good. */
    public Instant notAfter() {
        return certificate.getNotAfter().toInstant();
    }

    /** SHA-256 of the authority's certificate, in hexadecimal. */
    public String fingerprint() {
        return NodeCertificate.fingerprint(certificate);
    }

    public Path certificateFile() {
        return folder.resolve(CERTIFICATE);
    }

    /** The certificates of all nodes, by name. */
    public List<NodeCertificate> nodes() throws PkiException {
        List<NodeCertificate> nodes = new ArrayList<>();
        Path all = folder.resolve(NODES);
        if (Files.isDirectory(all)) {
            try (Stream<Path> folders = Files.list(all)) {
                for (Path node : folders.toList()) {
                    Path file = TlsFiles.in(node).certificate();
                    if (Files.exists(file)) {
                        Optional<NodeCertificate> certificate =
                                NodeCertificate.of(Pem.readCertificates(file).getFirst());
                        certificate.ifPresent(nodes::add);
                    }
                }
            } catch (IOException unreadable) {
                throw Pem.cannotRead(all, unreadable);
            }
        }
        nodes.sort(Comparator.comparing(NodeCertificate::node));
        return nodes;
    }

    private static void checkName(String what, String name) throws PkiException {
        if (!NAME.matcher(name).matches()) {
            throw new PkiException(
                    "'" + name + "' is no name for a " + what,
                    "use at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends");
        }
    }

    private static void makeFolder(Path folder) throws PkiException {
        try {
            if (Files.notExists(folder)) {
                Path parent = folder.toAbsolutePath().getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.createDirectory(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (IOException failed) {
            throw new PkiException(
                    "the folder " + folder + " cannot be made: " + failed.getMessage(),
                    "give one that you may write",
                    failed);
        }
    }
}
