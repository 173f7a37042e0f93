package io.portcullis.loadtest.run;

import io.portcullis.api.ApiException;
import io.portcullis.api.MigrationView;
import io.portcullis.api.NotReachableException;
import io.portcullis.api.PortcullisClient;
import io.portcullis.api.ReceiptView;
import io.portcullis.loadtest.flow.VmEnd;
import io.portcullis.loadtest.report.MoveRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;

/** Moves VMs and notes what came of it. Thread-safe; each VM is moved by one thread at a time. */
final class Moves {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    /** Migrations of one VM that others may have asked for since the last look. */
    private static final int LOOK_BACK = 20;
    /** So exact are times of the API. */
    private static final long CLOCK_NANOS = 20_000_000L;

    private final PortcullisClient client;
    private final Inventory inventory;
    private final Placements placements;
    private final long startNanos;
    private final List<MoveRecord> records = new ArrayList<>();
    /** Migrations that are noted, or will be. */
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /**
     * @param startNanos of the timeline
     */
    Moves(PortcullisClient client, Inventory inventory, Placements placements, long startNanos) {
        this.client = client;
        this.inventory = inventory;
        this.placements = placements;
        this.startNanos = startNanos;
    }

    synchronized List<MoveRecord> records() {
        return List.copyOf(records);
    }

    private synchronized void add(MoveRecord move) {
        records.add(move);
    }

    /**
     * Moves a VM and waits for the end. Where the request before it was not answered, what became of that is found out first, and the VM moves only if it is not there already.
     */
    void move(String vm, String to) {
        if (placements.isUnsure(vm) && !isSure(vm)) {
            return;
        }
        String from = placements.host(vm);
        if (from.equals(to)) {
            return;
        }
        forget(vm);
        long began = System.nanoTime();
        placements.begins(vm, to);
        try {
            MigrationView begun = client.migrate(inventory.path(vm), to);
            boolean isOurs = known.add(begun.id());
            MigrationView ended = awaitEnd(begun.id(), isOurs);
            ReceiptView receipt = ended.receipt();
            if (receipt != null && receipt.epochBefore() != placements.epoch(vm)) {
                catchUp(vm);
            }
            if (isOurs) {
                ended(vm, ended, began, System.nanoTime());
            }
        } catch (ApiException | NotReachableException | TimeoutException failed) {
            placements.unsure(vm);
            long now = System.nanoTime();
            add(MoveRecord.failed(
                    vm,
                    from,
                    to,
                    "REFUSED",
                    String.valueOf(failed.getMessage()),
                    (began - startNanos) / 1e6,
                    (now - began) / 1e6,
                    seen(vm)));
        }
    }

    /** If the end cannot be found out now, somebody else may do it later. */
    private MigrationView awaitEnd(String id, boolean isOurs) throws TimeoutException {
        try {
            return client.awaitMigration(id, LIMIT);
        } catch (ApiException | NotReachableException | TimeoutException notYet) {
            if (isOurs) {
                known.remove(id);
            }
            throw notYet;
        }
    }

    /** Finds out what became of the VM's migrations; whether that could be found out. */
    boolean isSure(String vm) {
        try {
            catchUp(vm);
            return true;
        } catch (ApiException | NotReachableException | TimeoutException notYet) {
            return false;
        }
    }

    /** What the ends see from now on is another move's. */
    void forget(String vm) {
        seen(vm);
    }

    /** Awaits the end of the VM's migrations that somebody else asked for, or whose answer was late, and notes them. */
    void catchUp(String vm) throws TimeoutException {
        List<MigrationView> unknown = client.migrations(inventory.path(vm), LOOK_BACK).reversed().stream()
                .filter(view -> !known.contains(view.id()))
                .toList();
        for (MigrationView view : unknown) {
            MigrationView last = client.awaitMigration(view.id(), LIMIT);
            if (known.add(view.id())) {
                long began = nanos(view.started());
                String end = last.ended();
                ended(vm, last, began, end == null ? System.nanoTime() : nanos(end) + 2 * CLOCK_NANOS);
            }
        }
    }

    /** Not later than that by our clock. */
    private static long nanos(String instant) {
        return System.nanoTime()
                - Duration.between(Instant.parse(instant), Instant.now()).toNanos()
                - CLOCK_NANOS;
    }

    private void ended(String vm, MigrationView ended, long beganNanos, long endedNanos) {
        ReceiptView receipt = ended.receipt();
        if (receipt != null && ended.state().equals("COMMITTED")) {
            placements.moved(vm, ended.to(), receipt.epochAfter(), beganNanos, endedNanos);
        } else if (receipt != null && receipt.epochAfter() > receipt.epochBefore() + 1) {
            placements.reclaimed(vm, ended.to(), receipt.epochAfter(), beganNanos, endedNanos);
        } else {
            placements.stayed(vm);
        }
        add(MoveRecord.of(ended, (beganNanos - startNanos) / 1e6, (endedNanos - beganNanos) / 1e6, seen(vm)));
    }

    private MoveRecord.Seen seen(String vm) {
        VmEnd end = inventory.end(vm);
        long twinGap = inventory.twin(vm).map(VmEnd::takeLongestGapNanos).orElse(0L);
        long twinDelay = inventory.twin(vm).map(VmEnd::takeLongestDelayNanos).orElse(0L);
        return new MoveRecord.Seen(end.takeLongestGapNanos(), end.takeLongestDelayNanos(), twinGap, twinDelay);
    }
}
