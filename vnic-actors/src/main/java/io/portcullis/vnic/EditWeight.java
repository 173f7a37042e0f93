package io.portcullis.vnic;

import io.portcullis.policy.model.Exclusion;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.Group;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Peers;
import io.portcullis.policy.model.ProviderPolicies;
import io.portcullis.policy.model.Rule;
import io.portcullis.policy.model.SecurityPolicy;
import io.portcullis.policy.model.StagedPolicy;
import java.util.List;

/** How much edits are: objects, rules, members and addresses, so whatever in them can be many. Cheap beside their size in bytes. */
final class EditWeight {
    private EditWeight() {}

    static long of(List<ModelEdit> edits) {
        return edits.stream().mapToLong(EditWeight::weight).sum();
    }

    private static long weight(ModelEdit edit) {
        return switch (edit) {
            case ModelEdit.PutPolicy(SecurityPolicy policy) -> weight(policy);
            case ModelEdit.PutStagedPolicy(StagedPolicy staged) -> {
                SecurityPolicy policy = staged.policy();
                yield policy == null ? 1 : weight(policy);
            }
            case ModelEdit.PutGroup(Group group) -> 1 + weight(group.expression());
            case ModelEdit.PutService put -> 1L + put.service().matches().size();
            case ModelEdit.PutVm put ->
                1L
                        + put.vm().vnics().stream()
                                .mapToLong(vnic -> 1L + vnic.discovered().size())
                                .sum();
            case ModelEdit.SetDiscovered set -> 1L + set.addresses().size();
            case ModelEdit.PutSegment _, ModelEdit.SetTags _, ModelEdit.SetFinding _ -> 1;
            case ModelEdit.ClearFinding _, ModelEdit.SetDefaults _, ModelEdit.RemoveSegment _ -> 1;
            case ModelEdit.RemoveVm _, ModelEdit.RemoveGroup _, ModelEdit.RemoveService _ -> 1;
            case ModelEdit.PutExclusion(Exclusion exclusion) ->
                1L + exclusion.groups().size() + exclusion.vms().size();
            case ModelEdit.RemovePolicy _, ModelEdit.RemoveStagedPolicy _, ModelEdit.SetClock _ -> 1;
            case ModelEdit.RemoveExclusion _, ModelEdit.SetQuota _ -> 1;
            case ModelEdit.AdoptProvider(ProviderPolicies provider) -> weight(provider);
        };
    }

    private static long weight(ProviderPolicies provider) {
        return 1
                + provider.groups().values().stream()
                        .mapToLong(group -> 1 + weight(group.expression()))
                        .sum()
                + provider.services().values().stream()
                        .mapToLong(service -> 1L + service.matches().size())
                        .sum()
                + provider.policies().values().stream()
                        .mapToLong(EditWeight::weight)
                        .sum();
    }

    private static long weight(SecurityPolicy policy) {
        return 1 + policy.rules().stream().mapToLong(EditWeight::weight).sum();
    }

    private static long weight(Rule rule) {
        return 1 + weight(rule.sources()) + weight(rule.destinations());
    }

    private static long weight(Peers peers) {
        return (long) peers.groups().size() + peers.addresses().size();
    }

    private static long weight(Expression expression) {
        long own = switch (expression) {
            case Expression.Addresses set -> set.addresses().size();
            case Expression.Members members -> members.vms().size();
            case Expression.HasTag _, Expression.NameMatches _, Expression.OsMatches _ -> 1;
            case Expression.InSegment _, Expression.HasFinding _, Expression.InGroup _ -> 1;
            case Expression.And _, Expression.Or _, Expression.Not _ -> 1;
        };
        return own
                + expression.operandsByPath().values().stream()
                        .mapToLong(EditWeight::weight)
                        .sum();
    }
}
