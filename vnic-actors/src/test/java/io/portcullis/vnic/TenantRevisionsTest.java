package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Problem;
import io.portcullis.policy.model.QuotaItem;
import io.portcullis.policy.model.Segment;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.TenantQuota;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a tenant remembers of its revisions, and what it says of edits that are only tried. */
class TenantRevisionsTest extends TenantActorTest {

    @BeforeEach
    void createTenant() {
        start(ACME, Clock.systemUTC());
        putTenant();
    }

    @Test
    void shouldListRevisionsNewestFirstInPagesWithWhoAndWhatAndWhy() {
        edit("ann", "", group("web", "app:web"));
        edit("bob", "ticket 7", group("web", "app:www"), group("db", "app:db"));
        edit("ann", "", new ModelEdit.RemoveGroup("db"));

        TenantReply.History all = ask(me -> new TenantCommand.GetHistory(Long.MAX_VALUE, 10, me));

        assertThat(all.revisions())
                .extracting(each -> each.revision() + " " + each.by() + " " + each.note() + ": " + each.summary())
                .containsExactly(
                        "4 ann : Group/db removed",
                        "3 bob ticket 7: Group/db added, Group/web changed",
                        "2 ann : Group/web added",
                        "1 ann : tenant created");
        assertThat(all.oldest()).isEqualTo(1);
        assertThat(all.current()).isEqualTo(4);
        TenantReply.History page = ask(me -> new TenantCommand.GetHistory(4, 2, me));
        assertThat(page.revisions()).extracting(TenantReply.Revision::revision).containsExactly(3L, 2L);
    }

    @Test
    void shouldKnowEveryRevisionAfterSnapshotsAndARestart() {
        List<TenantModel> models = new ArrayList<>();
        for (int round = 0; round < 120; round++) {
            edit("ann", "", group("g" + round % 7, "round:r" + round));
            models.add(model());
        }

        tenant.restart();

        for (TenantModel model : models) {
            TenantReply reply = ask(me -> new TenantCommand.GetModelAt(model.revision(), me));
            assertThat(reply).isInstanceOf(TenantReply.Model.class);
            assertThat(((TenantReply.Model) reply).model()).isEqualTo(model);
        }
        assertThat(this.<TenantReply>ask(me -> new TenantCommand.GetModelAt(122, me)))
                .isEqualTo(new TenantReply.NoRevision(122, 1, 121));
    }

    @Test
    void shouldShowANewTenantNothingOfAFormerOneOfItsName() {
        edit("ann", "", group("secret", "app:web"));
        this.<TenantReply>ask(me -> new TenantCommand.DeleteTenant("ann", me));

        putTenant();

        TenantReply.History history = ask(me -> new TenantCommand.GetHistory(Long.MAX_VALUE, 10, me));
        assertThat(history.revisions())
                .extracting(TenantReply.Revision::summary)
                .containsExactly("tenant created");
        assertThat(this.<TenantReply>ask(me -> new TenantCommand.GetModelAt(2, me)))
                .isEqualTo(new TenantReply.NoRevision(2, 4, 4));
    }

    @Test
    void shouldCheckAnEditAsIfItWereAppliedAndChangeNothing() {
        edit("ann", "", group("web", "app:web"));
        TenantModel before = model();

        assertThat(check(null, new ModelEdit.PutSegment(new Segment("lan", 100))))
                .isEqualTo(new TenantReply.Acceptable(3, true));
        assertThat(check(null, group("web", "app:web"))).isEqualTo(new TenantReply.Acceptable(2, false));
        assertThat(check(1L, group("web", "app:www"))).isEqualTo(new TenantReply.StaleRevision(2));
        assertThat(check(null, new ModelEdit.PutGroup(new Group("a", Expression.group("none")))))
                .isInstanceOf(TenantReply.Rejected.class);
        assertThat(check(null, new ModelEdit.PutSegment(new Segment("lan", FakeRegistry.FOREIGN_VLAN))))
                .isInstanceOfSatisfying(
                        TenantReply.Rejected.class,
                        rejected -> assertThat(rejected.problems().getFirst().path())
                                .isEqualTo("/segments/lan/vlan"));

        assertThat(model()).isEqualTo(before);
        assertThat(reserved).isEmpty();
    }

    @Test
    void shouldKeepTheQuotaAndJudgeByTheOneOfThatTimeAfterSnapshotsAndARestart() {
        edit("ann", "", group("web", "app:web"), group("db", "app:db"));
        edit("root", "", new ModelEdit.SetQuota(TenantQuota.NONE.with(QuotaItem.GROUPS, 3)));
        edit("ann", "", group("ops", "app:ops"));
        edit("root", "", new ModelEdit.SetQuota(TenantQuota.NONE.with(QuotaItem.GROUPS, 1)));
        edit("ann", "", new ModelEdit.RemoveGroup("ops"));
        List<TenantModel> models = new ArrayList<>();
        // behind the next snapshot and before it
        for (int round = 0; round < 110; round++) {
            edit("ann", "", group("web", "round:r" + round));
            models.add(model());
            tenant.restart();
        }

        assertThat(check(null, group("more", "app:more")))
                .isEqualTo(new TenantReply.Rejected(List.of(new Problem(
                        "/quota/groups",
                        "the tenant's quota is 1 groups; it has 2 and would have 3",
                        "delete others first, or ask whoever runs the cluster for more"))));
        assertThat(model()).isEqualTo(models.getLast());
        assertThat(modelAt(4).quota().limit(QuotaItem.GROUPS)).hasValue(3);
        assertThat(modelAt(4).groups()).hasSize(3);
        assertThat(modelAt(2).quota()).isEqualTo(TenantQuota.NONE);
        TenantReply.History history = ask(me -> new TenantCommand.GetHistory(6, 1, me));
        assertThat(history.revisions().getFirst().summary()).isEqualTo("Quota/acme changed");
    }

    private TenantModel modelAt(long revision) {
        return this.<TenantReply.Model>ask(me -> new TenantCommand.GetModelAt(revision, me))
                .model();
    }

    @Test
    void shouldSayThatACheckFailedWhenTheRegistryIsSilent() {
        TestProbe<TenantReply> me = testKit.createTestProbe();

        tenant.runCommand(new TenantCommand.CheckEdit(
                changes(new ModelEdit.PutSegment(new Segment("lan", FakeRegistry.SILENT_VLAN))), null, me.ref()));

        assertThat(me.receiveMessage(Duration.ofSeconds(60)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo(RefusalCode.TIMEOUT));
    }

    private TenantModel model() {
        return this.<TenantReply.Model>ask(TenantCommand.GetModel::new).model();
    }

    private void putTenant() {
        this.<TenantReply>ask(me -> new TenantCommand.PutTenant(Action.DROP, false, TimeoutPreset.LINUX, "ann", me));
    }

    private static ModelEdit group(String name, String tag) {
        return new ModelEdit.PutGroup(new Group(name, Expression.tag(tag)));
    }

    private void edit(String by, String note, ModelEdit... edits) {
        TenantReply reply = ask(me -> new TenantCommand.Edit(changes(edits), null, by, note, me));
        assertThat(reply).isInstanceOf(TenantReply.Applied.class);
    }

    private TenantReply check(Long expected, ModelEdit... edits) {
        return ask(me -> new TenantCommand.CheckEdit(changes(edits), expected, me));
    }
}
