package io.portcullis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.api.ConnectionView;
import io.portcullis.api.PlacementView;
import io.portcullis.api.ProvenanceView;
import io.portcullis.datapath.track.ConnectionInfo;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.compile.RuleIds;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Why a connection was allowed, told by the documents as they were then. */
class ProvenanceApiTest extends ApiTestCase {
    private static final TenantId ACME = new TenantId("acme");
    private static final long HTTP = RuleIds.of(ACME, "web", "http");
    private static final long OLD = RuleIds.of(ACME, "web", "old");

    private long before;
    private long now;

    @BeforeEach
    void apply() {
        client.apply("acme", TENANT.replace("name: http", "name: old"));
        before = client.tenant("acme").revision();
        client.apply("acme", TENANT);
        client.tag("acme", "web-1", List.of("tier:front"), List.of());
        now = client.tenant("acme").revision();
        services.placements.put(new VmId(ACME, "web-1"), new PlacementView("host-1", 1, "PLACED", null));
    }

    private static ConnectionInfo inbound(long rule, long revision, long admittingRule, long admittingRevision) {
        return new ConnectionInfo(
                6,
                new InetSocketAddress("198.51.100.7", 40_112),
                new InetSocketAddress("10.0.0.1", 80),
                "ESTABLISHED",
                false,
                rule,
                revision,
                admittingRule,
                admittingRevision,
                75_000_000_000L,
                2_000_000_000L,
                30,
                4_096);
    }

    private ConnectionView only(ConnectionInfo connection) {
        services.connections = List.of(connection);
        return client.connections("acme", "web-1", "eth0", 10, true)
                .connections()
                .getFirst();
    }

    @Test
    void shouldSayWhichRuleOfWhichRevisionAdmittedItAndWhyItMatched() {
        ConnectionView connection = only(inbound(HTTP, now, OLD, before));

        assertThat(connection.rule()).isEqualTo("web/http");
        assertThat(connection.revision()).isEqualTo(now);
        assertThat(connection.admittedBy()).as("that rule is gone").isNull();
        assertThat(connection.admittedRevision()).isEqualTo(before);
        assertThat(connection.provenance()).hasSize(2);
        ProvenanceView admitted = connection.provenance().getFirst();
        assertThat(admitted.when()).isEqualTo("ADMITTED");
        assertThat(admitted.revision()).isEqualTo(before);
        assertThat(admitted.rule().rule()).as("found in the model of then").isEqualTo("old");
        assertThat(admitted.reasons())
                .anySatisfy(reason -> assertThat(reason.because()).containsExactly("tag app:web: yes (has [app:web])"));
        ProvenanceView judgedAgain = connection.provenance().getLast();
        assertThat(judgedAgain.when()).isEqualTo("JUDGED_AGAIN");
        assertThat(judgedAgain.rule().rule()).isEqualTo("http");
        assertThat(judgedAgain.reasons())
                .as("with the tags of that revision")
                .anySatisfy(reason ->
                        assertThat(reason.because()).containsExactly("tag app:web: yes (has [app:web, tier:front])"));
    }

    @Test
    void shouldTellOnceWhatWasNeverJudgedAgain() {
        assertThat(only(inbound(HTTP, now, HTTP, now)).provenance())
                .singleElement()
                .satisfies(admitted -> assertThat(admitted.rule().policy()).isEqualTo("web"));
    }

    @Test
    void shouldSayThatARevisionIsForgottenAndThatAConnectionWasKept() {
        assertThat(only(inbound(HTTP, now, OLD, 1_000_000)).provenance().getFirst())
                .satisfies(admitted -> assertThat(admitted.rule()).isNull())
                .extracting(ProvenanceView::note)
                .isEqualTo("nothing is remembered of this revision any more");
        assertThat(only(inbound(OLD, now, OLD, before)).provenance().getLast().note())
                .isEqualTo(
                        "of its first packet the documents said ALLOW by web/http: it went on by live-flow mode KEEP,"
                                + " or another connection had announced it");
    }

    @Test
    void shouldExplainOnlyOnDemandAndNotMoreThanItsLimit() {
        services.connections = IntStream.range(0, 2 * Provenance.MAX_EXPLAINED)
                .mapToObj(i -> inbound(HTTP, now, HTTP, now))
                .toList();

        assertThat(client.connections("acme", "web-1", "eth0", 1_000).connections())
                .extracting(ConnectionView::provenance)
                .containsOnlyNulls();
        assertThat(client.connections("acme", "web-1", "eth0", 1_000, true).connections())
                .filteredOn(connection -> connection.provenance() != null)
                .hasSize(Provenance.MAX_EXPLAINED);
    }
}
