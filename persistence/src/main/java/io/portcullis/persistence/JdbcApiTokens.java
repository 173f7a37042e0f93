package io.portcullis.persistence;

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

/** {@link ApiTokens} in the table {@code api_token}. */
public final class JdbcApiTokens implements ApiTokens {
    private final Database database;

    public JdbcApiTokens(Database database) {
        this.database = database;
    }

    @Override
    public CompletionStage<Boolean> add(ApiToken token) {
        return database.call(connection -> insert(connection, token));
    }

    private static boolean insert(Connection connection, ApiToken token) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO api_token"
                + " (name, digest, role, tenant, created, created_by, expires) VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            statement.setString(1, token.name());
            statement.setString(2, token.digest());
            statement.setString(3, token.role());
            statement.setString(
                    4, token.tenant() == null ? null : token.tenant().value());
            statement.setLong(5, token.created().toEpochMilli());
            statement.setString(6, token.createdBy());
            setInstant(statement, 7, token.expires());
            return statement.executeUpdate() > 0;
        } catch (SQLException failed) {
            if (SqlStates.isDuplicate(failed)) {
                return false;
            }
            throw failed;
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
    public CompletionStage<Boolean> remove(String name) {
        return delete("DELETE FROM api_token WHERE name = ?", name).thenApply(removed -> removed > 0);
    }

    @Override
    public CompletionStage<Integer> removeOf(TenantId tenant) {
        return delete("DELETE FROM api_token WHERE tenant = ?", tenant.value());
    }

    private CompletionStage<Integer> delete(String sql, String parameter) {
        return database.call(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, parameter);
                return statement.executeUpdate();
            }
        });
    }

    @Override
    public CompletionStage<List<ApiToken>> list() {
        return database.call(connection -> {
            List<ApiToken> tokens = new ArrayList<>();
            try (PreparedStatement statement = connection.prepareStatement(
                            "SELECT name, digest, role, tenant, created, created_by, expires FROM api_token ORDER BY"
                                    + " name");
                    ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    tokens.add(token(rows));
                }
            }
            return tokens;
        });
    }

    private static ApiToken token(ResultSet row) throws SQLException {
        String tenant = row.getString(4);
        long expires = row.getLong(7);
        boolean isForever = row.wasNull();
        return new ApiToken(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                tenant == null ? null : new TenantId(tenant),
                Instant.ofEpochMilli(row.getLong(5)),
                row.getString(6),
                isForever ? null : Instant.ofEpochMilli(expires));
    }
}
