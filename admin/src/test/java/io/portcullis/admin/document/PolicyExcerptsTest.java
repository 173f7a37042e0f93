package io.portcullis.admin.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.policy.compile.RandomTenant;
import io.portcullis.policy.model.ModelChange;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.TenantModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The difference of two policies is that of their texts, although these are not written as a whole. */
class PolicyExcerptsTest {
    private static final int MODELS = 60;
    private static final int CHANGES_PER_MODEL = 20;

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @Test
    void shouldShowWhatIsDifferentInTheWholeTexts() {
        System.out.println("PolicyExcerptsTest: -Dportcullis.seed=" + seed);
        for (int round = 0; round < MODELS; round++) {
            TenantModel model = new RandomTenant(random.nextLong()).model();
            List<SecurityPolicy> policies = List.copyOf(model.policies().values());
            for (int change = 0; change < CHANGES_PER_MODEL && !policies.isEmpty(); change++) {
                SecurityPolicy before = longer(policies.get(random.nextInt(policies.size())), policies);
                assertSameDifference(model, before, changed(before, policies));
            }
        }
    }

    @Test
    void shouldWriteWholePoliciesWhereRulesTakeLinesThatAreNotCounted() {
        TenantModel model = new RandomTenant(1).model();
        for (String description :
                List.of("one\ntwo", "ends with a break\n", "ü€😀", " lead", "a\u0085b", "x".repeat(300))) {
            List<Rule> rules = new ArrayList<>();
            for (int number = 0; number < 9; number++) {
                rules.add(Rule.allow("rule-" + number)
                        .anyService()
                        .description(description)
                        .build());
            }
            SecurityPolicy before = policy(model).withRules(rules);
            rules.set(6, Rule.allow("another").anyService().build());
            assertSameDifference(model, before, before.withRules(rules));
        }
    }

    private static SecurityPolicy policy(TenantModel model) {
        return model.policies().values().iterator().next();
    }

    private static void assertSameDifference(TenantModel model, SecurityPolicy before, SecurityPolicy after) {
        ModelChange change = new ModelChange(
                ModelChange.Kind.POLICY,
                before.name(),
                new ModelEdit.PutPolicy(before),
                new ModelEdit.PutPolicy(after));
        String whole = String.join("\n", LineDiff.hunks(text(model, before), text(model, after)));

        String diff = ModelDocuments.diff(model, List.of(change), ModelDocuments.MAX_DIFF_CHARS);

        assertThat(diff.lines().skip(2)).containsExactlyElementsOf(whole.lines().toList());
    }

    private static String text(TenantModel model, SecurityPolicy policy) {
        ModelEdit put = new ModelEdit.PutPolicy(policy);
        String document =
                ModelDocuments.document(model, new ModelChange(ModelChange.Kind.POLICY, policy.name(), put, put));
        return document.substring("---\n".length());
    }

    /** With rules of other policies too, some of them twice. */
    private SecurityPolicy longer(SecurityPolicy policy, List<SecurityPolicy> others) {
        List<Rule> rules = new ArrayList<>(policy.rules());
        for (int more = random.nextInt(5); more > 0; more--) {
            rules.addAll(others.get(random.nextInt(others.size())).rules());
        }
        return policy.withRules(rules);
    }

    private SecurityPolicy changed(SecurityPolicy policy, List<SecurityPolicy> others) {
        List<Rule> known =
                others.stream().flatMap(other -> other.rules().stream()).toList();
        List<Rule> rules = new ArrayList<>(policy.rules());
        for (int edit = random.nextInt(3); edit >= 0; edit--) {
            int place = random.nextInt(rules.size() + 1);
            if (place == rules.size() || random.nextBoolean()) {
                rules.add(place, known.get(random.nextInt(known.size())));
            } else if (random.nextBoolean()) {
                rules.set(place, known.get(random.nextInt(known.size())));
            } else {
                rules.remove(place);
            }
        }
        SecurityPolicy changed = policy.withRules(rules);
        return random.nextInt(4) == 0 ? changed.withDescription("another") : changed;
    }
}
