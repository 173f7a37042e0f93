package io.portcullis.persistence.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority, a server's certificate for {@code localhost} and a client's, as PEM files; made by the JDK's keytool. */
public final class TestCertificates {
    private static final String PASSWORD = "changeit";
    private static final String AUTHORITY = "authority";

    private final Path folder;

    private TestCertificates(Path folder) {
        this.folder = folder;
    }

    /** @param host name that the server's certificate is for */
    public static TestCertificates create(Path folder, String host)
            throws IOException, InterruptedException, GeneralSecurityException {
        TestCertificates certificates = authorityOnly(folder);
        certificates.issue("server", "-ext", "san=dns:" + host);
        certificates.issue("client");
        return certificates;
    }

    /** An authority that has issued nothing. */
    public static TestCertificates authorityOnly(Path folder) throws IOException, InterruptedException {
        TestCertificates certificates = new TestCertificates(Files.createDirectories(folder));
        certificates.keyPair(AUTHORITY, "-ext", "bc:c");
        certificates.export(AUTHORITY);
        return certificates;
    }

    private void keyPair(String name, String... extensions) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(
                List.of("-genkeypair", "-alias", name, "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30"));
        arguments.addAll(List.of("-dname", "CN=" + name, "-keypass", PASSWORD));
        arguments.addAll(List.of(extensions));
        keytool(name, arguments);
    }

    private void issue(String name, String... extensions)
            throws IOException, InterruptedException, GeneralSecurityException {
        keyPair(name);
        Path request = folder.resolve(name + ".csr");
        keytool(name, List.of("-certreq", "-alias", name, "-file", request.toString()));
        List<String> arguments = new ArrayList<>(List.of("-gencert", "-alias", AUTHORITY, "-rfc", "-validity", "30"));
        arguments.addAll(List.of(
                "-infile", request.toString(), "-outfile", file(name + ".crt").toString()));
        arguments.addAll(List.of(extensions));
        keytool(AUTHORITY, arguments);
        writeKey(name);
    }

    private void export(String name) throws IOException, InterruptedException {
        keytool(
                name,
                List.of(
                        "-exportcert",
                        "-alias",
                        name,
                        "-rfc",
                        "-file",
                        file(name + ".crt").toString()));
    }

    private void writeKey(String name) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file(name + ".p12"))) {
            store.load(in, PASSWORD.toCharArray());
        }
        byte[] key = store.getKey(name, PASSWORD.toCharArray()).getEncoded();
        Path file = Files.createFile(
                file(name + ".key"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                file,
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder(64, "\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                                .encodeToString(key)
                        + "\n-----END PRIVATE KEY-----\n");
    }

    private void keytool(String store, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(arguments);
        command.addAll(List.of("-keystore", file(store + ".p12").toString(), "-storetype", "PKCS12"));
        command.addAll(List.of("-storepass", PASSWORD, "-J-XX:TieredStopAtLevel=1"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + output);
        }
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    public Path authority() {
        return file(AUTHORITY + ".crt");
    }

    public Path serverCertificate() {
        return file("server.crt");
    }

    public Path serverKey() {
        return file("server.key");
    }

    public Path clientCertificate() {
        return file("client.crt");
    }

    public Path clientKey() {
        return file("client.key");
    }
}
