/**
 * Who belongs to the cluster: a certificate authority in a folder ({@link io.portcullis.pki.CertificateAuthority}), and what a node
 * makes of its certificate ({@link io.portcullis.pki.NodeTls}). Profile of the certificates: RFC 5280, keys ECDSA P-256. A node is who shows a
 * certificate of the cluster's authority with a URI {@code urn:portcullis:node:NAME} among its names; any other certificate of that authority is none.
 *
 * <p>Knows no framework and no other module.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.pki;
