package io.portcullis.datapath.track;

import java.util.Comparator;

/** How a connection that was moved compares with itself. */
final class MovedConnections {
    /** Equal but for the age of TCP and SCTP, which gets less by an eighth at most on the way, see {@link EntryModel}. */
    static final Comparator<ConnectionInfo> SAME = (moved, stayed) -> {
        boolean isOfAge = moved.ageNanos() <= stayed.ageNanos() && moved.ageNanos() >= stayed.ageNanos() / 8 * 7;
        return isOfAge && withoutAge(moved).equals(withoutAge(stayed)) ? 0 : 1;
    };

    private MovedConnections() {}

    private static String withoutAge(ConnectionInfo connection) {
        return connection.toString().replaceAll("ageNanos=\\d+", "");
    }
}
