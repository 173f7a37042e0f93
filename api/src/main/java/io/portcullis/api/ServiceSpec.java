package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A named set of protocols and ports; matches if any entry does.
 *
 * @param alg {@code ftp}: where a rule allows this service, FTP control connections (TCP port 21) open the way for the data connections that
 *     they announce; {@code none} (default)
 */
public record ServiceSpec(
        List<ServiceEntry> entries, @Nullable String alg) {}
