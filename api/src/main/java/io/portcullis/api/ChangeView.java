package io.portcullis.api;

import java.util.List;

/**
 * What a change did.
 *
 * @param revision the tenant's revision after it
 * @param changed what is new, different or gone, as {@code kind/name}; empty if everything was so already
 */
public record ChangeView(String tenant, long revision, List<String> changed) {}
