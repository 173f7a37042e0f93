package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.connections;
import static io.portcullis.vnic.testkit.Samples.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.Database;
import io.portcullis.persistence.H2Backup;
import io.portcullis.persistence.JdbcPlacementDirectory;
import io.portcullis.persistence.JdbcRuleHitStore;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.persistence.Schema;
import io.portcullis.persistence.testkit.TestDatabase;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.testkit.FakeDataPath;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One node with everything but a real data path: sharding, the journal on disk, a restart. */
class NodeRestartTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final VnicProtection DHCP_SERVER = new VnicProtection(true, false, false, false, 2);
    private static final VmSpec SPEC = protectedSpec();

    @TempDir
    private Path dataDir;

    /** A node; started again on the same directory it is the same node after a restart. */
    private final class Node implements AutoCloseable {
        private final FakeDataPath dataPath = new FakeDataPath();
        private final ActorTestKit testKit;
        private final Database database;
        private final JdbcPlacementDirectory directory;
        private final ShardedVnicActors actors;
        private final ActorRef<HostCommand> agent;

        Node() throws SQLException {
            this(dataDir);
        }

        Node(Path dataDir) throws SQLException {
            Config config = ConfigFactory.load(ConfigFactory.parseString("""
                portcullis.data-dir = "%s"
                pekko.actor.provider = cluster
                pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                pekko.cluster.roles = ["host", "host-id:host-1"]
                pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
                """.formatted(dataDir))
                    .withFallback(ConfigFactory.parseResourcesAnySyntax("application-test")));
            testKit = ActorTestKit.create("node", config);
            database = Database.open(
                    testKit.system().settings().config().getConfig("portcullis.database"),
                    testKit.system()
                            .dispatchers()
                            .lookup(DispatcherSelector.fromConfig("portcullis.blocking-dispatcher")));
            Schema.createIfMissing(database);
            directory = new JdbcPlacementDirectory(database);
            Cluster cluster = Cluster.get(testKit.system());
            cluster.manager().tell(Join.create(cluster.selfMember().address()));
            actors = ShardedVnicActors.init(
                    testKit.system(),
                    new ShardCoordinator.LeastShardAllocationStrategy(1, 1),
                    new LocalHost(
                            HOST_1,
                            dataPath,
                            new HostLimits(10, 1_000),
                            HostTiming.DEFAULT,
                            directory,
                            new JdbcRuleHitStore(database),
                            new Checkpoints(dataDir.resolve("checkpoints"))));
            agent = testKit.spawn(actors.hostAgent(), HostAgent.NAME);
            await().atMost(PATIENCE).until(() -> actors.hosts().isUp(HOST_1));
        }

        TenantReply tenant(Function<ActorRef<TenantReply>, TenantCommand> command) {
            return ask(actors.tenantPolicy(ACME), command);
        }

        <C, R> R ask(RecipientRef<C> who, Function<ActorRef<R>, C> command) {
            CompletionStage<R> reply = AskPattern.ask(
                    who, command::apply, PATIENCE, testKit.system().scheduler());
            return reply.toCompletableFuture().join();
        }

        @Override
        public void close() {
            testKit.shutdownTestKit();
            database.close();
        }
    }

    @Test
    void shouldEnforceWithRulesAndConnectionsAfterARestartOfTheNode() throws SQLException {
        RuleTable quarantined;
        try (Node node = new Node()) {
            putExample(node);
            HostReply attached =
                    node.<HostCommand, HostReply>ask(node.agent, me -> new HostCommand.AttachVm(SPEC, 4, true, me));
            assertThat(attached)
                    .isInstanceOfSatisfying(
                            HostReply.VmAttached.class,
                            vm -> assertThat(vm.policyRevision()).isPositive());
            node.directory
                    .put(new PlacementRow(WEB_1, HOST_1, 4, VmSpecJson.write(SPEC), Instant.now()))
                    .toCompletableFuture()
                    .join();
            assertThat(node.dataPath.attachment(WEB_1_ETH0).protection()).isEqualTo(DHCP_SERVER);
            RuleTable open = node.dataPath.rules(WEB_1_ETH0);
            assertThat(open.timeouts()).isEqualTo(TimeoutPreset.NSX);
            assertThat(open.rules()).hasSize(1);

            node.tenant(me -> new TenantCommand.Edit(
                    List.of(new TenantEdit.ChangeTags(
                            "web-1", new TreeSet<>(Set.of(Tag.parse("state:infected"))), new TreeSet<>())),
                    null,
                    "ann",
                    me));
            await().atMost(PATIENCE).until(() -> node.dataPath.rules(WEB_1_ETH0) != open);
            quarantined = node.dataPath.rules(WEB_1_ETH0);
            assertThat(quarantined.rules()).hasSize(2);
            await().atMost(PATIENCE).until(() -> realization(node).complete());

            node.dataPath.setTable(WEB_1_ETH0, connections("flow"));
            HostReply written = node.<HostCommand, HostReply>ask(node.agent, HostCommand.WriteCheckpoints::new);
            assertThat(written).isInstanceOf(HostReply.Checkpointed.class);
        }

        try (Node node = new Node()) {
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(node.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
            assertThat(node.dataPath.rules(WEB_1_ETH0)).isEqualTo(quarantined);
            assertThat(node.dataPath.table(WEB_1_ETH0).digest())
                    .isEqualTo(connections("flow").digest());
            assertThat(node.dataPath.epoch(WEB_1_ETH0)).isEqualTo(4);
            assertThat(node.dataPath.attachment(WEB_1_ETH0).protection()).isEqualTo(DHCP_SERVER);

            TenantReply model = node.tenant(TenantCommand.GetModel::new);
            assertThat(model)
                    .isInstanceOfSatisfying(
                            TenantReply.Model.class,
                            found -> assertThat(found.model().vms()).containsOnlyKeys("web-1"));
            RegistryCommand.Names tenants = node.ask(node.actors.tenantRegistry(), RegistryCommand.ListTenants::new);
            assertThat(tenants).isEqualTo(new RegistryCommand.Tenants(new TreeSet<>(Set.of("acme"))));
            await().atMost(PATIENCE).until(() -> realization(node).complete());
        }
    }

    @Test
    void shouldJournalAnEditOfAHundredThousandRulesAndReadItBack() throws SQLException {
        int policies = 100;
        int rules = 1_000;
        try (Node node = new Node()) {
            putExample(node);
            List<TenantEdit> edits = new ArrayList<>();
            for (int policy = 0; policy < policies; policy++) {
                edits.add(new TenantEdit.Change(new ModelEdit.PutPolicy(manyRules("p" + policy, rules))));
            }
            TenantReply reply = node.tenant(me -> new TenantCommand.Edit(edits, null, "ann", me));
            assertThat(reply).isEqualTo(new TenantReply.Applied(3, true));
        }

        try (Node node = new Node()) {
            TenantReply.Model model = (TenantReply.Model) node.tenant(TenantCommand.GetModel::new);
            assertThat(model.model().revision()).isEqualTo(3);
            assertThat(model.model().policies().get("p99")).isEqualTo(manyRules("p99", rules));
            assertThat(model.model().policies()).hasSize(policies + 2);
        }
    }

    @Test
    void shouldComeUpWithEverythingFromABackup() throws Exception {
        Path backup = dataDir.resolve("backup.zip");
        try (Node node = new Node()) {
            putExample(node);
            node.directory
                    .put(new PlacementRow(WEB_1, HOST_1, 4, VmSpecJson.write(SPEC), Instant.now()))
                    .toCompletableFuture()
                    .join();
            backup(dataDir).write(backup);
            node.tenant(me -> new TenantCommand.DeleteTenant("ann", me));
        }

        Path restored = dataDir.resolve("restored");
        backup(restored).restore(backup);
        try (Node node = new Node(restored)) {
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(node.dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING));
            assertThat(node.dataPath.epoch(WEB_1_ETH0)).isEqualTo(4);
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(node.dataPath.rules(WEB_1_ETH0).rules()).hasSize(1));
            TenantReply.Model model = (TenantReply.Model) node.tenant(TenantCommand.GetModel::new);
            assertThat(model.model().policies()).containsOnlyKeys("quarantine", "app");
        }
    }

    private static H2Backup backup(Path dataDir) {
        return H2Backup.of(TestDatabase.h2(dataDir).settings());
    }

    private static SecurityPolicy manyRules(String name, int count) {
        List<Rule> rules = new ArrayList<>();
        for (int rule = 0; rule < count; rule++) {
            rules.add(Rule.allow(name + "-" + rule)
                    .from(Peers.addresses("172.16." + rule / 256 + "." + rule % 256))
                    .anyService()
                    .build());
        }
        return new SecurityPolicy(name, Category.APPLICATION, 5, List.of("infected"), true, rules);
    }

    @Test
    void shouldSayAtOnceThatAHostIsNotThere() throws SQLException {
        try (Node node = new Node()) {
            assertThat(node.actors.firewall(HOST_2, WEB_1_ETH0)).isEmpty();
            assertThat(node.actors.hostAgent(HOST_2)).isEmpty();
            assertThat(node.actors.hosts().all()).containsOnlyKeys(HOST_1);

            FirewallReply reply =
                    node.ask(node.actors.firewall(HOST_1, WEB_1_ETH0).orElseThrow(), FirewallCommand.GetStatus::new);
            assertThat(reply)
                    .isInstanceOfSatisfying(
                            FirewallReply.Status.class,
                            status -> assertThat(status.state()).isEqualTo(FirewallState.UNATTACHED));
            HostReply host = node.ask(node.actors.hostAgent(HOST_1).orElseThrow(), HostCommand.GetHost::new);
            assertThat(host).isInstanceOf(HostReply.HostStatus.class);
        }
    }

    private static VmSpec protectedSpec() {
        VnicSpec plain = spec(WEB_1, 1).vnics().getFirst();
        VnicSpec server =
                new VnicSpec(plain.vnic(), plain.mac(), plain.addresses(), plain.vlan(), plain.port(), DHCP_SERVER);
        return new VmSpec(WEB_1, List.of(server));
    }

    private static TenantReply.Realization realization(Node node) {
        return (TenantReply.Realization) node.tenant(TenantCommand.GetRealization::new);
    }

    private static void putExample(Node node) {
        node.tenant(me -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.NSX, "ann", me));
        VnicSpec vnic = spec(WEB_1, 1).vnics().getFirst();
        TenantReply reply = node.tenant(me -> new TenantCommand.Edit(
                List.<ModelEdit>of(
                                new ModelEdit.PutSegment(new Segment("lan", 100)),
                                new ModelEdit.PutVm(Vm.named(WEB_1)
                                        .withVnic(new Vnic(
                                                WEB_1_ETH0, vnic.mac(), vnic.addresses(), "lan", vnic.port()))),
                                new ModelEdit.PutGroup(new Group("infected", Expression.tag("state:infected"))),
                                new ModelEdit.PutPolicy(SecurityPolicy.of(
                                                "quarantine",
                                                Category.EMERGENCY,
                                                1,
                                                Rule.drop("cut").anyService())
                                        .withAppliedTo("infected")),
                                new ModelEdit.PutPolicy(SecurityPolicy.of(
                                        "app",
                                        Category.APPLICATION,
                                        1,
                                        Rule.allow("open").anyService())))
                        .stream()
                        .<TenantEdit>map(TenantEdit.Change::new)
                        .toList(),
                null,
                "ann",
                me));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
    }
}
