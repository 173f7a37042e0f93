package io.portcullis.cli;

import io.portcullis.api.MigrationView;
import io.portcullis.api.PhaseView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Follows a migration, with a line for every phase that it enters and how long after its beginning that was. */
final class MigrationWait {
    private MigrationWait() {}

    /** Waits for the end. */
    static MigrationView await(Session session, String id, Duration timeout) throws TimeoutException {
        return session.client().awaitMigration(id, timeout, new Progress(session));
    }

    private static final class Progress implements Consumer<MigrationView> {
        private final Session session;
        private final long beganNanos = System.nanoTime();
        private String last = "";
        private int shown;

        Progress(Session session) {
            this.session = session;
        }

        @Override
        public void accept(MigrationView view) {
            List<PhaseView> phases = view.phases();
            if (phases.isEmpty()) {
                sayWithoutTimes(view.phase());
                return;
            }
            Instant began = Instant.parse(phases.getFirst().at());
            while (shown < phases.size()) {
                PhaseView phase = phases.get(shown++);
                say(Duration.between(began, Instant.parse(phase.at())).toMillis(), phase.phase());
            }
        }

        /** Of a node that does not say when phases began. */
        private void sayWithoutTimes(String phase) {
            if (!phase.equals(last)) {
                last = phase;
                say(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos), phase);
            }
        }

        private void say(long millis, String phase) {
            session.say(String.format("%8d ms  %s", millis, phase));
        }
    }
}
