package io.portcullis.loadtest.traffic;

import io.portcullis.loadtest.vm.VmSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Tries a connection that policy forbids, again and again; every attempt must fail. */
public final class ForbiddenProbe {
    private static final Duration ATTEMPT_LIMIT = Duration.ofMillis(200);

    private final VmSockets vm;
    private final InetSocketAddress remote;
    private final Thread thread;
    private volatile boolean stopping;
    private int attempts;
    private int admitted;

    private ForbiddenProbe(VmSockets vm, InetSocketAddress remote) {
        this.vm = vm;
        this.remote = remote;
        thread = Thread.ofPlatform().daemon().name("forbidden-probe").start(this::run);
    }

    /** There must be a listener at {@code remote}, or the probe proves nothing. */
    public static ForbiddenProbe start(VmSockets vm, InetSocketAddress remote) {
        return new ForbiddenProbe(vm, remote);
    }

    public Result stop() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new Result(attempts, admitted);
    }

    private void run() {
        while (!stopping) {
            attempts++;
            try {
                vm.connect(remote, ATTEMPT_LIMIT).close();
                admitted++;
            } catch (IOException e) {
                // refused or unanswered, as it must be
            }
        }
    }

    /** How many attempts were made and how many got through. */
    public record Result(int attempts, int admitted) {}
}
