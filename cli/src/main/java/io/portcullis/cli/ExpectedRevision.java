package io.portcullis.cli;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** At which revision a tenant must be for a change. */
final class ExpectedRevision {
    @Option(names = "--if-revision", paramLabel = "N", description = "Only if the tenant is at that revision.")
    private @Nullable Long revision;

    /** Empty for any. */
    OptionalLong get() {
        return revision == null ? OptionalLong.empty() : OptionalLong.of(revision);
    }
}
