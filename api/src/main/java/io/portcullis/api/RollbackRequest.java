package io.portcullis.api;

import org.jspecify.annotations.Nullable;

/**
 * Makes a new revision out of an old one.
 *
 * @param to the revision whose segments, services, groups, policies and defaults come back
 * @param inventory whether VMs, with their tags and findings, come back too; default no
 */
public record RollbackRequest(long to, @Nullable Boolean inventory) {}
