package io.portcullis.cli.mover;

import io.portcullis.api.ApiException;
import io.portcullis.api.MoveView;
import io.portcullis.api.Moves;
import io.portcullis.api.NotReachableException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Moves a VM and has its firewalls follow: prepare, copy and stop, stopped, go on, resumed; and where something fails, come back and aborted. The VM is held no longer than
 * the budget of the hand-over, whatever the cluster does: then it goes on, and the firewalls follow.
 */
public final class MoveDriver {
    private static final Duration ONE_WAIT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final Moves moves;
    private final Budgets budgets;
    private final Consumer<String> progress;

    /**
     * Longest waits for the cluster.
     *
     * @param prepare before anything is copied
     * @param handOver while the VM stands still
     * @param settle after it goes on
     */
    public record Budgets(Duration prepare, Duration handOver, Duration settle) {}

    /** @param progress gets a line for each step */
    public MoveDriver(Moves moves, Budgets budgets, Consumer<String> progress) {
        this.moves = moves;
        this.budgets = budgets;
        this.progress = progress;
    }

    /**
     * Moves the VM to {@code to}. Returns what the cluster said last.
     *
     * @throws MoverException if the VM was not moved, and why; it runs at its source then, as far as that is known
     * @throws ApiException if the cluster refuses to prepare it: then nothing was begun
     */
    public MoveView move(String tenant, String vm, String to, VmMover mover) throws MoverException {
        MoveView prepared = until(budgets.prepare(), wait -> moves.prepare(tenant, vm, to, wait));
        say("prepare", prepared);
        try {
            mover.copyAndStop();
        } catch (MoverException failed) {
            return cameBack(tenant, vm, mover, failed);
        }
        progress.accept("the VM stands still");
        say("stopped", quietly(() -> until(budgets.handOver(), wait -> moves.stopped(tenant, vm, wait))));
        try {
            mover.goOn();
        } catch (MoverException failed) {
            return cameBack(tenant, vm, mover, failed);
        }
        progress.accept("the VM goes on at " + to);
        MoveView resumed = until(budgets.settle(), wait -> moves.resumed(tenant, vm, to, wait));
        say("resumed", resumed);
        return resumed;
    }

    private MoveView cameBack(String tenant, String vm, VmMover mover, MoverException why) throws MoverException {
        progress.accept("not moved: " + why.getMessage());
        try {
            mover.comeBack();
        } catch (MoverException lost) {
            why.addSuppressed(lost);
            throw why;
        }
        progress.accept("the VM goes on where it was");
        say("aborted", quietly(() -> until(budgets.settle(), wait -> moves.aborted(tenant, vm, wait))));
        throw why;
    }

    private static MoveView until(Duration budget, Function<Duration, MoveView> call) {
        long deadline = System.nanoTime() + budget.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            MoveView view = call.apply(left.compareTo(ONE_WAIT) < 0 ? left : ONE_WAIT);
            if (!view.status().equals(MoveView.PENDING) || System.nanoTime() - deadline >= 0) {
                return view;
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return view;
            }
        }
    }

    /** The VM does not wait for a cluster that refuses or is away: what it says next makes up for it. */
    private @Nullable MoveView quietly(Supplier<MoveView> call) {
        try {
            return call.get();
        } catch (ApiException | NotReachableException problem) {
            progress.accept("warning: " + problem.getMessage());
            return null;
        }
    }

    private void say(String what, @Nullable MoveView view) {
        if (view != null) {
            progress.accept(
                    what + ": " + view.status() + (view.warning() == null ? "" : "; warning: " + view.warning()));
        }
    }
}
