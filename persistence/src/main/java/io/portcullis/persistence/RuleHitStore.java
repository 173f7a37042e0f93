package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What hosts have counted of rules, so that it outlives their processes and the hosts themselves. Each row is written by its host only. Any thread; a
 * stage fails with {@link java.sql.SQLException} when the database does.
 */
public interface RuleHitStore {
    /** Replaces the rows, all or none; says how many. */
    CompletionStage<Integer> put(List<HostHits> rows);

    CompletionStage<List<HostHits>> listByHost(HostId host);

    /** Also of hosts that are gone. */
    CompletionStage<List<HostHits>> listByTenant(TenantId tenant);

    /** Removes what was counted of a tenant; says of how many hosts. */
    CompletionStage<Integer> removeOf(TenantId tenant);
}
