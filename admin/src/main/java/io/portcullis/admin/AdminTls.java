package io.portcullis.admin;

import java.time.Instant;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoint has of the node's certificate, which may be replaced while the node runs. All are asked by any thread.
 *
 * @param engines one for each connection; null for HTTP in the clear
 * @param expiry of the certificate in use; null for a node without one
 * @param refusedPeers how many that wanted to be nodes were not let in since the start
 */
public record AdminTls(
        @Nullable Supplier<SSLEngine> engines, @Nullable Supplier<Instant> expiry, LongSupplier refusedPeers) {
    /** Of a node without a certificate. */
    public static final AdminTls NONE = new AdminTls(null, null, () -> 0);
}
