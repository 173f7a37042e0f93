package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many VMs should be moved as one thing. All of it may be left out.
 *
 * @param to the only hosts that they may go to; missing for all others
 * @param parallel migrations at the same time; missing for {@code portcullis.migration.parallel}
 * @param priority {@code LOW}, {@code NORMAL} (the default) or {@code HIGH}: whose VMs go first if there are budgets for some only
 * @param dryRun of a rebalance: only show the plan
 * @param bytesPerSecond that all its migrations together may send ahead of their cuts, at least 65,536; missing or 0 for no limit but the hosts'
 */
public record MoveWishes(
        @Nullable List<String> to,
        @Nullable Integer parallel,
        @Nullable String priority,
        @Nullable Boolean dryRun,
        @Nullable Long bytesPerSecond) {
    public static final MoveWishes NONE = new MoveWishes(null, null, null, null, null);
}
