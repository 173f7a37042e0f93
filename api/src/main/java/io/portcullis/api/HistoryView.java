package io.portcullis.api;

import java.util.List;

/**
 * A page of a tenant's revisions.
 *
 * @param current the tenant's newest revision
 * @param oldest revision whose documents are still known; older ones are forgotten
 * @param items newest first
 */
public record HistoryView(String tenant, long current, long oldest, List<RevisionView> items) {}
