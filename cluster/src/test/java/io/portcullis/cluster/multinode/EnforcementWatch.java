package io.portcullis.cluster.multinode;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.migration.model.EnforcementHistory;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VnicId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks at vNICs in one host's data path all the time and notes when they were seen enforcing. What was seen lies within what was true, so
 * that spans of two hosts that overlap prove that both enforced at once. Times are of the machine's monotonic clock, which all JVMs on
 * it share. Notes are in a file from the moment on at which something was seen: they outlive a kill.
 */
final class EnforcementWatch {
    private static final long INTERVAL_MILLIS = 2;

    private final List<VnicId> vnics;
    private final DataPath dataPath;
    private final EnforcementNotes notes;
    private final Map<VnicId, EnforcementNotes.Note> open = new HashMap<>();
    private final Thread thread;
    private volatile boolean stopping;

    /** An uninterrupted time in which a host was seen enforcing one epoch. */
    record Span(HostId host, VnicId vnic, long epoch, long fromNanos, long toNanos) {}

    private EnforcementWatch(List<VnicId> vnics, DataPath dataPath, EnforcementNotes notes) {
        this.vnics = List.copyOf(vnics);
        this.dataPath = dataPath;
        this.notes = notes;
        thread = Thread.ofPlatform().daemon().name("enforcement-watch").start(this::run);
    }

    /** @param file for the notes; it must not be there yet */
    static EnforcementWatch start(HostId host, List<VnicId> vnics, DataPath dataPath, Path file) throws IOException {
        return new EnforcementWatch(vnics, dataPath, EnforcementNotes.create(file, host));
    }

    void stop() throws InterruptedException {
        stopping = true;
        thread.join();
    }

    /** Where a host leaves its notes for {@link #readAll} when its watch has stopped. */
    static Path notes(Path directory, String host) {
        return directory.resolve(host + ".enforcing");
    }

    /** What was noted, in order of time. */
    static List<Span> readAll(Collection<Path> files) throws IOException {
        List<Span> all = new ArrayList<>();
        for (Path file : files) {
            if (Files.size(file) > 0) {
                all.addAll(EnforcementNotes.read(file));
            }
        }
        all.sort((one, other) -> Long.compare(one.fromNanos(), other.fromNanos()));
        return all;
    }

    /** What was seen, told to the checker that simulations have, too: at one moment what begins before what ends. */
    static EnforcementHistory history(VnicId vnic, List<Span> spans) {
        record Moment(long nanos, boolean ends, Span span) {}
        EnforcementHistory history = new EnforcementHistory();
        spans.stream()
                .filter(span -> span.fromNanos() <= span.toNanos()) // else seen once, and nobody knows for how long
                .flatMap(span ->
                        Stream.of(new Moment(span.fromNanos(), false, span), new Moment(span.toNanos(), true, span)))
                .sorted(Comparator.comparingLong(Moment::nanos).thenComparing(Moment::ends))
                .forEach(moment -> {
                    if (moment.ends()) {
                        history.stops(vnic, moment.span().host());
                    } else {
                        history.enforces(
                                vnic, moment.span().host(), moment.span().epoch());
                    }
                });
        return history;
    }

    private void run() {
        while (!stopping) {
            vnics.forEach(this::look);
            pause();
        }
    }

    private void look(VnicId vnic) {
        long askedNanos = System.nanoTime();
        VnicStatus status = status(vnic);
        if (status == null || status.mode() != VnicMode.ENFORCING) {
            open.remove(vnic);
            return;
        }
        // The answer is of some moment between the question and now: from the first answer to the last question is
        // sure.
        EnforcementNotes.Note note = open.get(vnic);
        if (note == null || note.epoch() != status.epoch()) {
            open.put(vnic, notes.begin(vnic, status.epoch(), System.nanoTime()));
        } else {
            note.seen(askedNanos);
        }
    }

    private @Nullable VnicStatus status(VnicId vnic) {
        try {
            return dataPath.status(vnic).toCompletableFuture().join();
        } catch (CompletionException notHere) {
            return null;
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
