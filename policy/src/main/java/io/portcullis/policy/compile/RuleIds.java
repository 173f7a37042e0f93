package io.portcullis.policy.compile;

import io.portcullis.policy.TenantId;
import io.portcullis.policy.table.RuleTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Ids of rules: the first 64 bits of a SHA-256 over {@code tenant/policy/rule}, the same on every node for ever. */
public final class RuleIds {
    private RuleIds() {}

    /** Never {@link RuleTable#DEFAULT_RULE_ID}. */
    public static long of(TenantId tenant, String policy, String rule) {
        byte[] name = (tenant + "/" + policy + "/" + rule).getBytes(StandardCharsets.UTF_8);
        long id = ByteBuffer.wrap(Sha256.digest(name)).getLong();
        return id == RuleTable.DEFAULT_RULE_ID ? 1 : id;
    }
}
