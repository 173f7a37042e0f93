package io.portcullis.datapath.runtime;

import io.portcullis.datapath.port.FramePort;
import io.portcullis.datapath.port.Poller;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Waits until one of its queues has a frame. */
final class TestPoller implements Poller {
    private final List<TestQueue> ports = new ArrayList<>();
    private final Semaphore wakeUps = new Semaphore(0);

    @Override
    public void add(FramePort port) {
        TestQueue queue = (TestQueue) port;
        queue.setReader(this);
        ports.add(queue);
    }

    @Override
    public void remove(FramePort port) {
        ports.remove((TestQueue) port);
    }

    @Override
    public void setInterest(FramePort port, boolean interested) {
        TestQueue queue = (TestQueue) port;
        if (interested && !ports.contains(queue)) {
            ports.add(queue);
        } else if (!interested) {
            ports.remove(queue);
        }
    }

    @Override
    public void await(long timeoutNanos, Consumer<? super FramePort> ready) {
        if (tell(ready)) {
            wakeUps.drainPermits();
            return;
        }
        try {
            if (wakeUps.tryAcquire(timeoutNanos, TimeUnit.NANOSECONDS)) {
                wakeUps.drainPermits();
                boolean _ = tell(ready);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean tell(Consumer<? super FramePort> ready) {
        boolean any = false;
        for (TestQueue port : ports) {
            if (!port.waiting.isEmpty()) {
                ready.accept(port);
                any = true;
            }
        }
        return any;
    }

    @Override
    public void wakeUp() {
        wakeUps.release();
    }

    @Override
    public void close() {}
}
