package io.portcullis.admin.actors;

import static io.portcullis.admin.actors.ServicesOnActors.ACME;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_1;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_9;
import static io.portcullis.admin.actors.ServicesOnActors.PATIENCE;
import static io.portcullis.admin.actors.ServicesOnActors.WEB;
import static io.portcullis.admin.actors.ServicesOnActors.done;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.admin.HitReport;
import io.portcullis.datapath.runtime.RuleHit;
import io.portcullis.datapath.runtime.TenantHits;
import io.portcullis.persistence.HostHits;
import io.portcullis.persistence.PlacementRow;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantReply;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What rules have counted, of all hosts. */
class HostCountsTest {
    @RegisterExtension
    static final ServicesOnActors NODE = new ServicesOnActors();

    private final FakeCluster cluster = NODE.cluster();
    private final ActorServices services = NODE.services();
    /** Asks of those who do not answer. */
    private final ActorServices impatient = NODE.impatient();

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
}
