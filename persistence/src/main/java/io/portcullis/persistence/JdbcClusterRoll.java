package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** {@link ClusterRoll} in the table {@code cluster_roll}. */
public final class JdbcClusterRoll implements ClusterRoll {
    private final Database database;

    public JdbcClusterRoll(Database database) {
        this.database = database;
    }

    @Override
    public CompletionStage<List<Entry>> list() {
        return database.call(connection -> {
            List<Entry> entries = new ArrayList<>();
            try (PreparedStatement statement =
                            connection.prepareStatement("SELECT host, address, beat FROM cluster_roll ORDER BY host");
                    ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    entries.add(new Entry(new HostId(rows.getString(1)), rows.getString(2), rows.getLong(3)));
                }
            }
            return entries;
        });
    }

    @Override
    public CompletionStage<Void> beat(HostId host, String address) {
        return database.call(connection -> update(connection, host, address) || insert(connection, host, address))
                .thenAccept(_ -> {});
    }

    private static boolean update(Connection connection, HostId host, String address) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE cluster_roll SET address = ?, beat = beat + 1 WHERE host = ?")) {
            statement.setString(1, address);
            statement.setString(2, host.value());
            return statement.executeUpdate() > 0;
        }
    }

    private static boolean insert(Connection connection, HostId host, String address) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO cluster_roll (host, address, beat) VALUES (?, ?, 1)")) {
            statement.setString(1, host.value());
            statement.setString(2, address);
            return statement.executeUpdate() > 0;
        } catch (SQLException failed) {
            if (SqlStates.isDuplicate(failed)) {
                return false; // another process that calls itself this host; NodeGuardian lets only one of them live
            }
            throw failed;
        }
    }

    @Override
    public CompletionStage<Void> strike(HostId host) {
        return database.call(connection -> {
                    try (PreparedStatement statement =
                            connection.prepareStatement("DELETE FROM cluster_roll WHERE host = ?")) {
                        statement.setString(1, host.value());
                        return statement.executeUpdate();
                    }
                })
                .thenAccept(_ -> {});
    }
}
