package io.portcullis.admin;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.TenantCompiler;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which vNICs would have which other rule tables.
 *
 * @param changes vNICs with the same tables before and after together
 */
record TableChanges(List<Change> changes) {
    /**
     * One change.
     *
     * @param before null for vNICs that are not there yet
     * @param after null for vNICs that would be gone
     */
    record Change(@Nullable RuleTable before, @Nullable RuleTable after, List<VnicId> vnics) {}

    /** Compiles the model, and of the other one what is different. Takes as long as compiling the tenant anew. */
    static TableChanges between(TenantModel model, TenantModel candidate) {
        TenantCompiler compiler = new PolicyCompiler().incremental();
        compiler.update(model);
        Map<VnicId, RuleTable> before = compiler.tables();
        Map<String, VnicId> changed = new TreeMap<>();
        compiler.update(candidate).forEach(vnic -> changed.put(vnic.toString(), vnic));
        Map<String, Change> changes = new LinkedHashMap<>();
        for (VnicId vnic : changed.values()) {
            RuleTable old = before.get(vnic);
            RuleTable next = compiler.table(vnic);
            changes.computeIfAbsent(hash(old) + ">" + hash(next), first -> new Change(old, next, new ArrayList<>()))
                    .vnics()
                    .add(vnic);
        }
        return new TableChanges(List.copyOf(changes.values()));
    }

    private static String hash(@Nullable RuleTable table) {
        return table == null ? "" : table.hash();
    }

    int vnics() {
        return changes.stream().mapToInt(change -> change.vnics().size()).sum();
    }
}
