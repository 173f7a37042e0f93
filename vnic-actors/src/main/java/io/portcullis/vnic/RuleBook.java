package io.portcullis.vnic;

import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which rule table each vNIC of a tenant has, and since which revision. A vNIC that the tenant does not have, but a host does, gets a
 * table that drops everything. One thread.
 */
final class RuleBook {
    /** For vNICs that the tenant does not have (any more). */
    static final RuleTable NOTHING_PASSES = RuleTableCodec.seal(List.of(), Action.DROP, false);

    private record Entry(long revision, RuleTable table) {}

    private final PolicyCompiler compiler;
    private Map<VnicId, Entry> entries = Map.of();
    private long revision;

    RuleBook(PolicyCompiler compiler) {
        this.compiler = compiler;
    }

    /**
     * Compiles the model; a vNIC whose table stays the same keeps its revision.
     *
     * @param model null if there is no tenant
     * @return the vNICs that have another table than before, or none any more
     */
    Set<VnicId> update(@Nullable TenantModel model, long newRevision) {
        Map<VnicId, RuleTable> tables = model == null ? Map.of() : compiler.compileAll(model);
        Map<VnicId, Entry> next = new HashMap<>();
        Set<VnicId> changed = new HashSet<>(entries.keySet());
        changed.removeAll(tables.keySet());
        tables.forEach((vnic, table) -> {
            Entry before = entries.get(vnic);
            boolean same = before != null && before.table().hash().equals(table.hash());
            next.put(vnic, same ? before : new Entry(newRevision, table));
            if (!same) {
                changed.add(vnic);
            }
        });
        entries = next;
        revision = newRevision;
        return changed;
    }

    long revision() {
        return revision;
    }

    boolean has(VnicId vnic) {
        return entries.containsKey(vnic);
    }

    Set<VnicId> vnics() {
        return entries.keySet();
    }

    RuleAssignment assignment(VnicId vnic) {
        Entry entry = entries.get(vnic);
        return entry == null
                ? new RuleAssignment(revision, NOTHING_PASSES.hash())
                : new RuleAssignment(entry.revision(), entry.table().hash());
    }

    RuleTable table(VnicId vnic) {
        Entry entry = entries.get(vnic);
        return entry == null ? NOTHING_PASSES : entry.table();
    }

    /** Whether a host that has these rules in force for the vNIC must get others. */
    boolean differs(VnicId vnic, RuleAssignment inForce) {
        Entry entry = entries.get(vnic);
        if (entry == null) {
            return !Objects.equals(inForce.hash(), NOTHING_PASSES.hash());
        }
        return !inForce.hash().equals(entry.table().hash()) || inForce.revision() < entry.revision();
    }
}
