package io.portcullis.admin.actors;

import static io.portcullis.admin.actors.ServicesOnActors.ACME;
import static io.portcullis.admin.actors.ServicesOnActors.ETH0;
import static io.portcullis.admin.actors.ServicesOnActors.HOST_1;
import static io.portcullis.admin.actors.ServicesOnActors.done;
import static io.portcullis.admin.actors.ServicesOnActors.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portcullis.admin.EditOutcome;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.HistoryView;
import io.portcullis.api.RealizationView;
import io.portcullis.api.RevisionView;
import io.portcullis.api.TenantRealization;
import io.portcullis.api.TenantsRealization;
import io.portcullis.api.VnicRealization;
import io.portcullis.persistence.DatabaseHealth;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.vnic.ModelVersion;
import io.portcullis.vnic.RuleAssignment;
import io.portcullis.vnic.TenantAdoption;
import io.portcullis.vnic.TenantCommand;
import io.portcullis.vnic.TenantReply;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the API says of tenants, as their actors say it. */
class TenantsTest {
    @RegisterExtension
    static final ServicesOnActors NODE = new ServicesOnActors();

    private final FakeCluster cluster = NODE.cluster();
    private final ActorServices services = NODE.services();
    /** Asks of those who do not answer. */
    private final ActorServices impatient = NODE.impatient();

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
    void shouldTellWhichTablesVnicsShouldHave() {
        Map<VnicId, RuleAssignment> assignments = Map.of(ETH0, new RuleAssignment(9, "new"));
        cluster.replies.put(TenantCommand.GetAssignments.class, new TenantReply.Assignments(9, assignments));

        assertThat(done(services.assignments(ACME, Set.of(ETH0)))).isEqualTo(assignments);
    }

    @Test
    void shouldShowTheNewestModelThatIsKnownHereWhileTheDatabaseIsAway() {
        edit(new ModelEdit.PutSegment(new Segment("front", 1)), OptionalLong.empty());
        assertThat(done(services.model(ACME)).segments()).containsKey("front");
        cluster.tenantsAreSilent = true;
        assertThat(catchThrowableOfType(CompletionException.class, () -> done(impatient.model(ACME))))
                .hasCauseInstanceOf(TimeoutException.class);

        cluster.outage = new DatabaseHealth.Outage(Instant.EPOCH, "refused");

        assertThat(done(services.model(ACME)).segments()).containsKey("front");
        assertThat(catchThrowableOfType(CompletionException.class, () -> done(impatient.model(ACME))))
                .as("where the model was never asked for")
                .hasCauseInstanceOf(TimeoutException.class);
    }
}
