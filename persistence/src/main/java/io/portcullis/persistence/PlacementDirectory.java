package io.portcullis.persistence;

import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * The table of all placements, from which a host that starts learns which VMs it has. Written by a VM's placement only; the epoch
 * fences a late write. Any thread; a stage fails with {@link java.sql.SQLException} when the database does.
 */
public interface PlacementDirectory {
    /** Writes the row unless one with a higher epoch is there; says whether it wrote. */
    CompletionStage<Boolean> put(PlacementRow row);

    /** Removes the VM's row unless it has a higher epoch; says whether it did. */
    CompletionStage<Boolean> remove(VmId vm, long epoch);

    CompletionStage<Optional<PlacementRow>> find(VmId vm);

    CompletionStage<List<PlacementRow>> listByHost(HostId host);

    CompletionStage<List<PlacementRow>> listByTenant(TenantId tenant);

    /** Ascending by VM. */
    CompletionStage<List<PlacementRow>> listAll();

    /** How many VMs are on each host that has any. */
    default CompletionStage<Map<HostId, Long>> countByHost() {
        return listAll()
                .thenApply(rows ->
                        rows.stream().collect(Collectors.groupingBy(PlacementRow::host, Collectors.counting())));
    }
}
