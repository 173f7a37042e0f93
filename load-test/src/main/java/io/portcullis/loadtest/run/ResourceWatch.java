package io.portcullis.loadtest.run;

import io.portcullis.loadtest.lab.LocalCluster;
import io.portcullis.loadtest.lab.NodeProcess;
import io.portcullis.loadtest.lab.ProcessMemory;
import io.portcullis.loadtest.report.ResourceSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Looks at what the processes of hosts need, on a thread of its own until {@link #close}. Each look stops a host for as long as a full collection takes. */
final class ResourceWatch implements AutoCloseable {
    private final LocalCluster cluster;
    private final List<String> hosts;
    private final long startNanos;
    private final List<ResourceSample> samples = new ArrayList<>();
    private final Thread thread;

    /**
     * Begins.
     *
     * @param everyMillis between two looks; 0 for none at all
     * @param startNanos of the timeline
     */
    ResourceWatch(LocalCluster cluster, List<String> hosts, int everyMillis, long startNanos) {
        this.cluster = cluster;
        this.hosts = hosts;
        this.startNanos = startNanos;
        this.thread = Thread.ofPlatform().name("resource-watch").unstarted(() -> look(everyMillis));
        if (everyMillis > 0) {
            thread.start();
        }
    }

    synchronized List<ResourceSample> samples() {
        return List.copyOf(samples);
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(int everyMillis) {
        try {
            while (true) {
                long disk = diskBytes();
                for (String host : hosts) {
                    look(host, disk);
                }
                TimeUnit.MILLISECONDS.sleep(everyMillis);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(String host, long disk) throws InterruptedException {
        NodeProcess node = cluster.node(host);
        if (!node.isAlive()) {
            return;
        }
        try {
            long pid = node.pid();
            ProcessMemory memory = ProcessMemory.of(pid);
            ResourceSample sample = new ResourceSample(
                    (System.nanoTime() - startNanos) / 1e6,
                    host,
                    pid,
                    memory.heapBytes(),
                    memory.residentBytes(),
                    memory.descriptors(),
                    memory.threads(),
                    disk);
            synchronized (this) {
                samples.add(sample);
            }
        } catch (IOException endedMeanwhile) {
            // A host that is being killed or has just been started says nothing; the next look is soon enough.
        }
    }

    private long diskBytes() {
        try (Stream<Path> files = Files.walk(cluster.folder())) {
            return files.filter(file -> !file.toString().endsWith(".log"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException vanishedMeanwhile) {
            return samples().isEmpty() ? 0 : samples().getLast().diskBytes();
        }
    }
}
