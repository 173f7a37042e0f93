package io.portcullis.pki;

import java.nio.file.Path;

/**
 * The files (PEM) that a node needs.
 *
 * @param authority certificates of whom it trusts; two while an authority is replaced
 * @param certificate its own, and those between it and the authority, if any
 * @param key PKCS #8, without a password, for its owner and at most its group
 */
public record TlsFiles(Path authority, Path certificate, Path key) {
    /** As {@link CertificateAuthority#issue} names them. */
    static TlsFiles in(Path folder) {
        return new TlsFiles(folder.resolve("ca.crt"), folder.resolve("node.crt"), folder.resolve("node.key"));
    }
}
