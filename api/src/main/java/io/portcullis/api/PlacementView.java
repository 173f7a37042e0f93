package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Who enforces a VM's vNICs.
 *
 * @param host null while the VM is detached
 * @param epoch ownership epoch, grows with every change of placement
 * @param phase for example {@code PLACED}, {@code DETACHED}, {@code CUTTING_OVER}
 * @param migration id of the migration that is under way
 */
public record PlacementView(
        @Nullable String host,
        long epoch,
        String phase,
        @Nullable String migration) {}
