package io.portcullis.policy.model;

import static io.portcullis.policy.model.Expression.tag;
import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.table.ServiceMatch;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Revisions, no-ops and atomicity. */
class ModelEditTest {
    private static TenantModel model() {
        return aTenant()
                .segment("lan", 10)
                .vm("web-1", "app:web", "10.0.0.1")
                .group("web", tag("app:web"))
                .build();
    }

    @Test
    void shouldGrowTheRevisionByOneForEachChange() {
        TenantModel empty = TenantModel.empty(new TenantId("acme"));
        TenantModel one = accepted(empty.putSegment(new Segment("lan", 10)));
        TenantModel two = accepted(one.setDefaults(Action.REJECT, true));

        assertThat(empty.revision()).isZero();
        assertThat(one.revision()).isEqualTo(1);
        assertThat(two.revision()).isEqualTo(2);
        assertThat(two.defaultAction()).isEqualTo(Action.REJECT);
        assertThat(empty.segments()).as("the old model is as it was").isEmpty();
    }

    @Test
    void shouldCountManyEditsAsOneRevision() {
        assertThat(model().revision()).isEqualTo(1);
    }

    @Test
    void shouldKeepTheModelWhenNothingChanges() {
        TenantModel model = model();

        for (EditResult result : List.of(
                model.putSegment(new Segment("lan", 10)),
                model.putVm(model.vms().get("web-1")),
                model.putGroup(new Group("web", tag("app:web"))),
                model.setTags("web-1", Set.of(Tag.parse("app:web"))),
                model.clearFinding("web-1", "malware"),
                model.setDefaults(Action.DROP, false),
                model.apply(List.of()),
                model.apply(List.of(
                        new ModelEdit.PutSegment(new Segment("dmz", 20)), new ModelEdit.RemoveSegment("dmz"))))) {
            assertThat(result).isEqualTo(new EditResult.Accepted(model, false));
            assertThat(accepted(result)).isSameAs(model);
        }
    }

    @Test
    void shouldApplyAllEditsOrNone() {
        TenantModel model = model();
        EditResult result = model.apply(List.of(
                new ModelEdit.PutSegment(new Segment("dmz", 20)),
                new ModelEdit.SetTags("web-1", new TreeSet<>()),
                new ModelEdit.RemoveGroup("nope")));

        assertThat(refused(result)).extracting(Problem::path).containsExactly("/groups/nope");
        assertThat(model.segments()).containsOnlyKeys("lan");
    }

    @Test
    void shouldJudgeEditsByTheirOutcomeAndNotByTheirOrder() {
        TenantModel model = accepted(model().apply(List.of(
                new ModelEdit.PutPolicy(SecurityPolicy.of(
                        "p",
                        Category.APPLICATION,
                        1,
                        Rule.allow("r").from("later").services("mine"))),
                new ModelEdit.PutGroup(new Group("later", tag("x:y"))),
                new ModelEdit.PutService(Service.of(
                        "mine", ServiceLibrary.BUILT_IN.get("ssh").matches().getFirst())))));

        accepted(model.apply(List.of(
                new ModelEdit.RemoveGroup("later"),
                new ModelEdit.RemoveService("mine"),
                new ModelEdit.RemovePolicy("p"))));
    }

    @Test
    void shouldSetAndClearTagsAndFindings() {
        TenantModel tagged = accepted(model().setTags("web-1", Set.of(Tag.parse("a:b"), Tag.parse("c:d"))));
        TenantModel found = accepted(tagged.setFinding("web-1", "malware", "eicar"));
        TenantModel cleared = accepted(found.clearFinding("web-1", "malware"));

        assertThat(tagged.vms().get("web-1").tags()).containsExactly(Tag.parse("a:b"), Tag.parse("c:d"));
        assertThat(found.vms().get("web-1").findings()).containsEntry("malware", "eicar");
        assertThat(cleared.vms().get("web-1")).isEqualTo(tagged.vms().get("web-1"));
        assertThat(cleared.revision()).isEqualTo(tagged.revision() + 2);
    }

    @Test
    void shouldSetTheClockForwardOnly() {
        Instant noon = Instant.parse("2026-12-01T12:00:00Z");
        TenantModel model = accepted(model().apply(new ModelEdit.SetClock(noon)));

        assertThat(model.time()).isEqualTo(noon);
        assertThat(model.apply(new ModelEdit.SetClock(noon))).isEqualTo(new EditResult.Accepted(model, false));
        assertThat(refused(model.apply(new ModelEdit.SetClock(noon.minusNanos(1)))))
                .extracting(Problem::path)
                .containsExactly("/time");
        assertThat(model.at(noon.minusSeconds(1)).time()).isEqualTo(noon.minusSeconds(1));
    }

    @Test
    void shouldNotFindWhatBelongsToAnotherTenant() {
        assertThat(model().vm(VmId.parse("acme/web-1"))).isPresent();
        assertThat(model().vm(VmId.parse("globex/web-1"))).isEmpty();
    }

    @Test
    void shouldKeepVlansOfTenantsApart() {
        TenantModel other =
                aTenant("globex").segment("lan", 10).segment("dmz", 11).build();

        assertThat(TenantIsolation.problems(other, TenantIsolation.vlans(model())))
                .extracting(Problem::path, Problem::message)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("/segments/lan/vlan", "VLAN 10 belongs to another tenant"));
    }

    @Test
    void shouldKeepALockedPolicyAsItIsUntilItIsUnlocked() {
        SecurityPolicy policy = SecurityPolicy.of(
                "pci", Category.ENVIRONMENT, 1, Rule.drop("all").anyService());
        SecurityPolicy locked = policy.withLock("audit until friday");
        TenantModel model = accepted(accepted(model().putPolicy(policy)).putPolicy(locked));

        for (ModelEdit edit : List.of(
                new ModelEdit.RemovePolicy("pci"),
                new ModelEdit.PutPolicy(locked.withEnabled(false)),
                new ModelEdit.PutPolicy(policy.withEnabled(false)))) {
            EditResult result = model.apply(edit);

            assertThat(result).as("%s", edit).isInstanceOf(EditResult.Refused.class);
            Problem problem = ((EditResult.Refused) result).problems().getFirst();
            assertThat(problem.path()).isEqualTo("/policies/pci");
            assertThat(problem.message()).contains("audit until friday");
        }
        assertThat(accepted(model.putPolicy(locked.withLock("until monday")))
                        .policies()
                        .get("pci")
                        .lock())
                .isEqualTo("until monday");
        TenantModel unlocked = accepted(model.putPolicy(policy));
        assertThat(accepted(unlocked.removePolicy("pci")).policies()).isEmpty();
    }

    @Test
    void shouldRefuseStateThatAPolicyCannotKeep() {
        TenantModel model = aTenant()
                .with(new ModelEdit.PutService(
                        Service.of("ftp", ServiceMatch.ports(6, 21, 21)).withAlg(Alg.FTP)))
                .with(new ModelEdit.PutService(Service.of("own", ServiceMatch.ports(6, 21, 21))))
                .build();
        Rule.Builder allow = Rule.allow("r").services("own");
        SecurityPolicy frames =
                SecurityPolicy.of("p", Category.ETHERNET, 1, Rule.allow("r").anyService());
        SecurityPolicy application = SecurityPolicy.of("p", Category.APPLICATION, 1, allow);
        SecurityPolicy gateway = SecurityPolicy.of(
                "p",
                Category.APPLICATION,
                1,
                Rule.drop("d").services("ftp"),
                Rule.allow("n").services(ServiceSelection.named("ftp").negate()),
                Rule.allow("r").services("own", "ftp"));

        assertThat(refused(model.putPolicy(frames.withStateless(true))))
                .extracting(Problem::path)
                .containsExactly("/policies/p/stateful");
        assertThat(refused(model.putPolicy(frames.withTcpPickup(TcpPickup.STRICT))))
                .extracting(Problem::path)
                .containsExactly("/policies/p/tcpStrict");
        assertThat(refused(model.putPolicy(application.withStateless(true).withTcpPickup(TcpPickup.LOOSE))))
                .extracting(Problem::path)
                .containsExactly("/policies/p/tcpStrict");
        assertThat(refused(model.putPolicy(gateway.withStateless(true))))
                .extracting(Problem::path)
                .containsExactly("/policies/p/rules/2/services/1");
        accepted(model.putPolicy(gateway.withTcpPickup(TcpPickup.STRICT)));

        TenantModel stateless = accepted(model.putPolicy(application.withStateless(true)));
        assertThat(refused(stateless.putService(
                        Service.of("own", ServiceMatch.ports(6, 21, 21)).withAlg(Alg.FTP))))
                .as("a service gets a gateway later")
                .extracting(Problem::path)
                .containsExactly("/policies/p/rules/0/services/0");
    }
}
