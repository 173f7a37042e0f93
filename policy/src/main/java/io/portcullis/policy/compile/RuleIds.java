package io.portcullis.policy.compile;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.Tier;
import io.portcullis.policy.table.RuleTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Ids of rules: the first 64 bits of a SHA-256 over {@code tenant/policy/rule}, the same on every node for ever. A rule of the provider has one
 * id in its own model and in those of all tenants, that of {@code provider/policy/rule}.
 */
public final class RuleIds {
    private RuleIds() {}

    /**
     * Never {@link RuleTable#DEFAULT_RULE_ID}.
     *
     * @param policy as it is called in the model of that tenant
     */
    public static long of(TenantId tenant, String policy, String rule) {
        String whole = (Tier.ofName(policy) == Tier.PROVIDER ? policy : tenant + "/" + policy) + "/" + rule;
        long id = ByteBuffer.wrap(Sha256.digest(whole.getBytes(StandardCharsets.UTF_8)))
                .getLong();
        return id == RuleTable.DEFAULT_RULE_ID ? 1 : id;
    }
}
