package io.portcullis.migration.model;

/**
 * One host's side of one migration.
 *
 * @param id of the migration
 */
public record SessionName(Side side, String id) {}
