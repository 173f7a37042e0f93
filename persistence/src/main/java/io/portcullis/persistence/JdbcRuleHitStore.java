package io.portcullis.persistence;

import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@link RuleHitStore} in the table {@code rule_hits}. */
public final class JdbcRuleHitStore implements RuleHitStore {
    private static final String SELECT = "SELECT host, tenant, counted_since, written, hits FROM rule_hits";

    private final Database database;

    public JdbcRuleHitStore(Database database) {
        this.database = database;
    }

    @Override
    public CompletionStage<Integer> put(List<HostHits> rows) {
        return database.call(connection -> {
            connection.setAutoCommit(false);
            try {
                for (HostHits row : rows) {
                    if (!write(
                            connection,
                            row,
                            "UPDATE rule_hits SET counted_since = ?, written = ?, hits = ? WHERE host = ? AND tenant ="
                                    + " ?")) {
                        write(
                                connection,
                                row,
                                "INSERT INTO rule_hits (counted_since, written, hits, host, tenant) VALUES (?, ?, ?, ?,"
                                        + " ?)");
                    }
                }
                connection.commit();
                return rows.size();
            } catch (SQLException failed) {
                connection.rollback();
                throw failed;
            } finally {
                connection.setAutoCommit(true);
            }
        });
    }

    private static boolean write(Connection connection, HostHits row, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            setInstant(statement, 1, row.hits().countedSince());
            statement.setLong(2, row.written().toEpochMilli());
            statement.setBytes(3, RuleHitCodec.encode(row.hits().rules()));
            statement.setString(4, row.host().value());
            statement.setString(5, row.tenant().value());
            return statement.executeUpdate() > 0;
        }
    }

    private static void setInstant(PreparedStatement statement, int index, @Nullable Instant instant)
            throws SQLException {
        if (instant == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, instant.toEpochMilli());
        }
    }

    @Override
    public CompletionStage<List<HostHits>> listByHost(HostId host) {
        return database.call(connection -> select(connection, SELECT + " WHERE host = ?", host.value()));
    }

    @Override
    public CompletionStage<List<HostHits>> listByTenant(TenantId tenant) {
        return database.call(
                connection -> select(connection, SELECT + " WHERE tenant = ? ORDER BY host", tenant.value()));
    }

    private static List<HostHits> select(Connection connection, String sql, String parameter) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, parameter);
            List<HostHits> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    long since = result.getLong(3);
                    boolean isFromTheBeginning = result.wasNull();
                    rows.add(new HostHits(
                            new HostId(result.getString(1)),
                            new TenantId(result.getString(2)),
                            Instant.ofEpochMilli(result.getLong(4)),
                            new TenantHits(
                                    isFromTheBeginning ? null : Instant.ofEpochMilli(since),
                                    RuleHitCodec.decode(result.getBytes(5)))));
                }
            }
            return rows;
        }
    }

    @Override
    public CompletionStage<Integer> removeOf(TenantId tenant) {
        return database.call(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("DELETE FROM rule_hits WHERE tenant = ?")) {
                statement.setString(1, tenant.value());
                return statement.executeUpdate();
            }
        });
    }
}
