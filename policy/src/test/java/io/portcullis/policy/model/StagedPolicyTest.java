package io.portcullis.policy.model;

import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.policy.Category;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is staged changes nothing, is checked as if it were enforced, and is published as one revision. */
class StagedPolicyTest {
    private static final SecurityPolicy WEB = SecurityPolicy.of(
            "web", Category.APPLICATION, 1, Rule.allow("in").to("web").services("https"));
    private static final SecurityPolicy TIGHTER = SecurityPolicy.of(
            "web",
            Category.APPLICATION,
            1,
            Rule.allow("in").from("lb").to("web").services("https"));

    private static TenantModel model() {
        return TestTenant.aTenant()
                .segment("lan", 10)
                .group("web", Expression.tag("app:web"))
                .group("lb", Expression.tag("app:lb"))
                .policy(WEB)
                .build();
    }

    @Test
    void shouldKeepWhatIsEnforcedWhileAChangeOfItIsStaged() {
        TenantModel staged = accepted(model().stage(StagedPolicy.of(TIGHTER)));

        assertThat(staged.revision()).isEqualTo(2);
        assertThat(staged.policies().get("web")).isEqualTo(WEB);
        assertThat(Publication.ofAll(staged).policies().get("web")).isEqualTo(TIGHTER);
        assertThat(accepted(staged.unstage("web")).staged()).isEmpty();
    }

    @Test
    void shouldPublishEverythingAsOneRevision() {
        TenantModel staged = accepted(model().apply(List.of(
                new ModelEdit.PutStagedPolicy(StagedPolicy.removal("web")),
                new ModelEdit.PutStagedPolicy(StagedPolicy.of(SecurityPolicy.of("new", Category.APPLICATION, 2))))));

        TenantModel published =
                accepted(staged.apply(Publication.edits(staged, staged.staged().keySet())));

        assertThat(published.revision()).isEqualTo(staged.revision() + 1);
        assertThat(published.policies().keySet()).containsExactly("new");
        assertThat(published.staged()).isEmpty();
        assertThat(Publication.ofAll(published)).isSameAs(published);
    }

    @Test
    void shouldRefuseToPublishWhatIsNotStaged() {
        TenantModel model = model();

        assertThat(refused(model.apply(Publication.edits(model, List.of("web")))))
                .extracting(Problem::path)
                .containsExactly("/staged/web");
    }

    @Test
    void shouldCheckStagedPoliciesLikeOthers() {
        SecurityPolicy ofNobody = SecurityPolicy.of(
                "new", Category.APPLICATION, 1, Rule.allow("in").from("nobody").services("none"));

        assertThat(refused(model().stage(StagedPolicy.of(ofNobody))))
                .extracting(Problem::path)
                .containsExactly(
                        "/staged/new/policy/rules/0/sources/groups/0", "/staged/new/policy/rules/0/services/0");
        assertThat(refused(model().stage(StagedPolicy.removal("wob"))))
                .extracting(Problem::path)
                .containsExactly("/staged/wob");
        assertThatThrownBy(() -> new StagedPolicy("other", WEB)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldKeepWhatAStagedPolicyNames() {
        TenantModel tighter = accepted(model().stage(StagedPolicy.of(TIGHTER)));
        TenantModel removed = accepted(model().stage(StagedPolicy.removal("web")));

        assertThat(refused(tighter.removeGroup("lb")))
                .extracting(Problem::path)
                .containsExactly("/staged/web/policy/rules/0/sources/groups/0");
        assertThat(refused(removed.removePolicy("web")))
                .extracting(Problem::path)
                .containsExactly("/staged/web");
        // the draft of a policy that is gone is one of a new policy
        assertThat(accepted(tighter.removePolicy("web")).staged()).containsOnlyKeys("web");
    }

    @Test
    void shouldRefuseToPublishAChangeOfWhatWasLockedMeanwhile() {
        TenantModel staged = accepted(model().stage(StagedPolicy.of(TIGHTER)));
        TenantModel locked = accepted(staged.putPolicy(WEB.withLock("audit")));

        assertThat(refused(locked.apply(Publication.edits(locked, List.of("web")))))
                .extracting(Problem::path)
                .containsExactly("/policies/web");
    }

    @Test
    void shouldBoundWhatIsStaged() {
        Rule rule = Rule.drop("r").anyService().build();
        SecurityPolicy large = new SecurityPolicy(
                "large",
                Category.APPLICATION,
                1,
                List.of(),
                true,
                IntStream.range(0, Limits.MAX_RULES_PER_POLICY)
                        .mapToObj(i -> new Rule.Builder("r" + i, rule.action())
                                .anyService()
                                .build())
                        .toList());
        TenantModel staged = accepted(model().stage(StagedPolicy.of(large)));

        assertThat(refused(staged.stage(StagedPolicy.of(SecurityPolicy.of(
                        "one-more", Category.APPLICATION, 1, Rule.drop("r").anyService())))))
                .extracting(Problem::hint)
                .first()
                .asString()
                .contains("MAX_STAGED_RULES");
    }
}
