package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.DB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Category;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.table.RuleTable;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;

/** What a tenant sends to the hosts that subscribe. */
class TenantSubscriptionsTest extends ExampleTenantTest {
    @Test
    void shouldSendAHostWhatItLacksAsSoonAsItSubscribes() {
        putExample();

        subscribe(Map.of(WEB_1_ETH0, NOTHING));

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.assignments()).containsOnlyKeys(WEB_1_ETH0);
        assertThat(tables.tables())
                .extracting(RuleTable::hash)
                .containsExactly(tables.assignments().get(WEB_1_ETH0).hash());
    }

    @Test
    void shouldSendNothingToAHostThatHasWhatItShould() {
        putExample();
        RuleAssignment wanted = assignment(WEB_1_ETH0);

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(wanted, true)));

        host.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldPushATagChangeOnlyToTheVnicsThatItConcerns() {
        putExample();
        subscribe(Map.of(
                WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true),
                DB_1_ETH0, new TenantCommand.Realized(assignment(DB_1_ETH0), true)));

        changeTags("web-1", "state:infected");

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.assignments()).containsOnlyKeys(WEB_1_ETH0);
        host.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldSendTablesThatGoInPiecesOnceWhileTheyAreOnTheirWay() {
        putExample();
        edit(new ModelEdit.PutPolicy(manyRules(1_001)));

        subscribe(Map.of(WEB_1_ETH0, NOTHING));
        RuleAssignment first = host.expectMessageClass(HostCommand.RuleTables.class)
                .assignments()
                .get(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, NOTHING));
        host.expectNoMessage(Duration.ofMillis(50));

        // another table is no reason to wait, nor is an agent that has begun again
        edit(new ModelEdit.PutPolicy(manyRules(1_002)));
        HostCommand.RuleTables second = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(second.assignments().get(WEB_1_ETH0).revision()).isGreaterThan(first.revision());
        TestProbe<HostCommand> restarted = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.SubscribeHost(HOST_1, Map.of(WEB_1_ETH0, NOTHING), restarted.ref()));
        assertThat(restarted.expectMessageClass(HostCommand.RuleTables.class).assignments())
                .isEqualTo(second.assignments());
    }

    @Test
    void shouldSendAgainWhatAHostDidNotPutInForce() {
        putExample();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        RuleAssignment before = assignment(WEB_1_ETH0);
        changeTags("web-1", "state:infected");
        HostCommand.RuleTables lost = host.expectMessageClass(HostCommand.RuleTables.class);

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(before, true)));

        assertThat(host.expectMessageClass(HostCommand.RuleTables.class)).isEqualTo(lost);
    }

    @Test
    void shouldHealAHostAfterItsOwnRestart() {
        putExample();
        RuleAssignment old = assignment(WEB_1_ETH0);
        changeTags("web-1", "state:infected");
        RuleTable infected = rules(WEB_1_ETH0);

        tenant.restart();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(old, true)));

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.tables()).containsExactly(infected);
        assertThat(tables.assignments().get(WEB_1_ETH0).revision()).isGreaterThan(old.revision());
    }

    @Test
    void shouldSendAShadowBesideTheTableThatStaysInForceAndTakeItBack() {
        putExample();
        RuleAssignment before = assignment(WEB_1_ETH0);
        RuleTable enforced = rules(WEB_1_ETH0);
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(before, true)));

        edit(new ModelEdit.PutStagedPolicy(StagedPolicy.of(SecurityPolicy.of(
                "tried", Category.EMERGENCY, 0, Rule.drop("all").anyService()))));

        HostCommand.RuleTables staged = host.expectMessageClass(HostCommand.RuleTables.class);
        RuleAssignment shadowed = staged.assignments().get(WEB_1_ETH0);
        assertThat(shadowed.hash()).isEqualTo(before.hash());
        assertThat(shadowed.revision()).isEqualTo(before.revision());
        assertThat(staged.tables()).extracting(RuleTable::hash).containsExactly(before.hash(), shadowed.shadowHash());
        assertThat(rules(WEB_1_ETH0)).isEqualTo(enforced);

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(shadowed, true)));
        edit(new ModelEdit.RemoveStagedPolicy("tried"));
        HostCommand.RuleTables lost = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(lost.assignments().get(WEB_1_ETH0).shadowHash()).isEmpty();
        assertThat(lost.assignments().get(WEB_1_ETH0).shadowRevision()).isGreaterThan(shadowed.shadowRevision());

        tenant.restart();
        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(shadowed, true)));
        HostCommand.RuleTables again = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(again.assignments().get(WEB_1_ETH0).shadowHash()).isEmpty();
        assertThat(again.assignments().get(WEB_1_ETH0).shadowRevision())
                .as("what ends it is younger than it, after a restart too")
                .isGreaterThan(shadowed.shadowRevision());
    }

    @Test
    void shouldLetNothingPassForAVnicThatTheTenantDoesNotHave() {
        putTenant();

        subscribe(Map.of(WEB_1_ETH0, NOTHING));

        HostCommand.RuleTables tables = host.expectMessageClass(HostCommand.RuleTables.class);
        assertThat(tables.tables()).containsExactly(RuleBook.NOTHING_PASSES);
    }

    @Test
    void shouldTellAHostThatChangesItsSubscriptionWhetherItKnowsAllThatIsThere() {
        putExample();
        RealizedVnics there = new RealizedVnics();
        changeSubscription(Map.of(), Set.of(), there.digest());
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isFalse();

        subscribe(Map.of(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true)));
        there.put(WEB_1_ETH0, new TenantCommand.Realized(assignment(WEB_1_ETH0), true));
        changeSubscription(Map.of(), Set.of(), there.digest());
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isTrue();
        assertThat(realization(WEB_1_ETH0).isRealized()).isTrue();

        // the rules that did not arrive are sent again with the next question, although it says nothing of the vNIC
        changeTags("web-1", "state:infected");
        host.expectMessageClass(HostCommand.RuleTables.class);
        changeSubscription(Map.of(), Set.of(), there.digest());
        assertThat(host.expectMessageClass(HostCommand.RuleTables.class).assignments())
                .containsKey(WEB_1_ETH0);
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isTrue();

        changeSubscription(Map.of(), Set.of(WEB_1_ETH0), there.digest());
        assertThat(host.expectMessageClass(HostCommand.Subscribed.class).complete())
                .isFalse();
        assertThat(realization(WEB_1_ETH0).host()).isNull();
        changeSubscription(Map.of(WEB_1_ETH0, NOTHING), Set.of(), 0);
        assertThat(host.expectMessageClass(HostCommand.RuleTables.class).assignments())
                .containsKey(WEB_1_ETH0);
    }

    private void changeSubscription(Map<VnicId, TenantCommand.Realized> added, Set<VnicId> removed, long digest) {
        tenant.runCommand(new TenantCommand.ChangeSubscription(HOST_1, added, removed, digest, host.ref()));
    }
}
