package io.portcullis.cli;

import io.portcullis.api.ChangeView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.ReceiptView;

/** Results in a sentence. */
final class Sentences {
    private static final int MAX_LISTED = 12;

    private Sentences() {}

    static String change(ChangeView change, boolean realized) {
        if (change.changed().isEmpty()) {
            return "unchanged: " + change.tenant() + " is at revision " + change.revision();
        }
        String more = change.changed().size() > MAX_LISTED
                ? " and " + (change.changed().size() - MAX_LISTED) + " more"
                : "";
        return "revision " + change.revision() + " of " + change.tenant() + (realized ? ", realized: " : ": ")
                + String.join(", ", change.changed().stream().limit(MAX_LISTED).toList()) + more;
    }

    static String migration(MigrationView migration) {
        ReceiptView receipt = migration.receipt();
        String route = migration.vm() + " " + migration.from() + " → " + migration.to();
        if (receipt == null || !migration.state().equals("COMMITTED")) {
            return route + ": " + migration.state() + (migration.reason() == null ? "" : ", " + migration.reason());
        }
        return route + ": moved, pause " + Words.millis(receipt.pauseNanos()) + ", "
                + receipt.entriesReceived() + " of " + receipt.entriesSent() + " connections, frames held "
                + receipt.framesHeld() + ", forwarded " + receipt.framesForwarded() + ", dropped "
                + receipt.framesDropped();
    }
}
