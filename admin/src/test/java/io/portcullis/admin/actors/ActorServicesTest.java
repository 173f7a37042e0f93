package io.portcullis.admin.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.typesafe.config.ConfigFactory;
import io.portcullis.admin.EditOutcome;
import io.portcullis.admin.FirewallAnswer;
import io.portcullis.admin.HitReport;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.CopyRoundView;
import io.portcullis.api.EvacuationView;
import io.portcullis.api.HistoryView;
import io.portcullis.api.HostView;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PhaseView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.ReplicaView;
import io.portcullis.api.RevisionView;
import io.portcullis.api.TenantRealization;
import io.portcullis.api.TenantsRealization;
import io.portcullis.api.VnicRealization;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.migration.BulkCommand;
import io.portcullis.migration.BulkReply;
import io.portcullis.migration.PlacementCommand;
import io.portcullis.migration.PlacementReply;
import io.portcullis.migration.PlacementView;
import io.portcullis.migration.ReplicaCommand;
import io.portcullis.migration.ReplicaReply;
import io.portcullis.migration.model.BulkMove;
import io.portcullis.migration.model.BulkOperation;
import io.portcullis.migration.model.CopyRound;
import io.portcullis.migration.model.MigrationOutcome;
import io.portcullis.migration.model.MigrationReceipt;
import io.portcullis.migration.model.Mover;
import io.portcullis.migration.model.PhaseTime;
import io.portcullis.migration.model.PlacementPhase;
import io.portcullis.migration.model.VnicTransfer;
import io.portcullis.persistence.HostHits;
import io.portcullis.persistence.MigrationRow;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.persistence.PolicyJacksonModule;
import io.portcullis.policy.Action;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.FirewallCommand;
import io.portcullis.vnic.FirewallReply;
import io.portcullis.vnic.FirewallState;
import io.portcullis.vnic.ModelVersion;
import io.portcullis.vnic.RefusalCode;
import io.portcullis.vnic.Refused;
import io.portcullis.vnic.RuleAssignment;
import io.portcullis.vnic.TenantAdoption;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantReply;
import io.portcullis.vnic.VmSpec;
import io.portcullis.vnic.VmSpecJson;
import io.portcullis.vnic.VnicSpec;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ActorServicesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final TenantId ACME = new TenantId("acme");
    private static final VmId WEB = VmId.parse("acme/web-1");
    private static final VnicId ETH0 = VnicId.parse("acme/web-1/eth0");
    private static final HostId HOST_1 = new HostId("host-1");
    private static final HostId HOST_2 = new HostId("host-2");
    private static final HostId HOST_9 = new HostId("host-9");

    private static ActorTestKit kit;

    private FakeCluster cluster;
    private ActorServices services;
    /** Asks of those who do not answer. */
    private ActorServices impatient;

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create("portcullis", ConfigFactory.parseString("""
            pekko { loglevel = WARNING, fail-mixed-versions = off, actor.provider = cluster
              remote.artery.canonical { hostname = 127.0.0.1, port = 0 }
              cluster.roles = [host, "host-id:host-1"], cluster.jmx.enabled = off }
            """).withFallback(ConfigFactory.load()));
        Cluster self = Cluster.get(kit.system());
        self.manager().tell(Join.create(self.selfMember().address()));
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void start() {
        cluster = new FakeCluster(kit);
        services = new ActorServices(kit.system(), cluster.access(), PATIENCE);
        impatient = new ActorServices(kit.system(), cluster.access(), Duration.ofMillis(700));
        done(services.putTenant(ACME, new ModelEdit.SetDefaults(Action.DROP, false), OptionalLong.empty(), "me"));
    }

    @Test
    void shouldEditTenantsAndTellAllOutcomesApart() {
        EditOutcome applied = edit(new ModelEdit.PutSegment(new Segment("front", 1)), OptionalLong.empty());

        assertThat(applied)
                .isInstanceOfSatisfying(
                        EditOutcome.Applied.class,
                        it -> assertThat(it.changed()).isTrue());
        assertThat(edit(new ModelEdit.PutSegment(new Segment("front", 5_000)), OptionalLong.empty()))
                .isInstanceOf(EditOutcome.Rejected.class);
        assertThat(edit(new ModelEdit.RemoveSegment("front"), OptionalLong.of(77)))
                .isInstanceOf(EditOutcome.Stale.class);
        assertThat(done(services.model(ACME)).segments()).containsKey("front");
        assertThat(done(services.tenants())).containsExactly(ACME);
    }

    @Test
    void shouldSumHitsOfAllHostsAndSayWhoMayHaveCountedMore() {
        Instant since = Instant.ofEpochMilli(50_000);
        cluster.hits = new TenantHits(null, List.of(new RuleHit(1, 2, 10_000), new RuleHit(2, 1, 7)));
        HitReport both = done(services.hits(ACME));
        assertThat(both).isEqualTo(new HitReport(hits(4, 2), null, List.of(), true));

        cluster.ruleHits.rows.add(
                new HostHits(HOST_9, ACME, since, new TenantHits(since, List.of(new RuleHit(1, 5, 60_000)))));
        cluster.ruleHits.rows.add(
                new HostHits(HOST_1, ACME, since, new TenantHits(null, List.of(new RuleHit(1, 1, 9_000)))));
        HitReport withGone = done(services.hits(ACME));
        assertThat(withGone.rules().get(1L)).isEqualTo(new RuleHit(1, 9, 60_000));
        assertThat(withGone.countedSince()).isEqualTo(since);
        assertThat(withGone.complete())
                .as("host-9 is gone and has no VM any more")
                .isTrue();

        cluster.placements.add(new PlacementRow(WEB, HOST_9, 1, "{}", since));
        assertThat(done(services.hits(ACME)).silentHosts()).containsExactly("host-9");

        cluster.hostsAreSilent = true;
        HitReport silent = done(impatient.hits(ACME));
        assertThat(silent.silentHosts()).containsExactly("host-1", "host-2", "host-9");
        assertThat(silent.rules().get(1L)).as("as far as it was written").isEqualTo(new RuleHit(1, 6, 60_000));

        cluster.ruleHits.down = true;
        assertThat(done(services.hits(ACME)).complete()).isFalse();
    }

    private static Map<Long, RuleHit> hits(long one, long two) {
        return Map.of(1L, new RuleHit(1, one, 10_000), 2L, new RuleHit(2, two, 7));
    }

    @Test
    void shouldPutTogetherWhatAHostSendsInPieces() {
        List<RuleHit> many = LongStream.range(1, 50_000)
                .mapToObj(rule -> new RuleHit(rule, 1, rule))
                .toList();
        cluster.hits = new TenantHits(null, many);
        cluster.inPieces = true;
        assertThat(done(services.hits(ACME)).rules()).hasSize(many.size());
        cluster.inPieces = false;
    }

    @Test
    void shouldForgetWhatRulesCountedWithTheirTenant() {
        cluster.replies.put(TenantCommand.DeleteTenant.class, new TenantReply.TenantDeleted(ACME));
        cluster.ruleHits.rows.add(new HostHits(HOST_9, ACME, Instant.EPOCH, TenantHits.NONE));
        done(services.deleteTenant(ACME, "ann"));
        assertThat(cluster.ruleHits.rows).isEmpty();
        Awaitility.await().atMost(PATIENCE).until(() -> cluster.forgotten.equals(List.of(ACME, ACME)));
    }

    @Test
    void shouldPassOnWhatATenantSaysOfItsRevisions() {
        TenantModel then = TenantModel.empty(ACME);
        Instant at = Instant.parse("2026-01-01T00:00:00Z");
        cluster.replies.put(
                TenantCommand.GetModelAt.class, new TenantReply.Model(then, new ModelVersion(1, then.revision())));
        cluster.replies.put(
                TenantCommand.GetHistory.class,
                new TenantReply.History(
                        List.of(new TenantReply.Revision(8, "ann", at, "why", "Segment/front added")), 3, 9));
        cluster.replies.put(TenantCommand.CheckEdit.class, new TenantReply.Acceptable(10, true));

        assertThat(done(services.model(ACME, 8))).isEqualTo(then);
        assertThat(done(services.history(ACME, 9, 1)))
                .isEqualTo(new HistoryView(
                        "acme",
                        9,
                        3,
                        List.of(new RevisionView(
                                8, "2026-01-01T00:00:00Z", "ann", "why", "Segment/front added", null))));
        assertThat(done(services.check(ACME, List.of(new ModelEdit.RemoveSegment("front")), OptionalLong.of(9))))
                .isEqualTo(new EditOutcome.Applied(10, true));
    }

    @Test
    void shouldSayWhichRevisionsThereAreForAForgottenOne() {
        cluster.replies.put(TenantCommand.GetModelAt.class, new TenantReply.NoRevision(2, 3, 9));

        RefusedException unknown = refused(services.model(ACME, 2));

        assertThat(unknown.kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(unknown).hasMessageContaining("not remembered any more");
        assertThat(unknown.problem().hint()).isEqualTo("there are 3 to 9");
    }

    @Test
    void shouldTellOfEachAttachedVnicWhetherItEnforcesTheRevision() {
        Instant since = Instant.parse("2026-01-01T00:00:00Z");
        cluster.replies.put(
                TenantCommand.GetRealization.class,
                new TenantReply.Realization(
                        9,
                        List.of(
                                new TenantReply.VnicRealization(
                                        ETH0,
                                        HOST_1,
                                        true,
                                        new RuleAssignment(9, "new"),
                                        new RuleAssignment(7, "old"),
                                        since),
                                new TenantReply.VnicRealization(
                                        VnicId.parse("acme/db-1/eth0"),
                                        null,
                                        false,
                                        new RuleAssignment(9, "new"),
                                        RuleAssignment.NONE,
                                        null))));

        assertThat(done(services.realization(ACME, OptionalLong.of(9), Duration.ZERO))
                        .vnics())
                .containsExactly(new VnicRealization(ETH0.toString(), "host-1", 7, false, since.toString()));
        assertThat(done(services.realization(ACME, OptionalLong.of(7), Duration.ZERO))
                        .vnics())
                .containsExactly(new VnicRealization(ETH0.toString(), "host-1", 7, true, since.toString()));
    }

    @Test
    void shouldTellOfEachTenantHowFarItIsWithTheProvidersPolicies() {
        Instant since = Instant.parse("2026-01-01T00:00:00Z");
        cluster.models.put(TenantId.PROVIDER, TenantModel.empty(TenantId.PROVIDER));
        cluster.replies.put(
                TenantCommand.GetRealization.class,
                new TenantReply.Adoptions(
                        9, 2, 1, List.of(new TenantAdoption(ACME, 8, 7, false, since, List.of(HOST_1), "late"))));

        RealizationView view = done(services.realization(TenantId.PROVIDER, OptionalLong.empty(), Duration.ZERO));

        assertThat(view.revision()).isEqualTo(9);
        assertThat(view.realized()).isFalse();
        assertThat(view.tenants())
                .isEqualTo(new TenantsRealization(
                        2,
                        1,
                        List.of(new TenantRealization(
                                "acme", 8, 7, false, since.toString(), List.of("host-1"), "late"))));
    }

    @Test
    void shouldTellOfAFirewallThatAnswersThatHasMovedAndThatIsSilent() {
        FlowQuery query = new FlowQuery(
                Direction.OUT,
                FirstPacket.of(
                        Datagram.tcp(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("10.0.0.2"), 1, 2)),
                true,
                10);
        FlowReport report = new FlowReport(ETH0, 3, VnicMode.CUTTING, "ab", 7, null, 0, List.of());
        cluster.onFirewall =
                command -> answer(command, new FirewallReply.FlowTraced(HOST_1, FirewallState.CUTTING_OVER, report));
        assertThat(done(services.trace(HOST_1, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Says(HOST_1, "CUTTING_OVER", report));
        cluster.onFirewall = command -> answer(command, new FirewallReply.Moved(ETH0, HOST_2, 4));
        assertThat(done(services.trace(HOST_1, ETH0, query))).isEqualTo(new FirewallAnswer.Moved(HOST_1, HOST_2));
        cluster.onFirewall = command -> answer(command, new Refused(RefusalCode.UNKNOWN, "not attached here"));
        assertThat(done(services.trace(HOST_1, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Silent(HOST_1, "not attached here"));
        cluster.onFirewall = command -> {};
        assertThat(done(impatient.trace(HOST_1, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Silent(HOST_1, "host host-1 did not answer in time"));
        assertThat(done(services.trace(HOST_9, ETH0, query)))
                .isEqualTo(new FirewallAnswer.Silent(HOST_9, "host host-9 is not up"));
    }

    private static void answer(FirewallCommand command, FirewallReply reply) {
        if (command instanceof FirewallCommand.TraceFlow trace) {
            trace.replyTo().tell(reply);
        }
    }

    @Test
    void shouldTellWhichTablesVnicsShouldHave() {
        Map<VnicId, RuleAssignment> assignments = Map.of(ETH0, new RuleAssignment(9, "new"));
        cluster.replies.put(TenantCommand.GetAssignments.class, new TenantReply.Assignments(9, assignments));

        assertThat(done(services.assignments(ACME, Set.of(ETH0)))).isEqualTo(assignments);
    }

    private EditOutcome edit(ModelEdit edit, OptionalLong revision) {
        return done(services.edit(ACME, List.of(edit), revision, "me", ""));
    }

    @Test
    void shouldNameTheTenantsThereAreForAnUnknownOne() {
        RefusedException refused = refused(services.model(new TenantId("acmee")));

        assertThat(refused.kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(refused.problem().hint()).isEqualTo("did you mean acme?");
    }

    @Test
    void shouldTellUnknownHostsAndVmsFromRefusedMoves() {
        cluster.onPlacement = refusing(RefusalCode.WRONG_STATE, "the VM is detached");
        assertThat(refused(services.migrate(WEB, HOST_2, "me")).kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(refused(services.migrate(WEB, HOST_9, "me")).getMessage()).isEqualTo("there is no host 'host-9'");

        cluster.onPlacement = refusing(RefusalCode.MOVING, "it moves");
        assertThat(refused(services.migrate(WEB, HOST_2, "me")).kind()).isEqualTo(ProblemKind.MOVING);
        cluster.onPlacement = refusing(RefusalCode.CAPACITY, "full");
        assertThat(refused(services.migrate(WEB, HOST_2, "me")).kind()).isEqualTo(ProblemKind.CAPACITY);
    }

    private static java.util.function.Consumer<PlacementCommand> refusing(RefusalCode code, String message) {
        return command -> {
            if (command instanceof PlacementCommand.MigrateVm migrate) {
                migrate.replyTo().tell(new PlacementReply.Refused(code, message));
            }
        };
    }

    @Test
    void shouldFollowAMigrationBeforeTheLogHasIt() {
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.MigrateVm migrate) {
                migrate.replyTo().tell(new PlacementReply.MigrationAccepted("m-1", WEB, HOST_1, HOST_2));
            }
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.CUTTING_OVER, "m-1", null));
            }
        };

        MigrationView begun = done(services.migrate(WEB, HOST_2, "me"));

        assertThat(begun.state()).isEqualTo("RUNNING");
        assertThat(done(services.migration("m-1")).phase()).isEqualTo("CUTTING_OVER");
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.PLACED, null, receipt("m-1")));
            }
        };
        MigrationView ended = done(services.migration("m-1"));
        assertThat(ended.state()).isEqualTo("COMMITTED");
        assertThat(ended.receipt().pauseNanos()).isEqualTo(1_200);
        assertThat(ended.receipt().lossless()).isTrue();
        assertThat(refused(services.migration("m-2")).kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(refused(services.cancel("m-1", "me")).kind()).isEqualTo(ProblemKind.TOO_LATE);
    }

    @Test
    void shouldShowTheWaitForATurnAsAPhase() {
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.MigrateVm migrate) {
                migrate.replyTo().tell(new PlacementReply.MigrationAccepted("m-1", WEB, HOST_1, HOST_2));
            }
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.PRECOPYING, "m-1", null, 1_500));
            }
        };

        done(services.migrate(WEB, HOST_2, "me"));
        MigrationView waits = done(services.migration("m-1"));

        assertThat(waits.phase()).isEqualTo(MigrationView.AWAITING_TURN);
        assertThat(waits.phases())
                .containsExactly(
                        new PhaseView("PRECOPYING", "1970-01-01T00:00:01Z"),
                        new PhaseView("AWAITING_TURN", "1970-01-01T00:00:01.500Z"));
        cluster.onPlacement = command -> {
            if (command instanceof PlacementCommand.GetPlacement get) {
                get.replyTo().tell(placed(PlacementPhase.CUTTING_OVER, "m-1", null, 1_500));
            }
        };
        assertThat(done(services.migration("m-1")).phase()).isEqualTo("CUTTING_OVER");
    }

    private static PlacementReply placed(
            PlacementPhase phase, @Nullable String migration, @Nullable MigrationReceipt receipt) {
        return placed(phase, migration, receipt, 0);
    }

    private static PlacementReply placed(
            PlacementPhase phase, @Nullable String migration, @Nullable MigrationReceipt receipt, long waitedSince) {
        return new PlacementReply.Placement(new PlacementView(
                WEB,
                phase,
                HOST_1,
                3,
                true,
                null,
                migration,
                receipt,
                null,
                migration == null ? List.of() : List.of(new PhaseTime(phase, 1_000)),
                migration == null ? null : Mover.PRODUCT,
                waitedSince));
    }

    private static MigrationReceipt receipt(String id) {
        return new MigrationReceipt(
                id,
                WEB,
                HOST_1,
                HOST_2,
                1,
                2,
                "me",
                MigrationOutcome.COMMITTED,
                List.of(
                        new PhaseTime(PlacementPhase.RESERVING, 1_000),
                        new PhaseTime(PlacementPhase.PRECOPYING, 1_200),
                        new PhaseTime(PlacementPhase.CUTTING_OVER, 1_900),
                        new PhaseTime(PlacementPhase.PLACED, 2_000)),
                List.of(new VnicTransfer(
                        ETH0, 4, 4, 256, -1, -1, 7, 3, 2, 0, 900, 1_200, List.of(new CopyRound(4, 0, 200, 5_000, 1)))),
                List.of(),
                1_300);
    }

    @Test
    void shouldReadReceiptsFromTheLog() throws Exception {
        String json = JsonMapper.builder()
                .addModule(new PolicyJacksonModule())
                .build()
                .writeValueAsString(receipt("m-7"));
        cluster.migrations.add(
                new MigrationRow("m-7", WEB, HOST_2, HOST_1, "COMMITTED", "me", Instant.EPOCH, Instant.EPOCH, json));

        MigrationView view = done(services.migration("m-7"));

        assertThat(view.receipt().vnics().getFirst().digestSent()).isEqualTo("ffffffffffffffff");
        assertThat(view.receipt().phases())
                .extracting(PhaseView::phase)
                .containsExactly("RESERVING", "PRECOPYING", "AWAITING_TURN", "CUTTING_OVER", "PLACED");
        assertThat(view.receipt().rounds()).isEqualTo(1);
        assertThat(view.receipt().restBytes()).isEqualTo(56);
        assertThat(view.receipt().vnics().getFirst().rounds()).containsExactly(new CopyRoundView(4, 0, 200, 5_000, 1));
        assertThat(done(services.nodeReport()).migrations()).isEqualTo(Map.of("COMMITTED", 1L));
        assertThat(done(services.nodeReport()).migrations()).isEqualTo(Map.of("COMMITTED", 1L));
        assertThat(done(services.nodeReport()).counters()).containsEntry("uplink.in", 9L);
    }

    @Test
    void shouldShowInAListWhoKeepsTheReplicasAndHowTheyStand() {
        VmId lost = VmId.parse("acme/lost-1");
        VmId plain = VmId.parse("acme/plain-1");
        cluster.placements.add(new PlacementRow(WEB, HOST_9, 4, replicated(WEB), Instant.EPOCH));
        cluster.placements.add(new PlacementRow(lost, HOST_1, 1, replicated(lost), Instant.EPOCH));
        cluster.placements.add(new PlacementRow(plain, HOST_1, 1, "{}", Instant.EPOCH));
        cluster.onReplicas = command -> {
            if (command instanceof ReplicaCommand.Describe describe) {
                describe.replyTo()
                        .tell(new ReplicaReply.Kept(
                                HOST_1,
                                List.of(
                                        new ReplicaReply.KeptReplica(WEB, 3, true, 1, 9),
                                        new ReplicaReply.KeptReplica(WEB, 4, true, 250, 7))));
            }
        };

        Map<VmId, io.portcullis.api.PlacementView> placements = done(services.placements(ACME));

        ReplicaView replica = Objects.requireNonNull(placements.get(WEB)).replica();
        assertThat(replica.whole()).isTrue();
        assertThat(replica.ageMillis()).isEqualTo(250);
        assertThat(replica.connections()).isEqualTo(7);
        assertThat(Objects.requireNonNull(placements.get(lost)).replica())
                .isEqualTo(new ReplicaView(null, KeptReplicas.NOWHERE));
        assertThat(Objects.requireNonNull(placements.get(plain)).replica()).isNull();
    }

    private static String replicated(VmId vm) {
        MacAddress mac = MacAddress.parse("02:00:00:00:00:01");
        return VmSpecJson.write(
                new VmSpec(vm, List.of(new VnicSpec(new VnicId(vm, "eth0"), mac, List.of(), 1, "memory:" + vm)), true));
    }

    @Test
    void shouldShowHostsThatAreGoneButStillHaveVms() {
        cluster.placements.add(new PlacementRow(WEB, HOST_9, 4, "{}", Instant.EPOCH));

        List<HostView> hosts = done(services.hosts());

        assertThat(hosts).extracting(HostView::name).containsExactly("host-1", "host-2", "host-9");
        assertThat(hosts.getLast().status()).isEqualTo("DOWN");
        assertThat(hosts.getLast().vms()).containsExactly("acme/web-1");
        assertThat(hosts.getFirst().maxVnics()).isEqualTo(10);
        assertThat(refused(services.empty(HOST_9, BulkOperation.Kind.DRAIN, BulkCommand.Wishes.NONE, "me"))
                        .kind())
                .isEqualTo(ProblemKind.HOST_UNAVAILABLE);
    }

    @Test
    void shouldPassEvacuationsOn() {
        cluster.onBulk = command -> {
            if (command instanceof BulkCommand.Empty order) {
                order.replyTo().tell(status(order.kind(), BulkOperation.Phase.RUNNING, order.by()));
            }
            if (command instanceof BulkCommand.StopDrain stop) {
                stop.replyTo().tell(new BulkReply.Refused(RefusalCode.WRONG_STATE, "it leaves"));
            }
            if (command instanceof BulkCommand.GetDrain get) {
                get.replyTo().tell(new BulkReply.NoOperation(get.host()));
            }
            if (command instanceof BulkCommand.GetOperation get) {
                get.replyTo().tell(new BulkReply.Refused(RefusalCode.UNKNOWN, "there is no operation 'op-9'"));
            }
            if (command instanceof BulkCommand.ListOperations list) {
                list.replyTo()
                        .tell(new BulkReply.Operations(
                                List.of(status(BulkOperation.Kind.EVACUATE, BulkOperation.Phase.DONE, "me"))));
            }
        };

        EvacuationView begun = done(services.empty(HOST_1, BulkOperation.Kind.LEAVE, BulkCommand.Wishes.NONE, "me"));
        assertThat(begun.moving()).containsExactly("acme/web-1");
        assertThat(begun.state()).isEqualTo("DRAINING");
        assertThat(begun.leave()).isTrue();
        assertThat(begun.operation()).isEqualTo("op-1");
        assertThat(begun.etaMillis()).isEqualTo(1_500);
        assertThat(refused(services.cancelDrain(HOST_1, "me")).kind()).isEqualTo(ProblemKind.WRONG_STATE);
        assertThat(done(services.evacuation(HOST_2)).state()).isEqualTo("ACTIVE");
        assertThat(refused(services.operation("op-9")).kind()).isEqualTo(ProblemKind.UNKNOWN);
        assertThat(done(services.operations())).singleElement().satisfies(operation -> {
            assertThat(operation.kind()).isEqualTo("EVACUATE");
            assertThat(operation.state()).isEqualTo("DONE");
            assertThat(operation.heldBack()).isEqualTo(Map.of("MEMORY", 3));
            assertThat(operation.bytesPerSecond()).isEqualTo(200);
            assertThat(operation.bytesPerSecondUsed()).isEqualTo(150);
            assertThat(operation.ended()).isNotNull();
            assertThat(operation.moves())
                    .singleElement()
                    .satisfies(move -> assertThat(move.to()).isEqualTo("host-2"));
        });
    }

    private static BulkReply.Status status(BulkOperation.Kind kind, BulkOperation.Phase phase, String by) {
        return new BulkReply.Status(
                "op-1",
                kind,
                HOST_1,
                List.of(),
                phase,
                4,
                BulkOperation.Priority.NORMAL,
                by,
                1,
                phase == BulkOperation.Phase.DONE ? 2 : 0,
                2,
                1,
                List.of(WEB),
                0,
                Map.of(),
                1_500L,
                List.of(new BulkMove(WEB, HOST_1, HOST_2, false, BulkMove.State.MOVED, "m-1", 0, null, 1, 2)),
                Map.of("MEMORY", 3),
                200,
                150L);
    }

    @Test
    void shouldAskFirewallsWithADeadline() {
        assertThat(catchThrowableOfType(CompletionException.class, () -> done(impatient.vnicStatus(HOST_1, ETH0))))
                .hasCauseInstanceOf(TimeoutException.class);
        assertThat(refused(services.vnicStatus(HOST_9, ETH0)).kind()).isEqualTo(ProblemKind.HOST_UNAVAILABLE);

        cluster.onFirewall = command -> {
            if (command instanceof FirewallCommand.GetStatus get) {
                get.replyTo().tell(FakeCluster.enforcing(ETH0));
            }
            if (command instanceof FirewallCommand.ListConnections list) {
                list.replyTo().tell(new FirewallReply.Moved(ETH0, HOST_2, 4));
            }
        };
        assertThat(done(services.vnicStatus(HOST_1, ETH0)).orElseThrow().mode()).isEqualTo("ENFORCING");
        assertThat(refused(services.connections(HOST_1, ETH0, 10)).getMessage()).contains("moved to host-2");
    }

    @Test
    void shouldBeReadyWhenTheNodeIsUpAndItsAgentAnswers() {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> done(services.readiness()).ready());
        assertThat(done(services.cluster()).members()).singleElement().satisfies(member -> {
            assertThat(member.host()).isEqualTo("host-1");
            assertThat(member.self()).isTrue();
        });

        cluster.hostsAreSilent = true;

        assertThat(done(impatient.readiness()).reason()).isEqualTo("the host agent does not answer");
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private static RefusedException refused(CompletionStage<?> stage) {
        CompletionException failure = catchThrowableOfType(CompletionException.class, () -> done(stage));
        assertThat(failure).as("nothing was refused").isNotNull();
        return (RefusedException) failure.getCause();
    }
}
