package io.portcullis.admin.actors;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PhaseView;
import io.portcullis.api.ReceiptView;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.PlacementReply;
import io.portcullis.migration.PlacementView;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Migrations: the log has all of them, the VM's placement knows first how the one under way stands. Thread-safe.
 */
final class Migrations {
    /** Migrations accepted here that are remembered until the log has them. */
    private static final int MAX_RECENT = 10_000;
    /** Rows of the log that are looked at for the metrics. */
    private static final int MAX_TALLIED = 1_000;

    static final String RUNNING = "RUNNING";

    private final ClusterAccess access;
    private final Asking asking;

    private final Map<String, MigrationView> recent = Collections.synchronizedMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, MigrationView> eldest) {
            return size() > MAX_RECENT;
        }
    });

    /** Guarded by itself. */
    private final Map<String, Long> tally = new TreeMap<>();

    private Set<String> tallied = new HashSet<>();

    Migrations(ClusterAccess access, Asking asking) {
        this.access = access;
        this.asking = asking;
    }

    CompletionStage<PlacementReply> ask(VmId vm, Function<ActorRef<PlacementReply>, PlacementCommand> command) {
        return asking.ask(access.placement().apply(vm), command);
    }

    CompletionStage<PlacementView> placement(VmId vm) {
        return ask(vm, PlacementCommand.GetPlacement::new).thenApply(Placements::placement);
    }

    CompletionStage<MigrationView> begin(VmId vm, HostId to, Mover mover, String by) {
        return ask(vm, replyTo -> new PlacementCommand.MigrateVm(to, by, false, mover, replyTo))
                .thenApply(reply -> switch (reply) {
                    case PlacementReply.MigrationAccepted accepted -> {
                        MigrationView view = accepted(accepted, mover, by);
                        recent.put(view.id(), view);
                        yield view;
                    }
                    case PlacementReply.Refused(var code, String message) -> throw Asking.refused(code, message);
                    default -> throw Asking.unexpected(reply);
                });
    }

    private static MigrationView accepted(PlacementReply.MigrationAccepted accepted, Mover mover, String by) {
        return new MigrationView(
                accepted.id(),
                accepted.vm().toString(),
                accepted.from().value(),
                accepted.to().value(),
                RUNNING,
                "RESERVING",
                by,
                Instant.now().toString(),
                null,
                null,
                null,
                mover.name(),
                List.of());
    }

    CompletionStage<Void> vmStopped(VmId vm, String id) {
        return ask(vm, replyTo -> new PlacementCommand.VmHasStopped(id, replyTo))
                .thenAccept(reply -> {
                    switch (reply) {
                        case PlacementReply.Placement _ -> {}
                        case PlacementReply.Refused(var code, String message) -> throw Asking.refused(code, message);
                        default -> throw Asking.unexpected(reply);
                    }
                });
    }

    CompletionStage<HostId> check(VmId vm, HostId to, String by) {
        return ask(vm, replyTo -> new PlacementCommand.MigrateVm(to, by, true, Mover.PRODUCT, replyTo))
                .thenApply(reply -> switch (reply) {
                    case PlacementReply.MigrationPossible(VmId _, HostId from, HostId _) -> from;
                    case PlacementReply.Refused(var code, String message) -> throw Asking.refused(code, message);
                    default -> throw Asking.unexpected(reply);
                });
    }

    /** Answers when there are more than so many phases, or it has ended, or the wait is over. */
    CompletionStage<MigrationView> await(String id, int phases, Duration wait) {
        return find(id).thenCompose(known -> {
            if (known.isOver() || wait.isZero() || known.phases().size() > phases) {
                return CompletableFuture.completedFuture(known);
            }
            VmId vm = VmId.parse(known.vm());
            return asking.<PlacementCommand, PlacementReply>ask(
                            access.placement().apply(vm),
                            replyTo -> new PlacementCommand.AwaitMigration(id, phases, replyTo),
                            wait)
                    .handle((news, silence) -> id)
                    .thenCompose(this::find);
        });
    }

    CompletionStage<MigrationView> find(String id) {
        return access.migrations().find(id).thenCompose(row -> {
            MigrationView known = row.map(Migrations::view).orElseGet(() -> recent.get(id));
            if (known == null) {
                throw new RefusedException(
                        ProblemKind.UNKNOWN,
                        "there is no migration '" + id + "'",
                        "'portcullis get migrations' shows them");
            }
            return known.isOver()
                    ? CompletableFuture.completedFuture(known)
                    : placement(VmId.parse(known.vm()))
                            .thenApply(placement -> live(known, placement))
                            .exceptionally(silent -> known);
        });
    }

    CompletionStage<List<MigrationView>> list(Optional<VmId> vm, int limit) {
        return access.migrations()
                .list(vm.orElse(null), limit)
                .thenApply(rows -> rows.stream().map(Migrations::view).toList());
    }

    CompletionStage<MigrationView> cancel(String id, String by) {
        return find(id).thenCompose(known -> {
            if (known.isOver()) {
                throw new RefusedException(
                        ProblemKind.TOO_LATE, "migration " + id + " has ended already: " + known.state());
            }
            VmId vm = VmId.parse(known.vm());
            return ask(vm, replyTo -> new PlacementCommand.CancelMigration(id, by, replyTo))
                    .thenCompose(reply -> switch (reply) {
                        case PlacementReply.Cancelled _ -> find(id);
                        case PlacementReply.Refused(var code, String message) -> throw Asking.refused(code, message);
                        default -> throw Asking.unexpected(reply);
                    });
        });
    }

    /** How the migration stands, with what the VM's placement says now. */
    private static MigrationView live(MigrationView known, PlacementView placement) {
        if (known.id().equals(placement.migration())) {
            Mover mover = placement.mover();
            boolean waits = placement.phase() == PlacementPhase.PRECOPYING && placement.waitedSinceMillis() > 0;
            return with(
                    known,
                    RUNNING,
                    waits ? MigrationView.AWAITING_TURN : placement.phase().name(),
                    null,
                    null,
                    mover == null ? null : mover.name(),
                    Receipts.phases(placement.phases(), placement.waitedSinceMillis()));
        }
        MigrationReceipt receipt = placement.lastReceipt();
        if (receipt == null || !receipt.id().equals(known.id())) {
            return known;
        }
        String ended = Instant.ofEpochMilli(
                        receipt.phases().isEmpty()
                                ? 0
                                : receipt.phases().getLast().atMillis())
                .toString();
        ReceiptView view = Receipts.view(receipt);
        return with(known, view.outcome(), placement.phase().name(), ended, view, mover(view), view.phases());
    }

    private static MigrationView with(
            MigrationView known,
            String state,
            String phase,
            @Nullable String ended,
            @Nullable ReceiptView receipt,
            @Nullable String mover,
            List<PhaseView> phases) {
        return new MigrationView(
                known.id(),
                known.vm(),
                known.from(),
                known.to(),
                state,
                phase,
                known.requestedBy(),
                known.started(),
                ended,
                reason(receipt),
                receipt,
                mover,
                phases);
    }

    private static MigrationView view(MigrationRow row) {
        Instant ended = row.ended();
        ReceiptView receipt = Receipts.read(row.receipt());
        String outcome = receipt == null ? row.state() : receipt.outcome();
        return new MigrationView(
                row.id(),
                row.vm().toString(),
                row.from().value(),
                row.to().value(),
                ended == null ? RUNNING : outcome,
                row.state(),
                row.requestedBy(),
                row.started().toString(),
                ended == null ? null : ended.toString(),
                reason(receipt),
                receipt,
                mover(receipt),
                receipt == null ? List.of() : receipt.phases());
    }

    /** Only a hypervisor's word is waited for. */
    private static @Nullable String mover(@Nullable ReceiptView receipt) {
        if (receipt == null) {
            return null;
        }
        boolean waited =
                receipt.phases().stream().anyMatch(phase -> phase.phase().equals(MigrationView.AWAITING_STOP));
        return waited ? MigrationView.HYPERVISOR : MigrationView.PRODUCT;
    }

    private static @Nullable String reason(@Nullable ReceiptView receipt) {
        return receipt == null || receipt.problems().isEmpty()
                ? null
                : receipt.problems().getFirst();
    }

    /** Migrations to this host that ended since the node was started or before, by outcome; only grows. */
    CompletionStage<Map<String, Long>> outcomes(HostId self) {
        return access.migrations().list(null, MAX_TALLIED).thenApply(rows -> {
            synchronized (tally) {
                Set<String> seen = new HashSet<>();
                for (MigrationRow row : rows) {
                    if (row.ended() == null || !row.to().equals(self)) {
                        continue;
                    }
                    seen.add(row.id());
                    if (!tallied.contains(row.id())) {
                        tally.merge(view(row).state(), 1L, Long::sum);
                    }
                }
                tallied = seen;
                return Map.copyOf(tally);
            }
        });
    }
}
