package io.portcullis.vnic;

import io.portcullis.datapath.runtime.CopiedPiece;
import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.persistence.CheckpointFile;
import io.portcullis.persistence.CheckpointHead;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.CheckpointedVnic.Copy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the checkpoints of a host's vNICs up to date: first the whole table, then rounds of what has changed, and the whole again when the rounds have
 * become as long as it. Rounds go one vNIC after the other, and only where something happened since; large tables are written whole beside them,
 * one after the other, and meanwhile the file that there is goes on. The caller sees to it that rounds do not overlap.
 */
final class CheckpointWriter {
    /** vNICs of one round; the rest waits for the next, whose order begins with those written longest ago. */
    private static final int MAX_TABLES_PER_ROUND = 512;
    /** Tables of at most so many connections are written whole within a round. */
    static final int MAX_CONNECTIONS_AT_ONCE = 16_384;
    /** What rounds may add before the whole is written again, however little that is. */
    static final long MIN_ADDED_BYTES = 1 << 20;
    /** A large table is ready when so many rounds at most have followed its first one. */
    private static final int MAX_ROUNDS_TO_CATCH_UP = 4;
    /** vNICs without connections that are written at once. */
    private static final int LANES = 4;
    /** Tries at a stop to have everything on disk. */
    private static final int LAST_ROUNDS = 3;

    /** Numbers of copies: the data path outlives this writer, and may have copies of the one before. */
    private static final AtomicLong COPIES = new AtomicLong();

    /** What the data path does not say of a vNIC. */
    record Known(VnicSpec spec, RuleTable rules) {}

    /** What a round of a copy came to. */
    private record Collected(int entries, int pieces) {}

    private final DataPath dataPath;
    private final Checkpoints checkpoints;
    private final Executor blocking;
    private final Clock clock;
    private final int maxConnections;
    private final CheckpointRate rate;
    private final Map<VnicId, CheckpointedVnic> vnics = new ConcurrentHashMap<>();
    /** Of which something is not written yet, as they were when something last happened to them. */
    private final Map<VnicId, VnicStatus> waiting = new ConcurrentHashMap<>();
    /** What vNICs of this round have in common. */
    private final Map<CheckpointedVnic.Written, CheckpointedVnic.Written> same = new ConcurrentHashMap<>();
    /** The end of the wholes that are written beside rounds. */
    private CompletionStage<?> wholes = CompletableFuture.completedFuture(null);

    private long round;

    CheckpointWriter(
            DataPath dataPath,
            Checkpoints checkpoints,
            Executor blocking,
            Clock clock,
            int maxConnections,
            CheckpointRate rate) {
        this.dataPath = dataPath;
        this.checkpoints = checkpoints;
        this.blocking = blocking;
        this.clock = clock;
        this.maxConnections = maxConnections;
        this.rate = rate;
    }

    /**
     * Takes over that something has happened to these; between two rounds.
     *
     * @return the vNICs of which something is to be written, now or when a large table that is being written is ready
     */
    Set<VnicId> note(List<VnicStatus> changed) {
        changed.forEach(status -> waiting.put(status.vnic(), status));
        waiting.values().removeIf(status -> !isToWrite(status));
        return Set.copyOf(waiting.keySet());
    }

    private boolean isToWrite(VnicStatus status) {
        return status.mode() == VnicMode.ENFORCING
                && (of(status.vnic()).isDue(status) || of(status.vnic()).isRenewed());
    }

    /** As {@link #note} and {@link #write(Map, boolean)}. */
    CompletionStage<HostReply.Checkpointed> write(List<VnicStatus> changed, Map<VnicId, Known> known, boolean all) {
        note(changed);
        return write(known, all);
    }

    /**
     * One round: writes what was {@linkplain #note noted}.
     *
     * @param known by vNIC; one that is missing, or whose rules have changed since, keeps the checkpoint that it has
     * @param all whether to write all that changed, however much, and at once; else the bounds hold
     */
    CompletionStage<HostReply.Checkpointed> write(Map<VnicId, Known> known, boolean all) {
        return CompletableFuture.supplyAsync(() -> begin(known, all), blocking).thenCompose(Function.identity());
    }

    private CompletionStage<HostReply.Checkpointed> begin(Map<VnicId, Known> known, boolean all) {
        long thisRound = ++round;
        same.clear();
        List<VnicStatus> due = waiting.values().stream()
                .filter(status -> isDue(status, known.get(status.vnic())))
                .sorted(Comparator.comparingLong(status -> of(status.vnic()).round()))
                .limit(all ? Long.MAX_VALUE : MAX_TABLES_PER_ROUND)
                .toList();
        List<String> failures = Collections.synchronizedList(new ArrayList<>());
        if (!all) {
            return writeEach(due, known, thisRound, failures)
                    .thenApply(left -> new HostReply.Checkpointed(due.size() - left.size(), failures));
        }
        rate.hurry(true);
        return writeAll(due, known, thisRound, failures, LAST_ROUNDS)
                .thenApply(left -> new HostReply.Checkpointed(due.size() - left, failures))
                .whenComplete((_, _) -> rate.hurry(false));
    }

    /** Answers how many are left. */
    private CompletionStage<Integer> writeAll(
            List<VnicStatus> due, Map<VnicId, Known> known, long thisRound, List<String> failures, int tries) {
        return writeEach(due, known, thisRound, failures)
                .thenCompose(left -> left.isEmpty() || tries == 1
                        ? CompletableFuture.completedFuture(left.size())
                        : wholes.thenCompose(_ -> writeAll(left, known, thisRound, failures, tries - 1)));
    }

    /**
     * Answers those that are not written. Those without connections several at once, as what a disk takes its time for is to say that one is there, and that it
     * says of several as fast.
     */
    private CompletionStage<List<VnicStatus>> writeEach(
            List<VnicStatus> due, Map<VnicId, Known> known, long thisRound, List<String> failures) {
        List<VnicStatus> left = Collections.synchronizedList(new ArrayList<>());
        List<VnicStatus> empty = new ArrayList<>();
        List<VnicStatus> others = new ArrayList<>();
        due.forEach(status -> (isEmpty(of(status.vnic()), status) ? empty : others).add(status));
        List<CompletableFuture<?>> lanes = new ArrayList<>();
        for (int lane = 0; lane < Math.min(LANES, empty.size()); lane++) {
            int share = lane;
            List<VnicStatus> its = IntStream.range(0, empty.size())
                    .filter(i -> i % LANES == share)
                    .mapToObj(empty::get)
                    .toList();
            lanes.add(writeInTurn(its, known, thisRound, failures, left));
        }
        lanes.add(writeInTurn(others, known, thisRound, failures, left));
        return CompletableFuture.allOf(lanes.toArray(CompletableFuture[]::new)).thenApply(_ -> left);
    }

    private CompletableFuture<?> writeInTurn(
            List<VnicStatus> due,
            Map<VnicId, Known> known,
            long thisRound,
            List<String> failures,
            List<VnicStatus> left) {
        CompletableFuture<?> done = CompletableFuture.completedFuture(null);
        for (VnicStatus status : due) {
            done = done.thenCompose(_ -> write(status, Objects.requireNonNull(known.get(status.vnic())), thisRound))
                    .handle((isWritten, failure) -> {
                        if (failure != null && !DataPathFailures.hasMoved(failure)) {
                            failures.add(status.vnic() + ": " + failure.getMessage());
                        }
                        if (failure != null || !isWritten) {
                            left.add(status);
                        } else if (!of(status.vnic()).isRenewed()) {
                            waiting.remove(status.vnic(), status);
                        }
                        return null;
                    });
        }
        return done;
    }

    /** Whether the whole of it is as little as a round. */
    private static boolean isEmpty(CheckpointedVnic vnic, VnicStatus status) {
        return vnic.current() == null && status.connections() == 0 && !vnic.isRenewed();
    }

    /** Notes that a round was left out, as the one before is still under way: what a killed host would lose is older than it should be. */
    void late() {
        checkpoints.count("checkpoint.rounds-left-out", 1);
    }

    // ---- one vNIC

    /** Answers whether all is on disk now. */
    private CompletionStage<Boolean> write(VnicStatus status, Known known, long thisRound) {
        CheckpointHead head = new CheckpointHead(
                known.spec().attachment(status.epoch(), maxConnections), status.policyRevision(), known.rules());
        CheckpointedVnic vnic = of(status.vnic());
        vnic.settle(head);
        Copy current = vnic.current();
        if (isEmpty(vnic, status)) {
            return CompletableFuture.runAsync(() -> writeEmpty(head), blocking)
                    .thenApply(_ -> wrote(vnic, status, thisRound));
        }
        if (current != null) {
            return addRound(current, head)
                    .thenCompose(_ -> isLong(current) && !vnic.isRenewed()
                            ? writeWhole(vnic, status, head)
                            : CompletableFuture.completedFuture(true))
                    .thenApply(_ -> wrote(vnic, status, thisRound));
        }
        if (vnic.isRenewed()) {
            return CompletableFuture.completedFuture(false);
        }
        return writeWhole(vnic, status, head).thenApply(isWritten -> isWritten && wrote(vnic, status, thisRound));
    }

    /**
     * Of a vNIC without connections the whole is as little as a round, so no copy of its table is kept for those that follow: most of many
     * vNICs are so, and a copy has its price. What connections come meanwhile are news of the data path, and the next round's.
     */
    private void writeEmpty(CheckpointHead head) {
        try {
            CheckpointFile file = checkpoints.begin(head.vnic(), head.epoch());
            try {
                rate.wrote(file.commit(head, clock.instant(), 0));
            } finally {
                file.abandon();
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private boolean wrote(CheckpointedVnic vnic, VnicStatus status, long thisRound) {
        CheckpointedVnic.Written now = CheckpointedVnic.Written.of(status, thisRound);
        vnic.wrote(now.connections() > 0 ? now : same.computeIfAbsent(now, Function.identity()));
        return true;
    }

    private static boolean isLong(Copy copy) {
        return copy.file.addedBytes() > Math.max(MIN_ADDED_BYTES, copy.file.wholeBytes());
    }

    private CompletionStage<?> addRound(Copy copy, CheckpointHead head) {
        return collect(copy, false, rate::urgentWaitNanos)
                .thenCompose(collected -> commit(copy, head, collected.entries()))
                .whenComplete((_, failure) -> failIfAny(copy, failure));
    }

    /** Answers whether it is in force; a large one will be, once it is ready. */
    private CompletionStage<Boolean> writeWhole(CheckpointedVnic vnic, VnicStatus status, CheckpointHead head) {
        return CompletableFuture.supplyAsync(() -> begin(head), blocking).thenCompose(copy -> {
            if (status.connections() <= MAX_CONNECTIONS_AT_ONCE) {
                return collect(copy, true, rate::urgentWaitNanos)
                        .thenCompose(collected -> commit(copy, head, collected.entries()))
                        .thenApply(_ -> {
                            vnic.setCurrent(copy);
                            return true;
                        })
                        .whenComplete((_, failure) -> failIfAny(copy, failure));
            }
            vnic.setNext(copy);
            wholes = wholes.thenCompose(_ -> catchUp(copy, MAX_ROUNDS_TO_CATCH_UP))
                    .handle((_, failure) -> {
                        failIfAny(copy, failure);
                        return null;
                    });
            return CompletableFuture.completedFuture(false);
        });
    }

    /** The first round, and more of them until little has changed during the last one. */
    private CompletionStage<?> catchUp(Copy copy, int roundsLeft) {
        return collect(copy, roundsLeft == MAX_ROUNDS_TO_CATCH_UP, rate::waitNanos)
                .thenCompose(collected -> {
                    if (collected.pieces() > 1 && roundsLeft > 0) {
                        return catchUp(copy, roundsLeft - 1);
                    }
                    copy.ready();
                    return CompletableFuture.completedFuture(null);
                });
    }

    private static void failIfAny(Copy copy, @Nullable Throwable failure) {
        if (failure != null) {
            copy.fail();
        }
    }

    // ---- a copy

    private Copy begin(CheckpointHead head) {
        try {
            return new Copy(checkpoints.begin(head.vnic(), head.epoch()), COPIES.incrementAndGet(), head);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /**
     * Adds a round to the copy's file, piece by piece.
     *
     * @param waitNanos how long to wait after a piece, so that the rate is kept
     */
    private CompletionStage<Collected> collect(Copy copy, boolean isFirst, LongSupplier waitNanos) {
        Instant taken = clock.instant();
        return offLoop(dataPath.copyNext(copy.file.vnic(), copy.number, isFirst))
                .thenApply(piece -> add(copy, taken, piece))
                .thenCompose(piece -> {
                    if (piece.endsRound()) {
                        return CompletableFuture.completedFuture(new Collected(piece.entries(), 1));
                    }
                    return later(waitNanos.getAsLong())
                            .thenCompose(_ -> collect(copy, false, waitNanos))
                            .thenApply(rest -> new Collected(rest.entries(), 1 + rest.pieces()));
                });
    }

    /** Whatever follows may wait for the disk, and the data path answers, or refuses, on the thread of its loop. */
    private <T> CompletionStage<T> offLoop(CompletionStage<T> answer) {
        return answer.whenCompleteAsync((_, _) -> {}, blocking);
    }

    private CompletionStage<?> later(long nanos) {
        return nanos == 0
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.runAsync(
                        () -> {}, CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS, blocking));
    }

    private CopiedPiece add(Copy copy, Instant taken, CopiedPiece piece) {
        if (!piece.chunks().isEmpty()) {
            try {
                rate.wrote(copy.file.add(new SavedTable.Part(taken, piece.chunks())));
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
        return piece;
    }

    /** From now on a restart finds it, and no other copy is needed. */
    private CompletionStage<?> commit(Copy copy, CheckpointHead head, int entries) {
        boolean takesPlace = copy.file.wholeBytes() == 0;
        try {
            rate.wrote(copy.file.commit(head, clock.instant(), entries));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return takesPlace
                ? offLoop(dataPath.keepCopy(copy.file.vnic(), copy.number))
                : CompletableFuture.completedFuture(null);
    }

    // ---- all vNICs

    private CheckpointedVnic of(VnicId vnic) {
        return vnics.computeIfAbsent(vnic, _ -> new CheckpointedVnic());
    }

    private boolean isDue(VnicStatus status, @Nullable Known known) {
        return status.mode() == VnicMode.ENFORCING
                && known != null
                && known.rules().hash().equals(status.rulesHash())
                && of(status.vnic()).isDue(status);
    }

    /**
     * Removes what is there of vNICs that have left under this epoch. Fails if a checkpoint may still be there.
     *
     * @param isNoted whether a note stays: see {@link Checkpoints#leave}
     */
    CompletionStage<Void> forget(List<VnicId> gone, long epoch, boolean isNoted) {
        gone.forEach(vnics::remove);
        gone.forEach(waiting::remove);
        return CompletableFuture.runAsync(
                () -> {
                    for (VnicId vnic : gone) {
                        try {
                            if (isNoted) {
                                checkpoints.leave(vnic, epoch);
                            } else {
                                checkpoints.forget(vnic, epoch);
                            }
                        } catch (IOException failed) {
                            throw new UncheckedIOException(failed);
                        }
                    }
                },
                blocking);
    }
}
