package io.portcullis.vnic;

import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.PolicyCompiler;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.compile.TenantCompiler;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Which rule table each vNIC of a tenant has, and since which revision. A vNIC that the tenant does not have, but a host does, gets a
 * table that drops everything. One thread, which another one helps with a model that is {@link #prepare prepared}.
 */
final class RuleBook {
    /** For vNICs that the tenant does not have (any more). */
    static final RuleTable NOTHING_PASSES = RuleTableCodec.seal(List.of(), Action.DROP, false);

    private final TenantCompiler compiler;
    /** Each vNIC, and since which revision it has its table. */
    private final Map<VnicId, Since> revisions = new HashMap<>();
    /** Since which revision each vNIC that has, or had, a shadow has it or not. */
    private final Map<VnicId, Long> shadowRevisions = new HashMap<>();

    private long revision;
    /** While it is there, the compiler is the other thread's. */
    private @Nullable CompletableFuture<Changes> prepared;

    /** @param vnic as the model has it */
    private record Since(VnicId vnic, long revision) {}

    private record Changes(Set<VnicId> tables, Set<VnicId> shadows) {}

    RuleBook(PolicyCompiler compiler) {
        this.compiler = compiler.incremental();
    }

    /**
     * Begins to compile a model on another thread; nothing may be asked of this book until {@link #update}. If that is given another model after all,
     * nothing is lost but time.
     */
    void prepare(TenantModel model, Executor executor) {
        if (prepared == null) {
            prepared = CompletableFuture.supplyAsync(() -> compile(model), executor);
        }
    }

    /**
     * Compiles what is different in the model; a vNIC whose table stays the same keeps its revision.
     *
     * @param model null if there is no tenant
     * @return the vNICs that have another table or shadow than before, or none any more
     */
    Set<VnicId> update(@Nullable TenantModel model, long newRevision) {
        Set<VnicId> changed = new HashSet<>();
        if (prepared != null) {
            Changes ahead = prepared.join();
            prepared = null;
            note(ahead, newRevision);
            changed.addAll(ahead.tables());
            changed.addAll(ahead.shadows());
        }
        // of a model that was prepared nothing is left to do
        Changes changes = compile(model);
        note(changes, newRevision);
        changed.addAll(changes.tables());
        changed.addAll(changes.shadows());
        revision = newRevision;
        return changed;
    }

    private Changes compile(@Nullable TenantModel model) {
        Set<VnicId> tables = model == null ? compiler.clear() : compiler.update(model);
        return new Changes(tables, compiler.shadowsChanged());
    }

    private void note(Changes changes, long newRevision) {
        for (VnicId vnic : changes.tables()) {
            if (compiler.table(vnic) == null) {
                revisions.remove(vnic);
            } else {
                revisions.put(vnic, new Since(vnic, newRevision));
            }
        }
        for (VnicId vnic : changes.shadows()) {
            if (compiler.table(vnic) == null) {
                shadowRevisions.remove(vnic);
            } else {
                shadowRevisions.put(vnic, newRevision);
            }
        }
    }

    /** The first instant after the model's time at which vNICs have other tables by the time alone; null if there is none. */
    @Nullable
    Instant nextChange() {
        return compiler.nextChange();
    }

    long revision() {
        return revision;
    }

    /** The same as the model has it, so that of each id that came in a message nothing is kept; itself if the tenant has none such. */
    VnicId same(VnicId vnic) {
        Since since = revisions.get(vnic);
        return since == null ? vnic : since.vnic();
    }

    boolean has(VnicId vnic) {
        return revisions.containsKey(vnic);
    }

    Set<VnicId> vnics() {
        return Collections.unmodifiableSet(revisions.keySet());
    }

    RuleAssignment assignment(VnicId vnic) {
        return new RuleAssignment(
                since(vnic), table(vnic).hash(), shadowRevisions.getOrDefault(vnic, revision), shadowHash(vnic));
    }

    private long since(VnicId vnic) {
        Since since = revisions.get(vnic);
        return since == null ? revision : since.revision();
    }

    RuleTable table(VnicId vnic) {
        RuleTable table = compiler.table(vnic);
        return table == null ? NOTHING_PASSES : table;
    }

    /** What the vNIC would enforce if everything staged were published; null if that is the same. */
    @Nullable
    RuleTable shadow(VnicId vnic) {
        return compiler.shadow(vnic);
    }

    private String shadowHash(VnicId vnic) {
        RuleTable shadow = compiler.shadow(vnic);
        return shadow == null ? "" : shadow.hash();
    }

    /** The tables of those of the vNICs that the tenant has. */
    TenantReply.Rules rules(Set<VnicId> vnics) {
        Map<VnicId, RuleAssignment> assignments = new HashMap<>();
        Map<String, RuleTable> tables = new LinkedHashMap<>();
        for (VnicId vnic : vnics) {
            if (has(vnic)) {
                assignments.put(vnic, assignment(vnic));
                tables.put(table(vnic).hash(), table(vnic));
            }
        }
        return new TenantReply.Rules(revision, assignments, List.copyOf(tables.values()));
    }

    /** Which tables those of the vNICs have that the tenant has. */
    TenantReply.Assignments assignments(Set<VnicId> vnics) {
        Map<VnicId, RuleAssignment> assignments = new HashMap<>();
        for (VnicId vnic : vnics) {
            if (has(vnic)) {
                assignments.put(vnic, assignment(vnic));
            }
        }
        return new TenantReply.Assignments(revision, assignments);
    }

    /** Whether a host that has these rules in force for the vNIC must get others. */
    boolean differs(VnicId vnic, RuleAssignment inForce) {
        if (!Objects.equals(inForce.hash(), table(vnic).hash()) || differsInShadow(vnic, inForce)) {
            return true;
        }
        Since since = revisions.get(vnic);
        return since != null && inForce.revision() < since.revision();
    }

    private boolean differsInShadow(VnicId vnic, RuleAssignment inForce) {
        String shadow = shadowHash(vnic);
        return !shadow.equals(inForce.shadowHash())
                || (!shadow.isEmpty() && inForce.shadowRevision() < shadowRevisions.getOrDefault(vnic, 0L));
    }
}
