package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The cluster as the answering node sees it. */
public record ClusterView(
        String name, String version, @Nullable String leader, List<MemberView> members) {}
