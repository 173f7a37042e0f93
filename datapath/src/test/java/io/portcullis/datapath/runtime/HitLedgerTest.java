package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.move;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.table.RuleTable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class HitLedgerTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId BETA = new TenantId("beta");
    private static final RuleTable RULES = rules(allow(RuleDirection.OUT, PacketView.PROTOCOL_TCP, 443));

    private final AtomicLong millis = new AtomicLong(1_000_000);
    private final HitLedger ledger = new HitLedger(() -> Instant.ofEpochMilli(millis.get()), 8);

    private void count(TenantId tenant, long rule, long hits, long agoNanos) {
        HitLedger.Slip slip = new HitLedger.Slip();
        slip.note(rule, hits, 5_000_000_000L - agoNanos);
        ledger.add(tenant, slip, 5_000_000_000L);
    }

    @Test
    void shouldSumWhatVnicsHandOverWithTheTimeOfDay() {
        count(ACME, 1, 2, 3_000_000_000L);
        count(ACME, 1, 5, 4_000_000_000L);
        count(BETA, 1, 1, 0);
        assertThat(ledger.of(ACME).rules()).containsExactly(new RuleHit(1, 7, 997_000));
        assertThat(ledger.of(BETA).rules()).containsExactly(new RuleHit(1, 1, 1_000_000));
        assertThat(ledger.takeChanged()).containsOnlyKeys(ACME, BETA);
        assertThat(ledger.takeChanged()).isEmpty();
        ledger.changedStill(Set.of(BETA));
        assertThat(ledger.takeChanged()).containsOnlyKeys(BETA);
    }

    @Test
    void shouldGoOnWithWhatTheHostHadCountedBefore() {
        Instant since = Instant.parse("2026-01-01T00:00:00Z");
        count(ACME, 1, 2, 0);
        ledger.restore(Map.of(ACME, new TenantHits(since, List.of(new RuleHit(1, 40, 500_000)))), Set.of(ACME, BETA));
        ledger.restore(Map.of(ACME, new TenantHits(since, List.of(new RuleHit(1, 40, 500_000)))), Set.of());
        assertThat(ledger.of(ACME)).isEqualTo(new TenantHits(since, List.of(new RuleHit(1, 42, 1_000_000))));
        assertThat(ledger.of(BETA).countedSince())
                .as("enforced before, and nobody knows what was counted")
                .isEqualTo(Instant.ofEpochMilli(1_000_000));
        assertThat(ledger.of(new TenantId("new")).countedSince()).isNull();
        ledger.forget(ACME);
        assertThat(ledger.of(ACME)).isEqualTo(TenantHits.NONE);
    }

    @Test
    void shouldForgetTheRulesWithoutAHitForTheLongestTimeAtItsLimit() {
        for (int rule = 1; rule <= 9; rule++) {
            millis.addAndGet(1_000);
            count(ACME, rule, 1, 0);
        }
        assertThat(ledger.of(ACME).rules())
                .extracting(RuleHit::ruleId)
                .containsExactlyInAnyOrder(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(ledger.forgotten()).isEqualTo(1);
    }

    @Test
    void shouldLoseNothingWhenRulesChangeAndVnicsMoveAndLeave() {
        AtomicLong aheadNanos = new AtomicLong();
        LongSupplier clock = () -> System.nanoTime() + aheadNanos.get();
        try (TestHosts hosts = new TestHosts(1)) {
            DataPathRuntime first = hosts.host("host-1", clock);
            DataPathRuntime second = hosts.host("host-2", clock);
            hosts.enforce(first, vnic(1, 1), RULES);
            TcpStream stream = new TcpStream(hosts.vm(1), hosts.fabric.station());
            stream.open();
            aheadNanos.addAndGet(60_000_000_000L);
            assertThat(get(first.collectHits()).of(ACME).rules())
                    .filteredOn(hit -> hit.ruleId() == 443)
                    .allSatisfy(hit -> assertThat(hit.lastMillis())
                            .isLessThan(InstantSource.system().millis() - 59_000));

            get(first.installRules(vnic(1, 1).vnic(), 1, 2, rules(allow(RuleDirection.OUT, 17, 53))));
            assertThat(hitsOf(first, 443))
                    .as("the rule is in no table any more")
                    .isEqualTo(1);

            get(first.installRules(vnic(1, 1).vnic(), 1, 3, RULES));
            move(first, second, vnic(1, 2), RULES);
            assertThat(hitsOf(first, 443)).as("the vNIC has left").isEqualTo(1);
            assertThat(hitsOf(second, 443))
                    .as("counts stay where they were made")
                    .isZero();
        }
    }

    private static long hitsOf(DataPathRuntime host, long rule) {
        return get(host.collectHits()).of(ACME).rules().stream()
                .filter(hit -> hit.ruleId() == rule)
                .mapToLong(RuleHit::hits)
                .sum();
    }
}
