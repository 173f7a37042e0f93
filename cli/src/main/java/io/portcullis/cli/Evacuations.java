package io.portcullis.cli;

import io.portcullis.api.ApiException;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.NotReachableException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Follows the evacuation of a host. */
final class Evacuations {
    private static final Duration POLL_INTERVAL = Duration.ofMillis(200);

    private Evacuations() {}

    /** Waits until nothing more happens by itself. A host that has gone away after it was told to leave has left. */
    static EvacuationView await(Session session, String host, Duration timeout) throws TimeoutException {
        long deadline = System.nanoTime() + timeout.toNanos();
        EvacuationView last = session.client().evacuation(host);
        int shown = -1;
        while (true) {
            if (last.moved() != shown) {
                shown = last.moved();
                session.say("  " + sentence(last));
            }
            boolean over = last.leave()
                    ? last.state().equals("LEAVING") || last.state().equals("INCOMPLETE")
                    : last.settled();
            if (over) {
                return last;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new TimeoutException("host " + host + " is not empty yet: " + sentence(last));
            }
            pause(POLL_INTERVAL);
            EvacuationView next = look(session, host, last);
            if (next == null) {
                return left(last);
            }
            last = next;
        }
    }

    private static @Nullable EvacuationView look(Session session, String host, EvacuationView last) {
        try {
            return session.client().evacuation(host);
        } catch (ApiException gone) {
            if (last.leave() && (gone.status() == 404 || gone.status() == 503)) {
                return null;
            }
            throw gone;
        } catch (NotReachableException gone) {
            if (last.leave() && last.moved() == last.total()) {
                return null;
            }
            throw gone;
        }
    }

    private static EvacuationView left(EvacuationView last) {
        return new EvacuationView(
                last.host(),
                "LEAVING",
                last.by(),
                true,
                last.total(),
                last.total(),
                List.of(),
                0,
                Map.of(),
                last.operation(),
                null);
    }

    static String sentence(EvacuationView view) {
        String progress = view.moved() + " of " + view.total() + " VMs moved";
        return switch (view.state()) {
            case "ACTIVE" -> "host " + view.host() + " takes VMs";
            case "EVACUATED" -> "host " + view.host() + " was emptied and takes VMs: " + progress;
            case "DRAINED" -> "host " + view.host() + " is empty: " + progress;
            case "LEAVING" -> "host " + view.host() + " leaves: " + progress;
            case "INCOMPLETE" ->
                "host " + view.host() + " could not be emptied: " + progress + "; "
                        + view.failed().entrySet().stream()
                                .map(failed -> failed.getKey() + ": " + failed.getValue())
                                .collect(Collectors.joining("; "));
            default ->
                "host " + view.host() + (view.state().equals("PAUSED") ? " is paused: " : " drains: ") + progress + ", "
                        + view.moving().size() + " moving, " + view.waiting() + " waiting"
                        + Words.eta(view.etaMillis());
        };
    }

    static int status(EvacuationView view) {
        return view.state().equals("INCOMPLETE") ? ExitCode.FAILED : ExitCode.OK;
    }

    /** Between two looks. */
    static void pause(Duration interval) {
        try {
            Thread.sleep(interval);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.FAILED, "interrupted; it goes on", null);
        }
    }
}
