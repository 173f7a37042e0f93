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
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a vNIC in one host's data path all the time and notes when it was seen enforcing. What was seen lies within what
 * was true, so that spans of two hosts that overlap prove that both enforced at once. Times are of the machine's monotonic
 * clock, which all JVMs on it share.
 */
final class EnforcementWatch {
    private static final long INTERVAL_MILLIS = 2;

    private final HostId host;
    private final VnicId vnic;
    private final DataPath dataPath;
    private final List<Span> spans = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopping;

    /** An uninterrupted time in which a host was seen enforcing one epoch. */
    record Span(HostId host, long epoch, long fromNanos, long toNanos) {
        private String line() {
            return host + " " + epoch + " " + fromNanos + " " + toNanos;
        }

        private static Span parse(String line) {
            String[] words = line.split(" ", -1);
            return new Span(
                    new HostId(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
        }
    }

    private EnforcementWatch(HostId host, VnicId vnic, DataPath dataPath) {
        this.host = host;
        this.vnic = vnic;
        this.dataPath = dataPath;
        thread = Thread.ofPlatform().daemon().name("enforcement-watch").start(this::run);
    }

    static EnforcementWatch start(HostId host, VnicId vnic, DataPath dataPath) {
        return new EnforcementWatch(host, vnic, dataPath);
    }

    /** Ends the watch and leaves its notes for {@link #readAll}. */
    void stop(Path directory) throws IOException, InterruptedException {
        stopping = true;
        thread.join();
        Path draft = Files.write(
                directory.resolve(host + ".draft"),
                spans.stream().map(Span::line).toList());
        Files.move(draft, notes(directory, host.value()));
    }

    static Path notes(Path directory, String host) {
        return directory.resolve(host + ".enforcing");
    }

    /** What the hosts noted, in order of time. */
    static List<Span> readAll(Collection<Path> notes) throws IOException {
        List<Span> all = new ArrayList<>();
        for (Path file : notes) {
            Files.readAllLines(file).forEach(line -> all.add(Span.parse(line)));
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
        Span current = null;
        while (!stopping) {
            long askedNanos = System.nanoTime();
            VnicStatus status = status();
            boolean enforces = status != null && status.mode() == VnicMode.ENFORCING;
            if (!enforces) {
                note(current);
                current = null;
            } else {
                // The answer is of some moment between the question and now: from the first answer to the last question
                // is sure.
                long seenNanos = System.nanoTime();
                if (current == null || current.epoch() != status.epoch()) {
                    note(current);
                    current = new Span(host, status.epoch(), seenNanos, askedNanos);
                } else {
                    current = new Span(host, current.epoch(), current.fromNanos(), askedNanos);
                }
            }
            pause();
        }
        note(current);
    }

    private @Nullable VnicStatus status() {
        try {
            return dataPath.status(vnic).toCompletableFuture().join();
        } catch (CompletionException notHere) {
            return null;
        }
    }

    private void note(@Nullable Span span) {
        if (span != null) {
            spans.add(span);
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
