package io.portcullis.cluster.multinode;

import io.portcullis.policy.VmId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Gates at which migrations wait in this process, so that what is to happen meanwhile happens at a known moment. All are open but those that
 * a test has closed. Thread-safe.
 */
final class MigrationGates {
    /** Of this JVM: some of who asks is made by name. */
    static final MigrationGates HERE = new MigrationGates();

    private final Map<Key, Gate> closed = new ConcurrentHashMap<>();

    private record Key(HoldPoint point, VmId vm) {}

    /** A gate for one VM. */
    static final class Gate {
        private final CompletableFuture<Void> reached = new CompletableFuture<>();
        private final CompletableFuture<Void> opened = new CompletableFuture<>();

        private Gate() {}

        void awaitReached(Duration limit) throws Exception {
            reached.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        }

        void open() {
            opened.complete(null);
        }
    }

    private MigrationGates() {}

    Gate close(HoldPoint point, VmId vm) {
        Gate gate = new Gate();
        closed.put(new Key(point, vm), gate);
        return gate;
    }

    /** As {@link #close}; {@code reached} is told once when something waits there. */
    void close(HoldPoint point, VmId vm, Consumer<HoldPoint> reached) {
        close(point, vm).reached.thenRun(() -> reached.accept(point));
    }

    void openAll() {
        closed.values().forEach(Gate::open);
        closed.clear();
    }

    boolean isClosed(HoldPoint point, VmId vm) {
        Gate gate = closed.get(new Key(point, vm));
        return gate != null && !gate.opened.isDone();
    }

    /** Completes at once if the gate is open, else when it is opened. */
    CompletionStage<Void> pass(HoldPoint point, VmId vm) {
        Gate gate = closed.get(new Key(point, vm));
        if (gate == null) {
            return CompletableFuture.completedStage(null);
        }
        gate.reached.complete(null);
        return gate.opened;
    }
}
