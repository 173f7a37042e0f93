package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@link PlacementDirectory} in the table {@code vm_placement}. */
public final class JdbcPlacementDirectory implements PlacementDirectory {
    private static final String SELECT = "SELECT vm, host, epoch, spec, updated FROM vm_placement";

    private final Database database;

    public JdbcPlacementDirectory(Database database) {
        this.database = database;
    }

    @Override
    public CompletionStage<Boolean> put(PlacementRow row) {
        return database.call(connection -> update(connection, row) || insert(connection, row));
    }

    private static boolean update(Connection connection, PlacementRow row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE vm_placement SET host = ?, epoch = ?, spec = ?, updated = ? WHERE vm = ? AND epoch <= ?")) {
            statement.setString(1, row.host().value());
            statement.setLong(2, row.epoch());
            statement.setString(3, row.spec());
            statement.setLong(4, row.updated().toEpochMilli());
            statement.setString(5, row.vm().toString());
            statement.setLong(6, row.epoch());
            return statement.executeUpdate() > 0;
        }
    }

    private static boolean insert(Connection connection, PlacementRow row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO vm_placement (vm, host, epoch, spec, updated) VALUES (?, ?, ?, ?, ?)")) {
            statement.setString(1, row.vm().toString());
            statement.setString(2, row.host().value());
            statement.setLong(3, row.epoch());
            statement.setString(4, row.spec());
            statement.setLong(5, row.updated().toEpochMilli());
            return statement.executeUpdate() > 0;
        } catch (SQLException failed) {
            if (SqlStates.isDuplicate(failed)) {
                return false; // the row that the update left alone has a higher epoch
            }
            throw failed;
        }
    }

    @Override
    public CompletionStage<Boolean> remove(VmId vm, long epoch) {
        return database.call(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("DELETE FROM vm_placement WHERE vm = ? AND epoch <= ?")) {
                statement.setString(1, vm.toString());
                statement.setLong(2, epoch);
                return statement.executeUpdate() > 0;
            }
        });
    }

    @Override
    public CompletionStage<Optional<PlacementRow>> find(VmId vm) {
        return database.call(connection -> select(connection, SELECT + " WHERE vm = ?", vm.toString()).stream()
                .findFirst());
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByHost(HostId host) {
        return database.call(connection -> select(connection, SELECT + " WHERE host = ? ORDER BY vm", host.value()));
    }

    @Override
    public CompletionStage<List<PlacementRow>> listByTenant(TenantId tenant) {
        // no character of a tenant's name is special in a pattern
        return database.call(connection -> select(connection, SELECT + " WHERE vm LIKE ? ORDER BY vm", tenant + "/%"));
    }

    @Override
    public CompletionStage<List<PlacementRow>> listAll() {
        return database.call(connection -> select(connection, SELECT + " ORDER BY vm", null));
    }

    @Override
    public CompletionStage<Map<HostId, Long>> countByHost() {
        return database.call(connection -> {
            Map<HostId, Long> counts = new HashMap<>();
            try (PreparedStatement statement =
                            connection.prepareStatement("SELECT host, COUNT(*) FROM vm_placement GROUP BY host");
                    ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    counts.put(new HostId(result.getString(1)), result.getLong(2));
                }
            }
            return counts;
        });
    }

    private static List<PlacementRow> select(Connection connection, String sql, @Nullable String parameter)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            if (parameter != null) {
                statement.setString(1, parameter);
            }
            List<PlacementRow> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    rows.add(new PlacementRow(
                            VmId.parse(result.getString(1)),
                            new HostId(result.getString(2)),
                            result.getLong(3),
                            result.getString(4),
                            Instant.ofEpochMilli(result.getLong(5))));
                }
            }
            return rows;
        }
    }
}
