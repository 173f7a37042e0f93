package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@link MigrationLog} in the table {@code migration}. */
public final class JdbcMigrationLog implements MigrationLog {
    private static final String SELECT =
            "SELECT id, vm, from_host, to_host, state, requested_by, started, ended, receipt FROM migration";

    private final Database database;

    public JdbcMigrationLog(Database database) {
        this.database = database;
    }

    @Override
    public CompletionStage<Void> put(MigrationRow row) {
        return database.call(
                        connection -> update(connection, row) || insert(connection, row) || update(connection, row))
                .thenAccept(_ -> {});
    }

    private static boolean update(Connection connection, MigrationRow row) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE migration SET vm = ?, from_host = ?, to_host = ?, state = ?,"
                        + " requested_by = ?, started = ?, ended = ?, receipt = ? WHERE id = ?")) {
            bind(statement, 1, row);
            statement.setString(9, row.id());
            return statement.executeUpdate() > 0;
        }
    }

    private static boolean insert(Connection connection, MigrationRow row) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO migration (id, vm, from_host, to_host, state, requested_by,"
                        + " started, ended, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            statement.setString(1, row.id());
            bind(statement, 2, row);
            return statement.executeUpdate() > 0;
        } catch (SQLException failed) {
            if (SqlStates.isDuplicate(failed)) {
                return false; // somebody inserted it since the update
            }
            throw failed;
        }
    }

    private static void bind(PreparedStatement statement, int first, MigrationRow row) throws SQLException {
        statement.setString(first, row.vm().toString());
        statement.setString(first + 1, row.from().value());
        statement.setString(first + 2, row.to().value());
        statement.setString(first + 3, row.state());
        statement.setString(first + 4, row.requestedBy());
        statement.setLong(first + 5, row.started().toEpochMilli());
        Instant ended = row.ended();
        if (ended == null) {
            statement.setNull(first + 6, Types.BIGINT);
        } else {
            statement.setLong(first + 6, ended.toEpochMilli());
        }
        statement.setString(first + 7, row.receipt());
    }

    @Override
    public CompletionStage<Optional<MigrationRow>> find(String id) {
        return database.call(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(SELECT + " WHERE id = ?")) {
                statement.setString(1, id);
                return read(statement).stream().findFirst();
            }
        });
    }

    @Override
    public CompletionStage<List<MigrationRow>> list(@Nullable VmId vm, int limit) {
        String where = vm == null ? "" : " WHERE vm = ?";
        return database.call(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(SELECT + where + " ORDER BY started DESC, id DESC LIMIT ?")) {
                int index = 1;
                if (vm != null) {
                    statement.setString(index++, vm.toString());
                }
                statement.setInt(index, limit);
                return read(statement);
            }
        });
    }

    @Override
    public CompletionStage<List<VmId>> underWay(int limit) {
        return database.call(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT vm FROM migration WHERE ended IS NULL GROUP BY vm ORDER BY MIN(started), vm LIMIT ?")) {
                statement.setInt(1, limit);
                return vms(statement);
            }
        });
    }

    @Override
    public CompletionStage<List<VmId>> comingTo(HostId host) {
        return database.call(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT vm FROM migration WHERE ended IS NULL AND to_host = ?")) {
                statement.setString(1, host.value());
                return vms(statement);
            }
        });
    }

    private static List<VmId> vms(PreparedStatement statement) throws SQLException {
        List<VmId> vms = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                vms.add(VmId.parse(result.getString(1)));
            }
        }
        return vms;
    }

    @Override
    public CompletionStage<Integer> prune(Instant endedBefore, int keep) {
        return database.call(connection -> {
            int removed;
            try (PreparedStatement statement = connection.prepareStatement("DELETE FROM migration WHERE ended < ?")) {
                statement.setLong(1, endedBefore.toEpochMilli());
                removed = statement.executeUpdate();
            }
            try (PreparedStatement statement = connection.prepareStatement(
                    "DELETE FROM migration WHERE ended IS NOT NULL AND started < (SELECT MIN(started) FROM (SELECT"
                            + " started FROM migration WHERE ended IS NOT NULL ORDER BY started DESC LIMIT ?) AS"
                            + " newest)")) {
                statement.setInt(1, keep);
                return removed + statement.executeUpdate();
            }
        });
    }

    private static List<MigrationRow> read(PreparedStatement statement) throws SQLException {
        List<MigrationRow> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                long ended = result.getLong(8);
                Instant end = result.wasNull() ? null : Instant.ofEpochMilli(ended);
                rows.add(new MigrationRow(
                        result.getString(1),
                        VmId.parse(result.getString(2)),
                        new HostId(result.getString(3)),
                        new HostId(result.getString(4)),
                        result.getString(5),
                        result.getString(6),
                        Instant.ofEpochMilli(result.getLong(7)),
                        end,
                        result.getString(9)));
            }
        }
        return rows;
    }
}
