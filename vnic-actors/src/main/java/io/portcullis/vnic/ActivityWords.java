package io.portcullis.vnic;

import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.StagedPolicy;
import io.portcullis.policy.model.TenantModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What became active and inactive because the time went on, in words. */
final class ActivityWords {
    private ActivityWords() {}

    /**
     * Of what is the same in both models, by name: {@code Policy/night active}, {@code Rule/temporary/vendor expired}; of staged policies and of the
     * provider's only that they are.
     */
    static Stream<String> between(TenantModel before, TenantModel after) {
        Stream<String> enforced = after.policies().values().stream()
                .filter(policy -> policy.equals(before.policies().get(policy.name())))
                .flatMap(policy -> between(policy, before.time(), after.time()).stream());
        Stream<String> staged = after.staged().values().stream()
                .filter(policy -> policy.equals(before.staged().get(policy.name())))
                .map(StagedPolicy::policy)
                .filter(Objects::nonNull)
                .filter(policy -> !policy.rulesAt(before.time()).equals(policy.rulesAt(after.time())))
                .map(policy -> "StagedPolicy/" + policy.name() + " active otherwise");
        // what is in these is not for everyone who may see the history
        Stream<String> provider = after.provider().equals(before.provider())
                        && after.provider().policies().values().stream()
                                .anyMatch(
                                        policy -> !policy.rulesAt(before.time()).equals(policy.rulesAt(after.time())))
                ? Stream.of("the provider's policies active otherwise")
                : Stream.empty();
        return Stream.concat(provider, Stream.concat(enforced, staged));
    }

    private static List<String> between(SecurityPolicy policy, Instant before, Instant after) {
        List<String> words = new ArrayList<>();
        boolean isActive = policy.activeAt(after);
        if (isActive != policy.activeAt(before)) {
            words.add("Policy/" + policy.name() + (isActive ? " active" : " inactive"));
        }
        for (Rule rule : policy.rules()) {
            if (rule.activeAt(before) && !rule.activeAt(after)) {
                words.add("Rule/" + policy.name() + "/" + rule.name() + " expired");
            }
        }
        return words;
    }
}
