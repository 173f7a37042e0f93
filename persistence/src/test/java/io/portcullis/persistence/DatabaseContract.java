package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.persistence.testkit.TestDatabase;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the rest of the product expects of a database, whatever its kind. */
abstract class DatabaseContract {
    private static final VmId WEB = VmId.parse("acme/web-1");
    private static final VmId DB = VmId.parse("acme/db-1");
    private static final HostId HOST_1 = new HostId("host-1");
    private static final HostId HOST_2 = new HostId("host-2");

    private TestDatabase test;
    private Database database;

    /** An empty database. */
    abstract TestDatabase create() throws Exception;

    @BeforeEach
    void open() throws Exception {
        test = create();
        database = Database.open(test.settings(), Runnable::run);
        Schema.createIfMissing(database);
    }

    @AfterEach
    void close() throws SQLException {
        if (database != null) {
            database.close();
            test.close();
        }
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
    void shouldKeepTheRollOfTheCluster() {
        ClusterRoll roll = new JdbcClusterRoll(database);
        assertThat(get(roll.list())).isEmpty();

        get(roll.beat(HOST_2, "10.0.0.2:7301"));
        get(roll.beat(HOST_1, "10.0.0.1:7301"));
        get(roll.beat(HOST_2, "10.0.0.9:7301"));

        ClusterRoll.Entry one = new ClusterRoll.Entry(HOST_1, "10.0.0.1:7301", 1);
        assertThat(get(roll.list())).containsExactly(one, new ClusterRoll.Entry(HOST_2, "10.0.0.9:7301", 2));

        get(roll.strike(HOST_2));
        get(roll.strike(HOST_2));
        assertThat(get(roll.list())).containsExactly(one);
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
        assertThat(get(log.comingTo(HOST_2))).containsExactlyInAnyOrder(WEB, DB, WEB, DB);
        assertThat(get(log.comingTo(HOST_1))).isEmpty();
        assertThat(get(log.underWay(10))).containsExactly(WEB, DB);
        assertThat(get(log.underWay(1))).containsExactly(WEB);
    }

    @Test
    void shouldForgetMigrationsThatEndedLongAgoOrAreTooMany() {
        MigrationLog log = new JdbcMigrationLog(database);
        get(log.put(migration("running", WEB, 1)));
        for (int index = 0; index < 10; index++) {
            MigrationRow row = migration("m-" + index, WEB, 1_000 + index);
            get(log.put(new MigrationRow(
                    row.id(),
                    WEB,
                    HOST_1,
                    HOST_2,
                    "COMMITTED",
                    "ann",
                    row.started(),
                    row.started().plusMillis(1_000),
                    "{}")));
        }

        assertThat(get(log.prune(Instant.ofEpochMilli(2_003), 100))).isEqualTo(3);
        assertThat(get(log.prune(Instant.EPOCH, 4))).isEqualTo(3);
        assertThat(get(log.prune(Instant.EPOCH, 4))).isZero();

        assertThat(get(log.list(null, 100)))
                .extracting(MigrationRow::id)
                .containsExactly("m-9", "m-8", "m-7", "m-6", "running");
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
    void shouldLetManyWriteAtOnceAndLoseNothing() {
        PlacementDirectory directory = new JdbcPlacementDirectory(database);
        MigrationLog log = new JdbcMigrationLog(database);
        int writers = 4;
        int rounds = 25;

        CompletableFuture<?>[] all = IntStream.range(0, writers)
                .mapToObj(writer -> CompletableFuture.runAsync(() -> IntStream.range(0, rounds)
                        .forEach(round -> {
                            // everybody the same VM, each under epochs of its own
                            get(directory.put(row(WEB, HOST_1, round * writers + writer)));
                            get(directory.put(row(VmId.parse("acme/vm-" + writer + "-" + round), HOST_2, 1)));
                            get(log.put(migration("m-" + round, WEB, round)));
                        })))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(all).join();

        assertThat(get(directory.find(WEB))).contains(row(WEB, HOST_1, rounds * writers - 1));
        assertThat(get(directory.listByHost(HOST_2))).hasSize(writers * rounds);
        assertThat(get(log.list(null, 1_000))).hasSize(rounds);
    }

    @Test
    void shouldMakeTheTablesOnceWhenManyNodesStartOnAnEmptyDatabase() throws Exception {
        try (TestDatabase empty = create()) {
            CompletableFuture<?>[] nodes = IntStream.range(0, 4)
                    .mapToObj(_ -> CompletableFuture.runAsync(() -> {
                        try {
                            Database.check(empty.settings());
                        } catch (SQLException failed) {
                            throw new IllegalStateException(failed);
                        }
                    }))
                    .toArray(CompletableFuture[]::new);
            CompletableFuture.allOf(nodes).join();

            try (Connection connection = empty.connect()) {
                assertThat(Schema.version(connection)).isEqualTo(Schema.VERSION);
                assertThat(rows(
                                connection,
                                "SELECT \"version\" FROM \"" + Schema.HISTORY
                                        + "\" WHERE \"version\" IS NOT NULL ORDER BY 1"))
                        .containsExactlyElementsOf(IntStream.rangeClosed(1, Schema.VERSION)
                                .mapToObj(String::valueOf)
                                .toList());
            }
        }
    }

    @Test
    void shouldKeepWhatIsThereWhenTheSchemaIsMadeAgain() throws SQLException {
        PlacementDirectory directory = new JdbcPlacementDirectory(database);
        get(directory.put(row(WEB, HOST_1, 1)));

        Schema.createIfMissing(database);

        assertThat(get(directory.find(WEB))).isPresent();
    }

    @Test
    void shouldUpgradeTheTablesOfBuildsBeforeFlyway() throws Exception {
        try (TestDatabase old = create()) {
            try (Connection connection = old.connect()) {
                run(connection, golden("before-flyway-" + (isH2(connection) ? "h2" : "postgresql")));
                run(connection, golden("before-flyway"));
                run(connection, """
                    INSERT INTO portcullis_schema (version) VALUES (1);
                    INSERT INTO vm_placement (vm, host, epoch, spec, updated) VALUES ('acme/web-1', 'host-1', 7, '{"epoch":7}', 1000)
                    """);
            }

            try (Database upgraded = Database.open(old.settings(), Runnable::run);
                    Connection connection = old.connect()) {
                assertThat(Schema.version(connection)).isZero();
                Schema.createIfMissing(upgraded);

                assertThat(Schema.version(connection)).isEqualTo(Schema.VERSION);
                assertThat(get(new JdbcPlacementDirectory(upgraded).listAll())).containsExactly(row(WEB, HOST_1, 7));
            }
        }
    }

    @Test
    void shouldRefuseTablesOfANewerVersion() throws SQLException {
        try (Connection connection = test.connect()) {
            run(
                    connection,
                    "INSERT INTO \"" + Schema.HISTORY + "\" (\"installed_rank\", \"version\", \"description\","
                            + " \"type\", \"script\", \"installed_by\", \"execution_time\", \"success\")"
                            + " VALUES (99, '99', 'of tomorrow', 'SQL', 'V99__of_tomorrow.sql', 'ann', 0, true)");
        }

        assertThatThrownBy(() -> Schema.createIfMissing(database))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the database has tables of version 99, this build knows up to " + Schema.VERSION
                        + "; start a newer build");
    }

    private static boolean isH2(Connection connection) throws SQLException {
        return connection.getMetaData().getDatabaseProductName().equals("H2");
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = DatabaseContract.class.getResourceAsStream("/golden/schema/" + name + ".sql")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void run(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : script.replaceAll("(?m)^--.*$", "").split(";", -1)) {
                if (!sql.isBlank()) {
                    statement.execute(sql);
                }
            }
        }
    }

    private static List<String> rows(Connection connection, String query) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
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
