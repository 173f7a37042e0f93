package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.HOST_2;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a tenant says of how far its revisions are. */
class TenantRealizationTest extends ExampleTenantTest {
    @Test
    void shouldAnswerHowFarARevisionIsOnceItIsEverywhere() {
        putExample();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        changeTags("web-1", "state:infected");
        RuleAssignment wanted = assignment(WEB_1_ETH0);
        TestProbe<TenantReply> waiting = testKit.createTestProbe();

        tenant.runCommand(new TenantCommand.GetRealization(null, 10_000, waiting.ref()));
        tenant.runCommand(new TenantCommand.ReportRealized(
                HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(RuleAssignment.NONE, true))));
        waiting.expectNoMessage(Duration.ofMillis(50));
        tenant.runCommand(
                new TenantCommand.ReportRealized(HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true))));

        TenantReply.Realization answer = waiting.expectMessageClass(TenantReply.Realization.class);
        assertThat(answer.complete()).isTrue();
        assertThat(answer.revision()).isEqualTo(wanted.revision());
        waiting.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldAnswerHowFarARevisionIsWhenTheTimeIsOver() {
        putExample();
        subscribe(Map.of(WEB_1_ETH0, NOTHING));

        TenantReply.Realization pending = ask(me -> new TenantCommand.GetRealization(null, 50, me));
        TenantReply.Realization toCome = ask(me -> new TenantCommand.GetRealization(1_000L, 50, me));

        assertThat(pending.complete()).isFalse();
        assertThat(toCome.revision()).isLessThan(1_000);
    }

    @Test
    void shouldCallAVnicRealizedOnlyWhenItsEnforcingHostHasTheTable() {
        putExample();
        RuleAssignment wanted = assignment(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, false)));
        assertThat(realization(WEB_1_ETH0).isRealized()).isFalse();

        tenant.runCommand(new TenantCommand.SubscribeHost(
                HOST_2, Map.of(WEB_1_ETH0, new TenantCommand.Realized(RuleAssignment.NONE, true)), host.ref()));
        assertThat(realization(WEB_1_ETH0).host()).isEqualTo(HOST_2);
        assertThat(realization(WEB_1_ETH0).isRealized()).isFalse();

        tenant.runCommand(
                new TenantCommand.ReportRealized(HOST_2, Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true))));
        assertThat(realization(WEB_1_ETH0).isRealized()).isTrue();
    }

    @Test
    void shouldNotBelieveALostHostThatIsBackAndHasNotHeardThatAnotherOneEnforcesNow() {
        putExample();
        RuleAssignment old = assignment(WEB_1_ETH0);
        tenant.runCommand(new TenantCommand.SubscribeHost(
                HOST_2, Map.of(WEB_1_ETH0, new TenantCommand.Realized(old, true, 2)), host.ref()));
        changeTags("web-1", "state:infected");
        RuleAssignment wanted = assignment(WEB_1_ETH0);

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true, 1)));

        assertThat(realization(WEB_1_ETH0).host()).isEqualTo(HOST_2);
        assertThat(realization(WEB_1_ETH0).isRealized()).isFalse();
        tenant.runCommand(new TenantCommand.ReportRealized(
                HOST_2, Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true, 2))));
        assertThat(realization(WEB_1_ETH0).isRealized()).isTrue();
    }

    @Test
    void shouldSaySinceWhenAVnicIsPendingUntilItIsRealized() {
        putExample();
        RuleAssignment old = assignment(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(old, true)));
        assertThat(realization(WEB_1_ETH0).pendingSince()).isNull();
        Instant before = Instant.now();
        changeTags("web-1", "state:infected");
        RuleAssignment wanted = assignment(WEB_1_ETH0);

        Instant since = realization(WEB_1_ETH0).pendingSince();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(old, true)));

        assertThat(since).isBetween(before, Instant.now());
        assertThat(realization(WEB_1_ETH0).pendingSince()).isEqualTo(since);
        assertThat(realization(WEB_1_ETH0).enforces(wanted.revision())).isFalse();
        assertThat(realization(WEB_1_ETH0).enforces(old.revision())).isTrue();
        tenant.runCommand(
                new TenantCommand.ReportRealized(HOST_1, Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true))));
        assertThat(realization(WEB_1_ETH0).pendingSince()).isNull();
        assertThat(realization(WEB_1_ETH0).enforces(wanted.revision())).isTrue();
    }

    @Test
    void shouldNotCallAChangeRealizedAfterItsOwnRestartUntilTheHostsHaveSpoken() {
        putExample();
        place(WEB_1, HOST_1, 1);
        tenant.restart();

        assertThat(isRealized()).isFalse();
        assertThat(realization(WEB_1_ETH0).host()).isEqualTo(HOST_1);
        assertThat(realization(WEB_1_ETH0).pendingSince()).isNotNull();

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        assertThat(isRealized()).isTrue();
    }

    @Test
    void shouldCallAChangePendingForASilentHostThatMayStillEnforce() {
        putExample();
        place(WEB_1, HOST_1, 1);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        fallSilent();
        assertThat(isRealized()).as("of what was said before the silence").isTrue();

        changeTags("web-1", "state:infected");
        assertThat(isRealized()).isFalse();
        host.expectNoMessage(Duration.ofMillis(50));

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        assertThat(isRealized()).isTrue();
    }

    @Test
    void shouldNotWaitForASilentHostWhoseVmIsElsewhereOrNowhere() {
        putExample();
        place(WEB_1, HOST_1, 1);
        subscribe(Map.of(WEB_1_ETH0, NOTHING));
        fallSilent();
        assertThat(isRealized()).isFalse();

        directory.remove(WEB_1, 1);
        tenant.runCommand(new TenantCommand.ReviewHosts());
        Awaitility.await().until(this::isRealized);
        assertThat(realization(WEB_1_ETH0).host()).isNull();
    }

    @Test
    void shouldSayThatNobodyKnowsWhenTheDirectoryCannotBeRead() {
        putExample();
        place(WEB_1, HOST_1, 1);
        directory.setAway(true);
        tenant.restart();

        assertThat(this.<TenantReply>ask(TenantCommand.GetRealization::new))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TIMEOUT));
        directory.setAway(false);
        assertThat(realization(WEB_1_ETH0).host()).as("it is read again").isEqualTo(HOST_1);
    }

    private void fallSilent() {
        for (int round = 0; round < 4; round++) {
            tenant.runCommand(new TenantCommand.ReviewHosts());
        }
    }
}
