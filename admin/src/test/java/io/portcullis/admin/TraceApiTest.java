package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.MigrationView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.TraceView;
import io.portcullis.api.TraceView.FirewallView;
import io.portcullis.api.TraceView.PathView;
import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.FlowQuery;
import io.portcullis.datapath.engine.FlowVerdict;
import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.evaluate.Cause;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the firewalls on a connection's way say, joined, and compared with the policy. */
class TraceApiTest extends ApiTestCase {
    private static final TenantId ACME = new TenantId("acme");
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");
    private static final VnicId DB = VnicId.parse("acme/db-1/eth0");
    private static final long SQL = RuleIds.of(ACME, "db", "sql");
    private static final FlowVerdict BY_SQL =
            new FlowVerdict(Action.ALLOW, Cause.RULE, SQL, "db/sql", Category.APPLICATION);
    private static final FlowVerdict BY_DEFAULT = new FlowVerdict(Action.DROP, Cause.DEFAULT, 0, null, null);

    private static final String MORE = """
        kind: Vm
        metadata: {name: db-1}
        spec:
          vnics:
            - {name: eth0, mac: "02:00:00:00:00:11", addresses: [10.0.0.2], segment: front, port: memory:db-1}
        ---
        kind: Policy
        metadata: {name: db}
        spec:
          category: APPLICATION
          rules:
            - {name: sql, sources: [web], destinations: [10.0.0.2], services: [postgresql], action: ALLOW}
        """;

    /** What each host answers of each vNIC; nothing for a host that is silent. */
    private final Map<String, FirewallAnswer> answers = new ConcurrentHashMap<>();

    private final List<FlowQuery> queries = new ArrayList<>();

    @BeforeEach
    void apply() {
        client.apply("acme", TENANT);
        client.apply("acme", MORE);
        services.firewalls = (host, vnic, query) -> {
            synchronized (queries) {
                queries.add(query);
            }
            return answers.getOrDefault(host + " " + vnic, new FirewallAnswer.Silent(host, "no answer"));
        };
        place(WEB, "host-1", null);
        place(DB, "host-2", null);
        says("host-1", WEB, VnicMode.ENFORCING, 1, newestHash(WEB), BY_SQL);
        says("host-2", DB, VnicMode.ENFORCING, 1, newestHash(DB), BY_SQL);
    }

    private void place(VnicId vnic, @Nullable String host, @Nullable String migration) {
        services.placements.put(
                vnic.vm(),
                new PlacementView(
                        host, 3, host == null ? "DETACHED" : migration == null ? "PLACED" : "CUTTING_OVER", migration));
    }

    private void says(String host, VnicId vnic, VnicMode mode, long epoch, String hash, @Nullable FlowVerdict verdict) {
        ConnectionInfo connection = new ConnectionInfo(
                6,
                new InetSocketAddress("10.0.0.1", 40_112),
                new InetSocketAddress("10.0.0.2", 5_432),
                "ESTABLISHED",
                vnic.equals(WEB),
                SQL,
                2,
                SQL,
                2,
                75_000_000_000L,
                2_000_000_000L,
                30,
                4_096);
        answers.put(
                host + " " + vnic,
                new FirewallAnswer.Says(
                        new HostId(host),
                        mode == VnicMode.CUTTING ? "CUTTING_OVER" : mode.name(),
                        new FlowReport(vnic, epoch, mode, hash, 2, verdict, 4, List.of(connection))));
    }

    private String newestHash(VnicId vnic) {
        return new PolicyCompiler().compile(services.models.get("acme"), vnic).hash();
    }

    private TraceView ask() {
        return client.trace("acme", EvaluateRequest.ofPort("web-1", "db-1", "tcp", 5_432));
    }

    private PathView only() {
        return ask().paths().getFirst();
    }

    @Test
    void shouldSayThatARuleKeepsNoConnectionsOrThatThereIsNone() {
        says(
                "host-1",
                WEB,
                VnicMode.ENFORCING,
                1,
                newestHash(WEB),
                new FlowVerdict(Action.ALLOW, Cause.RULE, SQL, "db/sql", Category.APPLICATION, true));
        says(
                "host-2",
                DB,
                VnicMode.ENFORCING,
                1,
                newestHash(DB),
                new FlowVerdict(Action.DROP, Cause.NO_CONNECTION, 0, null, null));

        PathView path = only();

        assertThat(path.source().firewalls().getFirst().stateless()).isTrue();
        FirewallView destination = path.destination().firewalls().getFirst();
        assertThat(destination.stateless()).isNull();
        assertThat(destination.rule()).isEqualTo("no connection");
        assertThat(path.differences())
                .containsExactly("destination: in force is DROP as of no connection, the policy says ALLOW by db/sql");
    }

    @Test
    void shouldJoinWhatBothFirewallsSay() {
        TraceView view = ask();

        assertThat(view.verdict()).isEqualTo("ALLOW");
        assertThat(view.service()).isEqualTo("tcp/5432");
        PathView path = view.paths().getFirst();
        assertThat(path.stoppedAt()).isNull();
        assertThat(path.differences()).isEmpty();
        assertThat(path.source().placement().host()).isEqualTo("host-1");
        FirewallView source = path.source().firewalls().getFirst();
        assertThat(source.phase()).isEqualTo("ENFORCING");
        assertThat(source.lagging()).isFalse();
        assertThat(source.rule()).isEqualTo("db/sql");
        assertThat(source.matching()).isEqualTo(4);
        assertThat(source.connections()).singleElement().satisfies(connection -> {
            assertThat(connection.rule()).isEqualTo("db/sql");
            assertThat(connection.ageMillis()).isEqualTo(75_000);
        });
        assertThat(queries).extracting(FlowQuery::direction).containsExactlyInAnyOrder(Direction.OUT, Direction.IN);
        assertThat(queries).allMatch(FlowQuery::anySource).allSatisfy(query -> {
            assertThat(query.packet().sourceMac().toString()).isEqualTo("02:00:00:00:00:01");
            assertThat(query.packet().destinationMac().toString()).isEqualTo("02:00:00:00:00:11");
        });
    }

    @Test
    void shouldAskForOneConnectionIfItsPortsAreKnown() {
        client.trace(
                "acme",
                EvaluateRequest.between("web-1", "db-1", "tcp")
                        .port(5_432)
                        .sourcePort(40_112)
                        .build());

        assertThat(queries).noneMatch(FlowQuery::anySource);
    }

    @Test
    void shouldSayWhereAndWhyAPacketStopsAndThatThePolicySaysOtherwise() {
        says("host-2", DB, VnicMode.ENFORCING, 1, "older", BY_DEFAULT);

        PathView path = only();

        assertThat(path.verdict()).isEqualTo("DROP");
        assertThat(path.stoppedAt()).isEqualTo("destination");
        assertThat(path.differences())
                .containsExactly(
                        "destination: realized revision 2, policy says "
                                + services.models.get("acme").revision(),
                        "destination: in force is DROP by default, the policy says ALLOW by db/sql");
        assertThat(path.destination().firewalls().getFirst().lagging()).isTrue();
        assertThat(path.destination().policyVerdict()).isEqualTo("ALLOW");
    }

    @Test
    void shouldSayThatAFirewallWithoutRulesPassesNothing() {
        says("host-1", WEB, VnicMode.ENFORCING, 1, "", null);

        PathView path = only();

        assertThat(path.stoppedAt()).isEqualTo("source");
        assertThat(path.source().why()).isEqualTo("it has no rules yet and passes nothing");
    }

    @Test
    void shouldNotKnowWhatASilentHostDoesUnlessAnotherForbidsIt() {
        answers.remove("host-1 " + WEB);

        PathView unknown = only();
        assertThat(unknown.verdict()).isEqualTo("UNKNOWN");
        assertThat(unknown.stoppedAt()).isNull();
        assertThat(unknown.source().firewalls().getFirst().problem()).isEqualTo("no answer");
        assertThat(unknown.differences()).containsExactly("source: no answer; the policy says ALLOW by db/sql");

        says("host-2", DB, VnicMode.ENFORCING, 1, newestHash(DB), BY_DEFAULT);
        PathView dropped = only();
        assertThat(dropped.verdict()).isEqualTo("DROP");
        assertThat(dropped.stoppedAt()).isEqualTo("destination");
    }

    @Test
    void shouldAskBothHostsOfAVmThatMovesAndBelieveWhoEnforces() {
        place(WEB, "host-1", "m-1");
        services.migrations.put(
                "m-1",
                new MigrationView(
                        "m-1",
                        "acme/web-1",
                        "host-1",
                        "host-2",
                        "RUNNING",
                        "CUTTING_OVER",
                        "me",
                        "2026-01-01T00:00:00Z",
                        null,
                        null,
                        null,
                        null,
                        List.of()));
        says("host-1", WEB, VnicMode.SEALED, 3, newestHash(WEB), BY_SQL);
        says("host-2", WEB, VnicMode.PASSIVE, 4, newestHash(WEB), BY_DEFAULT);

        PathView between = only();
        assertThat(between.source().verdict()).isEqualTo("UNKNOWN");
        assertThat(between.source().why()).contains("no host enforces at this moment", "CUTTING_OVER");
        assertThat(between.source().firewalls()).extracting(FirewallView::phase).containsExactly("SEALED", "PASSIVE");

        says("host-2", WEB, VnicMode.ENFORCING, 4, newestHash(WEB), BY_DEFAULT);
        assertThat(only().source().verdict()).isEqualTo("DROP");
        says("host-1", WEB, VnicMode.CUTTING, 3, newestHash(WEB), BY_SQL);
        says("host-2", WEB, VnicMode.PASSIVE, 4, newestHash(WEB), BY_DEFAULT);
        assertThat(only().source().verdict()).isEqualTo("ALLOW");
    }

    @Test
    void shouldFollowAVnicThatHasJustMoved() {
        answers.put("host-1 " + WEB, new FirewallAnswer.Moved(new HostId("host-1"), new HostId("host-2")));
        says("host-2", WEB, VnicMode.ENFORCING, 4, newestHash(WEB), BY_SQL);

        PathView path = only();

        assertThat(path.verdict()).isEqualTo("ALLOW");
        assertThat(path.source().firewalls()).extracting(FirewallView::host).containsExactly("host-2");
    }

    @Test
    void shouldHandleWhoIsAttachedNowhereOrIsNoVm() {
        place(WEB, null, null);

        PathView detached = only();
        assertThat(detached.stoppedAt()).isEqualTo("source");
        assertThat(detached.source().why()).isEqualTo("the VM is attached to no host");
        assertThat(detached.source().firewalls()).isEmpty();

        PathView outside = client.trace("acme", EvaluateRequest.ofPort("198.51.100.7", "db-1", "tcp", 5_432))
                .paths()
                .getFirst();
        assertThat(outside.source()).isNull();
        assertThat(outside.destination().direction()).isEqualTo("IN");
        assertThat(refused(() -> client.trace("acme", EvaluateRequest.ofPort("web-1", "nobody", "tcp", 1)))
                        .status())
                .isEqualTo(404);
    }

    @Test
    void shouldSayThatNobodyKnowsWhereAVmIs() {
        services.placements.put(new VmId(ACME, "web-1"), PlacementView.unknown());

        assertThat(only().source().why()).contains("its placement does not answer");
    }
}
