package io.portcullis.admin;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.MigrationView;
import io.portcullis.api.MoveView;
import io.portcullis.api.PlacementView;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What hypervisors say of VMs that they move themselves. Each call ends within the time that it is given, with what is true then, and may be repeated; nothing is
 * remembered here, so another node may be asked the next time.
 *
 * <pre>
 * prepare  reserves and sends the tables ahead: READY when the VM may be stopped
 * stopped  hands over: HANDED_OVER when the destination enforces
 * resumed  the VM runs at that host: SETTLED when that host enforces. What was not said before is made up for; a VM whose migration was given up is migrated
 *          all the same, and one whose host is lost is taken over, without its connections
 * aborted  the same, for the host that it came from: before the hand-over the migration is cancelled, after it reversed
 * </pre>
 */
final class HypervisorMoves {
    private static final Logger LOG = LoggerFactory.getLogger(HypervisorMoves.class);

    private static final Executor LATER = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);

    private final AdminServices services;
    private final LongSupplier nanoTime;

    HypervisorMoves(AdminServices services, LongSupplier nanoTime) {
        this.services = services;
        this.nanoTime = nanoTime;
    }

    /** One call. */
    private final class Call {
        final VmId vm;
        final String by;
        private final long deadlineNanos;
        private @Nullable String warning;

        Call(VmId vm, String by, Duration wait) {
            this.vm = vm;
            this.by = by;
            this.deadlineNanos = nanoTime.getAsLong() + wait.toNanos();
        }

        Duration left() {
            return Duration.ofNanos(Math.max(0, deadlineNanos - nanoTime.getAsLong()));
        }

        /** Something went another way than was hoped for. */
        void warn(String what) {
            warning = what;
            LOG.warn("VM {}: {}", vm, what);
        }

        MoveView answer(String status, @Nullable String host, @Nullable MigrationView migration) {
            return new MoveView(vm.toString(), status, host, migration, warning);
        }

        CompletionStage<MoveView> pending(MigrationView migration, String meanwhile) {
            warn("the hypervisor was not answered in time: migration " + migration.id() + " is in phase "
                    + migration.phase() + "; " + meanwhile);
            return done(answer(MoveView.PENDING, enforcing(migration), migration));
        }
    }

    private static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }

    // ---- prepare

    CompletionStage<MoveView> prepare(VmId vm, HostId to, String by, Duration wait) {
        Call call = new Call(vm, by, wait);
        return running(vm).thenCompose(running -> {
            if (running.isEmpty()) {
                return services.hypervise(vm, to, by).thenCompose(begun -> awaitReady(call, begun));
            }
            MigrationView migration = running.get();
            if (!migration.to().equals(to.value()) || !isHypervised(migration)) {
                throw new RefusedException(
                        ProblemKind.MOVING,
                        "VM " + vm + " is moving to " + migration.to() + " already, moved by the " + migration.mover()
                                + " (migration " + migration.id() + ")",
                        "cancel that first: portcullis cancel " + migration.id());
            }
            return awaitReady(call, migration);
        });
    }

    private CompletionStage<MoveView> awaitReady(Call call, MigrationView migration) {
        if (migration.isOver() && !isCommitted(migration)) {
            throw new RefusedException(
                    ProblemKind.WRONG_STATE,
                    "migration " + migration.id() + " was given up: " + migration.state() + ", " + migration.reason(),
                    "prepare it again; or move the VM without, and say 'resumed' when it runs there");
        }
        if (!isBeforeTheCut(migration) || migration.phase().equals(MigrationView.AWAITING_STOP)) {
            return done(call.answer(MoveView.READY, enforcing(migration), migration));
        }
        return call.left().isZero()
                ? call.pending(migration, "the source enforces, and a VM that is stopped now waits for its connections")
                : next(call, migration).thenCompose(news -> awaitReady(call, news));
    }

    // ---- stopped

    CompletionStage<MoveView> stopped(VmId vm, String by, Duration wait) {
        Call call = new Call(vm, by, wait);
        return running(vm)
                .thenCompose(running -> running.isEmpty()
                        ? stoppedWithoutOne(call)
                        : services.vmStopped(vm, running.get().id())
                                .thenCompose(heard ->
                                        services.migration(running.get().id()))
                                .thenCompose(migration -> awaitHandOver(call, migration)));
    }

    /** It may be a repetition. */
    private CompletionStage<MoveView> stoppedWithoutOne(Call call) {
        return last(call.vm)
                .thenCompose(last -> services.placement(call.vm).thenApply(placement -> {
                    if (last.isPresent()
                            && isHypervised(last.get())
                            && isCommitted(last.get())
                            && last.get().to().equals(placement.host())) {
                        return call.answer(MoveView.HANDED_OVER, placement.host(), last.get());
                    }
                    throw new RefusedException(
                            ProblemKind.WRONG_STATE,
                            "no migration of VM " + call.vm + " is under way"
                                    + last.map(before -> "; " + before.id() + " has ended: " + before.state())
                                            .orElse(""),
                            "'prepare' comes first; if the VM runs elsewhere by now, say 'resumed'");
                }));
    }

    private CompletionStage<MoveView> awaitHandOver(Call call, MigrationView migration) {
        if (isCommitted(migration) || migration.phase().equals("COMMITTED")) {
            return done(call.answer(MoveView.HANDED_OVER, migration.to(), migration));
        }
        if (migration.isOver()) {
            throw new RefusedException(
                    ProblemKind.WRONG_STATE,
                    "migration " + migration.id() + " was given up: " + migration.state() + ", " + migration.reason(),
                    "if the VM goes on at " + migration.to() + ", say 'resumed' when it runs there; if not, 'aborted'");
        }
        return call.left().isZero()
                ? call.pending(migration, "nothing passes at the destination until it enforces")
                : next(call, migration).thenCompose(news -> awaitHandOver(call, news));
    }

    // ---- resumed, aborted

    CompletionStage<MoveView> resumed(VmId vm, HostId host, String by, Duration wait) {
        return settle(new Call(vm, by, wait), host);
    }

    CompletionStage<MoveView> aborted(VmId vm, String by, Duration wait) {
        Call call = new Call(vm, by, wait);
        return running(vm)
                .thenCompose(running -> running.isPresent() ? done(running) : last(vm))
                .thenCompose(newest -> {
                    if (newest.isEmpty()) {
                        throw new RefusedException(
                                ProblemKind.WRONG_STATE,
                                "no migration of VM " + vm + " was ever begun",
                                "'prepare' comes first");
                    }
                    MigrationView migration = newest.get();
                    // One that the product makes is the reversal: this is a repetition.
                    boolean isReversal = !isHypervised(migration) && (isCommitted(migration) || !migration.isOver());
                    return settle(call, new HostId(isReversal ? migration.to() : migration.from()));
                });
    }

    /** One step towards the host where the VM runs, and then the next. */
    private CompletionStage<MoveView> settle(Call call, HostId host) {
        return services.placement(call.vm)
                .thenCompose(placement -> placement.migration() == null
                        ? settled(call, host, placement)
                        : services.migration(placement.migration())
                                .thenCompose(migration -> underWay(call, host, migration)));
    }

    private CompletionStage<MoveView> settled(Call call, HostId host, PlacementView placement) {
        String here = placement.host();
        if (host.value().equals(here)) {
            return last(call.vm).thenApply(last -> call.answer(MoveView.SETTLED, here, last.orElse(null)));
        }
        if (here == null) {
            throw new RefusedException(
                    ProblemKind.WRONG_STATE,
                    "VM " + call.vm + " is attached to no host",
                    "attach it: portcullis attach " + call.vm + " " + host);
        }
        if (PlacementView.DOWN.equals(placement.hostStatus())) {
            return takeOver(call, host, here);
        }
        call.warn("it runs on " + host + " while " + here
                + " has its firewalls; they are moved there, nothing passes until then");
        return services.migrate(call.vm, host, call.by).thenCompose(begun -> follow(call, host, begun));
    }

    private CompletionStage<MoveView> takeOver(Call call, HostId host, String lost) {
        return services.model(call.vm.tenant()).thenCompose(model -> {
            call.warn("taken over by " + host + " from " + lost + ", which is lost, without its connections: "
                    + (model.looseTracking()
                            ? "they are picked up where the rules allow them, as the tenant tracks loosely"
                            : "they are cut, as the tenant tracks strictly"));
            return services.attach(VmRoutes.specOf(model, Lookup.vm(model, call.vm.name())), host, call.by)
                    .thenCompose(attached -> done(call.answer(MoveView.SETTLED, attached.host(), null)));
        });
    }

    private CompletionStage<MoveView> underWay(Call call, HostId host, MigrationView migration) {
        if (isBeforeTheCut(migration) && !migration.to().equals(host.value())) {
            // Too late or over meanwhile: the next look finds out.
            return services.cancel(migration.id(), call.by)
                    .exceptionallyCompose(failure -> refusedAsLate(failure)
                            ? services.migration(migration.id())
                            : CompletableFuture.failedFuture(failure))
                    .thenCompose(news -> follow(call, host, news));
        }
        if (isBeforeTheCut(migration) && isHypervised(migration)) {
            return services.vmStopped(call.vm, migration.id())
                    .exceptionallyCompose(failure -> refusedAsLate(failure)
                            ? CompletableFuture.<Void>completedFuture(null)
                            : CompletableFuture.<Void>failedFuture(failure))
                    .thenCompose(heard -> services.migration(migration.id()))
                    .thenCompose(news -> follow(call, host, news));
        }
        return follow(call, host, migration);
    }

    private static boolean refusedAsLate(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof RefusedException refused
                && (refused.kind() == ProblemKind.TOO_LATE || refused.kind() == ProblemKind.UNKNOWN);
    }

    /** Until the migration has committed to that host, or has ended, so that the next step can be taken. */
    private CompletionStage<MoveView> follow(Call call, HostId host, MigrationView migration) {
        boolean isThere = migration.to().equals(host.value());
        if (isThere && (isCommitted(migration) || migration.phase().equals("COMMITTED"))) {
            return done(call.answer(MoveView.SETTLED, migration.to(), migration));
        }
        if (call.left().isZero()) {
            return call.pending(migration, "nothing passes where no host enforces");
        }
        return migration.isOver()
                ? settle(call, host)
                : next(call, migration).thenCompose(news -> follow(call, host, news));
    }

    // ---- what is known

    /** As soon as there is news; not at once again where nobody knows any. */
    private CompletionStage<MigrationView> next(Call call, MigrationView migration) {
        return services.migration(migration.id(), migration.phases().size(), call.left())
                .thenCompose(news -> news.isOver()
                                || news.phases().size() > migration.phases().size()
                        ? done(news)
                        : CompletableFuture.supplyAsync(() -> news, LATER));
    }

    private CompletionStage<Optional<MigrationView>> running(VmId vm) {
        return services.placement(vm)
                .thenCompose(placement -> placement.migration() == null
                        ? done(Optional.empty())
                        : services.migration(placement.migration())
                                .thenApply(found -> found.isOver() ? Optional.empty() : Optional.of(found)));
    }

    private CompletionStage<Optional<MigrationView>> last(VmId vm) {
        return services.migrations(Optional.of(vm), 1)
                .thenCompose(found -> found.isEmpty()
                        ? done(Optional.empty())
                        // the log may be behind its placement
                        : services.migration(found.getFirst().id()).thenApply(Optional::of));
    }

    private static boolean isHypervised(MigrationView migration) {
        return MigrationView.HYPERVISOR.equals(migration.mover());
    }

    private static boolean isCommitted(MigrationView migration) {
        return migration.isOver() && migration.state().equals("COMMITTED");
    }

    private static boolean isBeforeTheCut(MigrationView migration) {
        return switch (migration.phase()) {
            case "RESERVING", "PREPARED", "PRECOPYING", MigrationView.AWAITING_TURN, MigrationView.AWAITING_STOP ->
                !migration.isOver();
            default -> false;
        };
    }

    private static @Nullable String enforcing(MigrationView migration) {
        return isCommitted(migration) || migration.phase().equals("COMMITTED") ? migration.to() : migration.from();
    }
}
