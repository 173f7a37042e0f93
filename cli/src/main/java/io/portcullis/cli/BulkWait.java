package io.portcullis.cli;

import io.portcullis.api.OperationView;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** Follows an operation. */
final class BulkWait {
    private static final Duration POLL_INTERVAL = Duration.ofMillis(200);

    private BulkWait() {}

    /** Waits until nothing more happens by itself, with a line whenever VMs have moved. */
    static OperationView await(Session session, String id, Duration timeout) throws TimeoutException {
        long deadline = System.nanoTime() + timeout.toNanos();
        int shown = -1;
        while (true) {
            OperationView view = session.client().operations().get(id);
            if (view.moved() != shown) {
                shown = view.moved();
                session.say("  " + Sentences.operation(view));
            }
            if (view.settled()) {
                return view;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new TimeoutException("not done yet: " + Sentences.operation(view));
            }
            Evacuations.pause(POLL_INTERVAL);
        }
    }
}
