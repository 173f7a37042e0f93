package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Where a VM is to be enforced.
 *
 * @param replica whether its connections are kept on a second host too; without it, of a VM that is taken over, as before, else as
 *     {@code portcullis.migration.replica.default} has it
 */
public record AttachRequest(String host, @Nullable Boolean replica) {}
