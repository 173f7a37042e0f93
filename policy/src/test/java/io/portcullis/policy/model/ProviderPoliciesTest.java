package io.portcullis.policy.model;

import static io.portcullis.policy.model.TestTenant.aTenant;
import static io.portcullis.policy.model.TestTenant.accepted;
import static io.portcullis.policy.model.TestTenant.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.table.ServiceMatch;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ProviderPoliciesTest {
    private static TestTenant aProvider() {
        return aTenant(TenantId.PROVIDER.value())
                .group("metadata", Expression.addresses("169.254.169.254"))
                .group(
                        "exposed",
                        Expression.and(Expression.tag("role:web"), Expression.not(Expression.group("metadata"))))
                .with(new ModelEdit.PutService(Service.of("agent", ServiceMatch.ports(6, 9_000, 9_000))))
                .policy(SecurityPolicy.of(
                                "base",
                                Category.INFRASTRUCTURE,
                                10,
                                Rule.allow("agent").to("metadata").services("agent", "http"))
                        .withAppliedTo("exposed"));
    }

    private static TenantModel tenant() {
        return aTenant().segment("lan", 10).vm("web-1", "role:web", "10.0.0.1").build();
    }

    @Test
    void shouldCallWhatTenantsHaveByNamesThatNoneOfTheirsCanHave() {
        ProviderPolicies adopted = ProviderPolicies.of(aProvider().build());

        assertThat(adopted.groups()).containsOnlyKeys("provider/metadata", "provider/exposed");
        assertThat(adopted.groups().get("provider/exposed").expression())
                .isEqualTo(Expression.and(
                        Expression.tag("role:web"), Expression.not(Expression.group("provider/metadata"))));
        SecurityPolicy base = adopted.policies().get("provider/base");
        assertThat(base.appliedTo()).containsExactly("provider/exposed");
        assertThat(base.rules().getFirst().destinations().groups()).containsExactly("provider/metadata");
        assertThat(base.rules().getFirst().services().names()).containsExactly("provider/agent", "http");
        assertThat(refused(tenant().putGroup(new Group("provider/exposed", Expression.name("web-1")))))
                .extracting(Problem::path)
                .containsExactly("/groups/provider~1exposed/name");
    }

    @Test
    void shouldNotLetTenantsNameWhatIsTheProviders() {
        TenantModel model =
                accepted(tenant().adopt(ProviderPolicies.of(aProvider().build())));

        assertThat(refused(model.putPolicy(SecurityPolicy.of(
                        "own",
                        Category.APPLICATION,
                        1,
                        Rule.drop("no").from("provider/exposed").services("provider/agent")))))
                .extracting(Problem::path)
                .containsExactly("/policies/own/rules/0/sources/groups/0", "/policies/own/rules/0/services/0");
        assertThat(refused(model.putGroup(new Group("own", Expression.group("provider/exposed")))))
                .extracting(Problem::path)
                .containsExactly("/groups/own/expression");
        assertThat(refused(model.removePolicy("provider/base")))
                .extracting(Problem::path)
                .containsExactly("/policies/provider~1base");
    }

    @Test
    void shouldAdoptWhatIsNewerOnly() {
        TenantModel provider = aProvider().build();
        TenantModel later = accepted(provider.removePolicy("base"));
        TenantModel before = tenant();
        TenantModel model = accepted(before.adopt(ProviderPolicies.of(later)));

        assertThat(model.revision()).isEqualTo(before.revision() + 1);
        assertThat(model.provider().revision()).isEqualTo(later.revision());
        assertThat(model.adopt(ProviderPolicies.of(later))).isEqualTo(new EditResult.Accepted(model, false));
        assertThat(refused(model.adopt(ProviderPolicies.of(provider))))
                .extracting(Problem::path)
                .containsExactly("/provider");
    }

    @Test
    void shouldKeepWhatWasAdoptedWhateverATenantGoesBackTo() {
        TenantModel before = tenant();
        List<ModelEdit> adoption = List.of(
                new ModelEdit.AdoptProvider(ProviderPolicies.of(aProvider().build())));
        TenantModel after = accepted(before.apply(adoption));

        assertThat(ModelChange.between(before, after)).isEmpty();
        // but what is played back is as it was
        List<ModelChange> made = ModelChange.made(before, after, adoption);
        assertThat(made).extracting(ModelChange::title).containsExactly("Provider/acme");
        List<ModelEdit> undo = made.stream().map(ModelChange::undo).toList();
        assertThat(after.replayed(undo, before.revision())).isEqualTo(before);
    }

    @Test
    void shouldRefuseWhatAProviderDoesNotHave() {
        TenantModel provider = aProvider().build();

        assertThat(refused(provider.putSegment(new Segment("lan", 10))))
                .containsExactly(new Problem(
                        "/segments/lan", "the provider has no segments", "make it in the tenant whose VMs are in it"));
        assertThat(refused(provider.putVm(tenant().vms().get("web-1"))))
                .extracting(Problem::path)
                .contains("/vms/web-1");
        assertThat(refused(provider.putExclusion(Exclusion.ofGroups("aside", "exposed"))))
                .extracting(Problem::path)
                .containsExactly("/exclusions/aside");
        assertThat(refused(provider.stage(StagedPolicy.removal("base"))))
                .extracting(Problem::path)
                .containsExactly("/staged/base");
        assertThat(refused(provider.setDefaults(Action.ALLOW, false)))
                .extracting(Problem::path)
                .containsExactly("/defaultAction");
        assertThat(refused(provider.putGroup(new Group("some", Expression.members("web-1")))))
                .extracting(Problem::hint)
                .containsExactly("use a tag, or names as conditions (equals, startsWith, contains, matches)");
        assertThat(refused(provider.adopt(ProviderPolicies.of(provider))))
                .extracting(Problem::path)
                .containsExactly("/provider");
        // whether a tenant has such a segment, only the tenant knows
        assertThat(accepted(provider.putGroup(new Group("some", Expression.segment("dmz")))))
                .isNotNull();
    }

    @Test
    void shouldLimitWhatEveryTenantHas() {
        Rule.Builder[] rules = new Rule.Builder[Limits.MAX_PROVIDER_RULES + 1];
        for (int rule = 0; rule < rules.length; rule++) {
            rules[rule] = Rule.drop("rule-" + rule).anyService();
        }

        assertThat(refused(aProvider().build().putPolicy(SecurityPolicy.of("many", Category.EMERGENCY, 1, rules))))
                .extracting(Problem::hint)
                .containsExactly("have at most 10000 (MAX_PROVIDER_RULES)");
    }

    @Test
    void shouldRefuseToAdoptWhatNoProviderCanHaveMade() {
        SecurityPolicy dangling = SecurityPolicy.of(
                "provider/base",
                Category.EMERGENCY,
                1,
                Rule.drop("no").from("web").anyService());
        TreeMap<String, SecurityPolicy> policies = new TreeMap<>();
        policies.put("provider/base", dangling);
        ProviderPolicies made = new ProviderPolicies(3, new TreeMap<>(), new TreeMap<>(), policies);
        TenantModel model = accepted(tenant().putGroup(new Group("web", Expression.tag("role:web"))));

        assertThat(refused(model.adopt(made)))
                .extracting(Problem::path)
                .containsExactly("/provider/policies/base/rules/0/sources/groups/0");
    }
}
