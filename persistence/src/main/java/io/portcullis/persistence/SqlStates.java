package io.portcullis.persistence;

import java.sql.SQLException;

/** Meanings of SQL states that H2 and PostgreSQL share. */
final class SqlStates {
    private SqlStates() {}

    /** A row with this key is there already. */
    static boolean isDuplicate(SQLException failure) {
        return "23505".equals(failure.getSQLState());
    }
}
