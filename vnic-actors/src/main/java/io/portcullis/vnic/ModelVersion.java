package io.portcullis.vnic;

/**
 * Which model of a tenant somebody has.
 *
 * @param writer the incarnation of {@link TenantPolicy} that gave it away: another one knows no edits between its model and an older one's
 * @param revision of the model
 */
public record ModelVersion(long writer, long revision) {}
