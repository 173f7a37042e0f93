package io.portcullis.admin;

import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.persistence.DatabaseHealth;
import io.portcullis.persistence.DatabaseHealth.Outage;
import java.util.Optional;

/** What clients are told while the database does not answer: nothing could be journaled, so nothing may change. */
final class StoreOutage {
    private static final String HINT =
            "nothing needs to be done here: what is enforced stays so, and changes are taken again when the database"
                    + " is back";

    private StoreOutage() {}

    /** Throws a {@link RefusedException} during an outage: a change would only wait for its time-out. */
    static void refuseChange(DatabaseHealth health) {
        Optional<Outage> outage = health.outage();
        if (outage.isPresent()) {
            throw new RefusedException(
                    ProblemKind.STORE_UNAVAILABLE, words(outage.get()) + "; nothing was changed", HINT);
        }
    }

    /** For a change that was under way when the outage began. */
    static RefusedException lateChange(DatabaseHealth health) {
        return new RefusedException(
                ProblemKind.STORE_UNAVAILABLE,
                "no answer came in time"
                        + health.outage().map(outage -> ": " + words(outage)).orElse("")
                        + "; the change may happen all the same",
                HINT);
    }

    /** For a request that changes nothing, of what nobody knows but the database. */
    static RefusedException unread(DatabaseHealth health) {
        return new RefusedException(
                ProblemKind.STORE_UNAVAILABLE,
                "no answer came in time"
                        + health.outage().map(outage -> ": " + words(outage)).orElse(""),
                "hosts and VMs can be looked at; try again when the database is back");
    }

    /** For people, behind what else is said; empty without an outage. */
    static String note(DatabaseHealth health) {
        return health.outage()
                .map(outage -> "; the database has not answered since " + outage.since()
                        + ": enforcing goes on, changes are refused")
                .orElse("");
    }

    private static String words(Outage outage) {
        return "the database has not answered since " + outage.since() + " (" + outage.reason() + ")";
    }
}
