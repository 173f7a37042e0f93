package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
    private static final VmId WEB = VmId.parse("acme/web-1");
    private static final VmId DB = VmId.parse("acme/db-1");
    private static final HostId HOST_1 = new HostId("host-1");
    private static final HostId HOST_2 = new HostId("host-2");

    @TempDir
    private Path dataDir;

    private Database database;

    @BeforeEach
    void open() throws SQLException {
        database = Database.open(settings(), Runnable::run);
        Schema.createIfMissing(database);
    }

    @AfterEach
    void close() throws SQLException {
        database.close();
        // it would stay open until the JVM ends, and write into the folder while that is deleted
        Config settings = settings();
        try (Connection connection = DriverManager.getConnection(
                        settings.getString("url"), settings.getString("user"), settings.getString("password"));
                Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN");
        }
    }

    private Config settings() {
        return ConfigFactory.load(ConfigFactory.parseString("portcullis.data-dir = \"" + dataDir + "\""))
                .getConfig("portcullis.database");
    }

    @Test
    void shouldFindPlacementsByVmByHostAndByTenant() {
        PlacementDirectory directory = new JdbcPlacementDirectory(database);
        PlacementRow web = row(WEB, HOST_1, 1);
        PlacementRow db = row(DB, HOST_2, 1);

        assertThat(get(directory.put(web))).isTrue();
        assertThat(get(directory.put(db))).isTrue();

        assertThat(get(directory.find(WEB))).contains(web);
        assertThat(get(directory.listByHost(HOST_1))).containsExactly(web);
        assertThat(get(directory.listAll())).containsExactly(db, web);
        assertThat(get(directory.find(VmId.parse("other/web-1")))).isEmpty();

        PlacementRow other = row(VmId.parse(WEB.tenant() + "-2/web-1"), HOST_1, 1);
        assertThat(get(directory.put(other))).isTrue();
        assertThat(get(directory.listByTenant(WEB.tenant()))).containsExactly(db, web);
        assertThat(get(directory.listByTenant(other.vm().tenant()))).containsExactly(other);
        assertThat(get(directory.listByTenant(new TenantId("nobody")))).isEmpty();
    }

    @Test
    void shouldNeverWriteOrRemoveUnderALowerEpoch() {
        PlacementDirectory directory = new JdbcPlacementDirectory(database);
        get(directory.put(row(WEB, HOST_2, 5)));

        assertThat(get(directory.put(row(WEB, HOST_1, 4)))).isFalse();
        assertThat(get(directory.remove(WEB, 4))).isFalse();
        assertThat(get(directory.find(WEB))).contains(row(WEB, HOST_2, 5));

        assertThat(get(directory.put(row(WEB, HOST_1, 5)))).isTrue();
        assertThat(get(directory.put(row(WEB, HOST_2, 6)))).isTrue();
        assertThat(get(directory.remove(WEB, 6))).isTrue();
        assertThat(get(directory.find(WEB))).isEmpty();
    }

    @Test
    void shouldListTheNewestMigrationsFirst() {
        MigrationLog log = new JdbcMigrationLog(database);
        for (int index = 0; index < 5; index++) {
            get(log.put(migration("m-" + index, index % 2 == 0 ? WEB : DB, 1_000 + index)));
        }
        MigrationRow ended = new MigrationRow(
                "m-4",
                WEB,
                HOST_1,
                HOST_2,
                "COMMITTED",
                "ann",
                Instant.ofEpochMilli(1_004),
                Instant.ofEpochMilli(2_000),
                "{}");
        get(log.put(ended));

        assertThat(get(log.find("m-4"))).contains(ended);
        assertThat(get(log.find("none"))).isEmpty();
        assertThat(get(log.list(null, 3))).extracting(MigrationRow::id).containsExactly("m-4", "m-3", "m-2");
        assertThat(get(log.list(WEB, 10))).extracting(MigrationRow::id).containsExactly("m-4", "m-2", "m-0");
    }

    @Test
    void shouldKeepTokensByName() {
        ApiTokens tokens = new JdbcApiTokens(database);
        ApiToken ops = new ApiToken("ops", "a".repeat(64), "admin", null, Instant.ofEpochMilli(1_000), "ann", null);
        ApiToken ci = new ApiToken(
                "ci",
                "b".repeat(64),
                "editor",
                WEB.tenant(),
                Instant.ofEpochMilli(2_000),
                "ops",
                Instant.ofEpochMilli(9_000));

        assertThat(get(tokens.add(ops))).isTrue();
        assertThat(get(tokens.add(ci))).isTrue();
        assertThat(get(tokens.add(new ApiToken("ci", "c".repeat(64), "admin", null, ci.created(), "eve", null))))
                .isFalse();
        assertThat(get(tokens.list())).containsExactly(ci, ops);

        assertThat(get(tokens.removeOf(WEB.tenant()))).isEqualTo(1);
        assertThat(get(tokens.remove("ci"))).isFalse();
        assertThat(get(tokens.remove("ops"))).isTrue();
        assertThat(get(tokens.list())).isEmpty();
    }

    @Test
    void shouldKeepWhatHostsCountedOfRules() {
        RuleHitStore store = new JdbcRuleHitStore(database);
        TenantId beta = new TenantId("beta");
        Instant since = Instant.ofEpochMilli(1_000);
        HostHits here = new HostHits(
                HOST_1,
                WEB.tenant(),
                Instant.ofEpochMilli(5_000),
                new TenantHits(since, List.of(new RuleHit(-7, 3, 4_000), new RuleHit(0, 1, 2_000))));
        HostHits there =
                new HostHits(HOST_2, WEB.tenant(), Instant.ofEpochMilli(6_000), new TenantHits(null, many(100_000)));
        HostHits other = new HostHits(HOST_1, beta, Instant.ofEpochMilli(7_000), TenantHits.NONE);

        assertThat(get(store.put(List.of(here, there, other)))).isEqualTo(3);
        assertThat(get(store.listByTenant(WEB.tenant()))).containsExactly(here, there);
        assertThat(get(store.listByHost(HOST_1))).containsExactlyInAnyOrder(here, other);

        HostHits later = new HostHits(
                HOST_1, WEB.tenant(), Instant.ofEpochMilli(9_000), new TenantHits(null, List.of(new RuleHit(1, 2, 3))));
        assertThat(get(store.put(List.of(later)))).isEqualTo(1);
        assertThat(get(store.listByTenant(WEB.tenant()))).containsExactly(later, there);
        assertThat(get(store.removeOf(WEB.tenant()))).isEqualTo(2);
        assertThat(get(store.listByTenant(WEB.tenant()))).isEmpty();
        assertThat(get(store.listByHost(HOST_1))).containsExactly(other);
    }

    private static List<RuleHit> many(int rules) {
        return IntStream.range(0, rules)
                .mapToObj(rule -> new RuleHit(rule * 0x9e3779b97f4a7c15L, rule, 1_000_000_000_000L + rule))
                .toList();
    }

    @Test
    void shouldKeepWhatIsThereWhenTheSchemaIsMadeAgainByManyAtOnce() {
        PlacementDirectory directory = new JdbcPlacementDirectory(database);
        get(directory.put(row(WEB, HOST_1, 1)));

        CompletableFuture<?>[] nodes = IntStream.range(0, 4)
                .mapToObj(_ -> CompletableFuture.runAsync(() -> {
                    try (Database other = Database.open(settings(), Runnable::run)) {
                        Schema.createIfMissing(other);
                    } catch (SQLException failed) {
                        throw new IllegalStateException(failed);
                    }
                }))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(nodes).join();

        assertThat(get(directory.find(WEB))).isPresent();
    }

    @Test
    void shouldRefuseTablesOfANewerVersion() throws SQLException {
        database.run(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.executeUpdate("INSERT INTO portcullis_schema (version) VALUES (99)");
            }
        });

        assertThatThrownBy(() -> Schema.createIfMissing(database))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("99");
    }

    private static PlacementRow row(VmId vm, HostId host, long epoch) {
        return new PlacementRow(vm, host, epoch, "{\"epoch\":" + epoch + "}", Instant.ofEpochMilli(1_000));
    }

    private static MigrationRow migration(String id, VmId vm, long started) {
        return new MigrationRow(id, vm, HOST_1, HOST_2, "RESERVING", "ann", Instant.ofEpochMilli(started), null, null);
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
