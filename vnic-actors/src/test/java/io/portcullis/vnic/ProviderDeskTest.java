package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static io.portcullis.vnic.testkit.Samples.HOST_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Category;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.Segment;
import io.portcullis.vnic.testkit.FakePlacementDirectory;
import io.portcullis.vnic.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the provider gives its policies away and knows how far they are, with tenants that the test plays. */
class ProviderDeskTest extends TenantActorTest {
    private static final TenantId GLOBEX = new TenantId("globex");
    private static final Instant NOON = Instant.parse("2026-12-01T12:00:00Z");

    private final ManualClock clock = new ManualClock(NOON);
    /** Who is registered; nobody while the provider starts, so that it tells nobody then. */
    private volatile List<String> names = List.of();

    /** What all tenants together are told. */
    private TestProbe<TenantCommand> tenants;

    @BeforeEach
    void createProvider() {
        tenants = testKit.createTestProbe();
        ActorRef<RegistryCommand> registry = testKit.spawn(Behaviors.receiveMessage(message -> {
            if (message instanceof RegistryCommand.ListTenants list) {
                list.replyTo().tell(new RegistryCommand.Tenants(new TreeSet<>(names)));
            }
            return Behaviors.same();
        }));
        start(TenantId.PROVIDER, clock, _ -> tenants.ref(), registry);
        assertThat(realization().all()).isZero();
        names = List.of("acme", "globex");
    }

    @Test
    void shouldBeThereWithoutBeingCreatedAndNeverBeDeleted() {
        TenantReply.Model model = ask(TenantCommand.GetModel::new);
        assertThat(model.model().revision()).isZero();

        assertThat(edit(policy("guard"))).isEqualTo(new TenantReply.Applied(1, true));
        assertThat(this.<TenantReply>ask(me -> new TenantCommand.DeleteTenant("ann", me)))
                .isInstanceOfSatisfying(Refused.class, refused -> {
                    assertThat(refused.code()).isEqualTo(RefusalCode.WRONG_STATE);
                    assertThat(refused.message()).contains("delete these");
                });
        assertThat(edit(new ModelEdit.PutSegment(new Segment("lan", 100)))).isInstanceOf(TenantReply.Rejected.class);
        assertThat(tenant.getState().revision()).isEqualTo(1);
    }

    @Test
    void shouldGiveItsPoliciesToWhoeverHasOlderOnes() {
        assertThat(asks(ACME, 0, null)).isEqualTo(new TenantReply.ProviderUnchanged(0));
        edit(policy("guard"));

        assertThat(asks(ACME, 0, null)).isInstanceOfSatisfying(TenantReply.Provider.class, given -> {
            assertThat(given.policies().revision()).isEqualTo(1);
            assertThat(given.policies().policies()).containsOnlyKeys("provider/guard");
        });
        assertThat(asks(ACME, 1, state(ACME, 1, true))).isEqualTo(new TenantReply.ProviderUnchanged(1));
    }

    @Test
    void shouldCallItTheSameRevisionAfterARestart() {
        edit(policy("guard"));
        edit(policy("wall"));
        ProviderPolicies before = given();

        tenant.restart();

        assertThat(given()).isEqualTo(before);
        assertThat(before.revision()).isEqualTo(2);
    }

    @Test
    void shouldTellEveryTenantOfAChangeAndAgainThoseThatDidNotTakeIt() {
        edit(policy("guard"));
        assertThat(told(2)).containsOnly(new TenantCommand.ProviderChanged(1));

        asks(ACME, 1, state(ACME, 1, true));
        tenant.runCommand(new TenantCommand.ReviewProvider());

        assertThat(told(1)).containsExactly(new TenantCommand.ProviderChanged(1));
        tenants.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldTellATenantThatIsBeingCreatedWhatIsPublishedMeanwhile() {
        names = List.of();
        asks(ACME, 0, null);

        edit(policy("guard"));

        assertThat(told(1)).containsExactly(new TenantCommand.ProviderChanged(1));
        tenant.runCommand(new TenantCommand.LeaveProvider(ACME));
        edit(policy("wall"));
        tenants.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void shouldTellManyTenantsAFewAtATime() {
        int count = ProviderDesk.MAX_UNDER_WAY + 10;
        names = IntStream.range(0, count).mapToObj(number -> "t" + number).toList();
        edit(policy("guard"));
        told(ProviderDesk.MAX_UNDER_WAY);
        tenants.expectNoMessage(Duration.ofMillis(50));

        // who was told first has taken it
        names.forEach(name -> asks(new TenantId(name), 1, state(new TenantId(name), 1, true)));

        assertThat(tenants.receiveSeveralMessages(1)).hasSize(1);
    }

    @Test
    void shouldBeRealizedOnceEveryTenantHasAdoptedAndRealizedIt() {
        edit(policy("guard"));
        asks(ACME, 1, state(ACME, 1, false));
        asks(GLOBEX, 0, state(GLOBEX, 0, true));

        TenantReply.Adoptions pending = realization();
        assertThat(pending.all()).isEqualTo(2);
        assertThat(pending.pending()).isEqualTo(2);
        assertThat(pending.tenants()).extracting(TenantAdoption::tenant).containsExactly(ACME, GLOBEX);
        assertThat(pending.tenants().getFirst().lagging()).containsExactly(HOST_1);
        assertThat(pending.tenants().getLast().pendingSince()).isEqualTo(NOON);

        TestProbe<TenantReply> waiting = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.GetRealization(1L, 10_000, waiting.ref()));
        asks(ACME, 1, state(ACME, 1, true));
        waiting.expectNoMessage(Duration.ofMillis(50));
        asks(GLOBEX, 1, state(GLOBEX, 1, true));

        TenantReply.Adoptions done = waiting.expectMessageClass(TenantReply.Adoptions.class);
        assertThat(done.pending()).isZero();
        assertThat(done.revision()).isEqualTo(1);
    }

    @Test
    void shouldCountATenantAsPendingThatIsSilentOrWasNeverHeardOf() {
        edit(policy("guard"));
        asks(ACME, 1, state(ACME, 1, true));
        assertThat(realization().pending()).as("globex has not spoken").isEqualTo(1);
        asks(GLOBEX, 1, state(GLOBEX, 1, true));
        assertThat(realization().pending()).isZero();

        clock.set(NOON.plus(ProviderDesk.SILENCE).plusSeconds(1));
        asks(GLOBEX, 1, state(GLOBEX, 1, true));

        TenantReply.Adoptions silent = realization();
        assertThat(silent.pending()).isEqualTo(1);
        assertThat(silent.tenants().getFirst().problem()).contains("said nothing since " + NOON);

        tenant.restart();
        assertThat(realization().pending()).as("nobody has spoken").isEqualTo(2);
        asks(GLOBEX, 1, state(GLOBEX, 1, true));
        names = List.of("globex");
        tenant.runCommand(new TenantCommand.LeaveProvider(ACME));
        assertThat(realization().pending()).isZero();
    }

    @Test
    void shouldNotBeRealizedBeforeThereIsSuchARevision() {
        names = List.of();
        TestProbe<TenantReply> waiting = testKit.createTestProbe();
        tenant.runCommand(new TenantCommand.GetRealization(1L, 10_000, waiting.ref()));
        waiting.expectNoMessage(Duration.ofMillis(50));

        edit(policy("guard"));

        assertThat(waiting.expectMessageClass(TenantReply.Adoptions.class).revision())
                .isEqualTo(1);
    }

    @Test
    void shouldGiveNothingNewWhenOnlyItsTimeGoesOn() {
        edit(policy("guard"));
        told(2);

        edit(new ModelEdit.SetClock(NOON));

        tenants.expectNoMessage(Duration.ofMillis(50));
        assertThat(given().revision()).isEqualTo(1);
        asks(ACME, 1, state(ACME, 1, true));
        asks(GLOBEX, 1, state(GLOBEX, 1, true));
        assertThat(realization()).satisfies(realized -> {
            assertThat(realized.revision()).isEqualTo(2);
            assertThat(realized.pending()).isZero();
        });
    }

    @Test
    void shouldOnlyBeAskedIfItIsTheProvider() {
        ActorRef<TenantCommand> acme = testKit.spawn(TenantPolicy.create(
                ACME,
                _ -> tenants.ref(),
                testKit.spawn(FakeRegistry.create(new ArrayList<>())),
                new FakePlacementDirectory(),
                new PolicyCompiler(),
                clock));
        TestProbe<TenantReply> me = testKit.createTestProbe();

        acme.tell(new TenantCommand.AskProvider(GLOBEX, 0, null, me.ref()));

        assertThat(me.receiveMessage())
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.INVALID));
    }

    // ---- what it is asked

    private static ModelEdit policy(String name) {
        return new ModelEdit.PutPolicy(
                SecurityPolicy.of(name, Category.EMERGENCY, 1, Rule.drop("all").anyService()));
    }

    private static TenantAdoption state(TenantId tenant, long adopted, boolean realized) {
        return new TenantAdoption(
                tenant, adopted, 7, realized, realized ? null : NOON, realized ? List.of() : List.of(HOST_1), null);
    }

    private TenantReply asks(TenantId tenant, long known, TenantAdoption state) {
        return ask(me -> new TenantCommand.AskProvider(tenant, known, state, me));
    }

    private ProviderPolicies given() {
        return ((TenantReply.Provider) asks(ACME, 0, null)).policies();
    }

    private List<TenantCommand> told(int count) {
        return tenants.receiveSeveralMessages(count);
    }

    private TenantReply.Adoptions realization() {
        return ask(TenantCommand.GetRealization::new);
    }

    private TenantReply edit(ModelEdit... edits) {
        return ask(me -> new TenantCommand.Edit(
                List.of(edits).stream().<TenantEdit>map(TenantEdit.Change::new).toList(), null, "ann", me));
    }
}
