package io.portcullis.loadtest.traffic;

import io.portcullis.loadtest.vm.VmSockets;
import io.portcullis.loadtest.vm.VmSockets.PingResult;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;

/** Echo requests, round after round until it is stopped. */
public final class PingSeries implements Traffic {
    private static final int REQUESTS_PER_ROUND = 20;
    private static final Duration INTERVAL = Duration.ofMillis(50);

    private final VmSockets vm;
    private final InetAddress remote;
    private final Thread thread;
    private volatile boolean stopping;
    private TrafficResult result = TrafficResult.NONE;

    private PingSeries(VmSockets vm, InetAddress remote) {
        this.vm = vm;
        this.remote = remote;
        thread = Thread.ofPlatform().daemon().name("ping").start(this::run);
    }

    public static PingSeries start(VmSockets vm, InetAddress remote) {
        return new PingSeries(vm, remote);
    }

    @Override
    public TrafficResult stop() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return result;
    }

    private void run() {
        while (!stopping) {
            try {
                PingResult round = vm.ping(remote, REQUESTS_PER_ROUND, INTERVAL);
                result = result.plus(new TrafficResult(
                        round.sent(),
                        round.received(),
                        round.sent() - round.received(),
                        round.duplicated(),
                        round.reordered(),
                        0,
                        0));
            } catch (IOException | InterruptedException e) {
                result = result.plus(new TrafficResult(0, 0, 0, 0, 0, 1, 0));
                return;
            }
        }
    }
}
