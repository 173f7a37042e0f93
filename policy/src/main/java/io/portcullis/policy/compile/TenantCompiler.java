package io.portcullis.policy.compile;

import io.portcullis.policy.Tier;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.ModelDelta;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compiles the models of one tenant one after the other, and of each only what is different from the one before: what a change
 * costs grows with what it touches. Its tables are those of {@link PolicyCompiler#compileAll}, which is the reference: every vNIC
 * has a table with the same hash. Where policies are staged, vNICs whose table would be another one if these were published have that
 * one as their shadow.
 *
 * <p>Of a revision of the provider's policies that a model has instead of another one, too, only the differences are compiled.
 *
 * <p>The steps of an update: the inventory ({@link Inventory}) and who is in which group ({@link GroupIndex}); rules whose text or
 * addresses changed ({@link RuleIndex}); vNICs that other rules concern now ({@link Signature}, {@link TableClasses}); tables with
 * changed rules.
 *
 * <p>One thread, which where there are many tables to make is helped by those of the common pool. After an exception it must not
 * be used any more.
 */
public final class TenantCompiler {
    /** More tables than this are made by several threads. */
    private static final int MAX_BY_ONE_THREAD = 1_000;

    private final RuleTableInterner interner;
    private final Inventory inventory = new Inventory();
    private final GroupIndex groups = new GroupIndex(inventory);
    private final ExclusionIndex exclusions = new ExclusionIndex(groups, inventory);
    private final TableClasses classes = new TableClasses(groups);
    private final RuleScopes scopes = new RuleScopes(groups, classes);
    private final RuleIndex rules = new RuleIndex(groups, new GroupRanges(inventory), scopes);

    private final List<VnicNode> touched = new ArrayList<>();
    private Set<VnicId> shadowsChanged = new HashSet<>();
    /** Null before the first. */
    private @Nullable TenantModel model;

    TenantCompiler(RuleTableInterner interner) {
        this.interner = interner;
    }

    /**
     * Goes over to this model, which must be free of problems ({@link io.portcullis.policy.model.ModelValidator}) and of the same
     * tenant as the one before; a dangling reference throws {@link IllegalArgumentException}.
     *
     * @return the vNICs that have another table than before, or one for the first time, or none any more
     */
    public Set<VnicId> update(TenantModel next) {
        TenantModel before = model == null ? TenantModel.empty(next.tenant()) : model;
        if (!before.tenant().equals(next.tenant())) {
            throw new IllegalArgumentException(
                    "a model of tenant " + next.tenant() + " after one of " + before.tenant());
        }
        ModelDelta delta = ModelDelta.withProvider(before, next);
        groups.define(delta.groups());
        inventory.change(delta.vms(), next.vms());
        groups.settle();
        rules.change(delta, next);
        exclusions.change(delta, next, this::touch);
        if (delta.defaults()) {
            classes.markAllStale();
        }
        Set<VnicId> changed = new HashSet<>();
        shadowsChanged = new HashSet<>();
        placeVnics(changed);
        makeTables(next, changed);
        groups.finish();
        inventory.finish();
        model = next;
        return changed;
    }

    /** The first instant after the model's time at which it has other tables by the time alone; null if there is none. */
    public @Nullable Instant nextChange() {
        return rules.nextChange();
    }

    /** Forgets all vNICs, as after an update to a tenant without anything; says which there were. */
    public Set<VnicId> clear() {
        return model == null ? Set.of() : update(TenantModel.empty(model.tenant()));
    }

    /** Null if the model has no such vNIC. */
    public @Nullable RuleTable table(VnicId id) {
        VnicNode vnic = inventory.vnic(id);
        return vnic == null ? null : vnic.table;
    }

    /** What the vNIC would enforce if everything staged were published; null if that is what it enforces, or the model has no such vNIC. */
    public @Nullable RuleTable shadow(VnicId id) {
        VnicNode vnic = inventory.vnic(id);
        return vnic == null ? null : vnic.shadow;
    }

    /** The vNICs that have another shadow since the last update, or one for the first time, or none any more. */
    public Set<VnicId> shadowsChanged() {
        return Collections.unmodifiableSet(shadowsChanged);
    }

    /** The tables of all vNICs, in the order of the inventory. */
    public Map<VnicId, RuleTable> tables() {
        return all(this::table);
    }

    /** The shadows of all vNICs that have one, in the order of the inventory. */
    public Map<VnicId, RuleTable> shadows() {
        return all(this::shadow);
    }

    private Map<VnicId, RuleTable> all(Function<VnicId, @Nullable RuleTable> which) {
        Map<VnicId, RuleTable> tables = new LinkedHashMap<>();
        if (model != null) {
            model.vms()
                    .values()
                    .forEach(vm -> vm.vnics().forEach(vnic -> {
                        RuleTable table = which.apply(vnic.id());
                        if (table != null) {
                            tables.put(vnic.id(), table);
                        }
                    }));
        }
        return tables;
    }

    /** Finds the signatures of vNICs anew whose groups changed, or for whose groups rules have begun or ceased to ask. */
    private void placeVnics(Set<VnicId> changed) {
        inventory.reshaped().forEach(this::touch);
        for (GroupNode group : groups.changed()) {
            group.moved.forEach(this::touch);
        }
        for (GroupNode group : scopes.takeAskedChanged()) {
            group.members.workloads.forEach(number -> touch(inventory.workload(number)));
        }
        for (VnicNode vnic : inventory.goneVnics()) {
            classes.leave(vnic);
            changed.add(vnic.vnic.id());
            if (vnic.shadow != null) {
                shadowsChanged.add(vnic.vnic.id());
            }
        }
        for (VnicNode vnic : touched) {
            vnic.touched = false;
            if (!vnic.gone) {
                classes.place(vnic, Signature.of(vnic, inventory, groups, exclusions));
                assign(vnic, changed);
            }
        }
        touched.clear();
    }

    /** The workload's vNIC and all others that have its address. */
    private void touch(WorkloadNode workload) {
        touch(workload.vnic);
        if (workload.sharers != null) {
            workload.sharers.forEach(number -> touch(inventory.workload(number).vnic));
        }
    }

    private void touch(VnicNode vnic) {
        if (!vnic.touched) {
            vnic.touched = true;
            touched.add(vnic);
        }
    }

    private void makeTables(TenantModel next, Set<VnicId> changed) {
        List<TableClass> stale = classes.takeStale();
        // who has the same rules has the same table
        Map<Content, Tables> made = new ConcurrentHashMap<>();
        boolean hasProvider = hasProvider(next);
        // nothing else changes meanwhile, and each class is written by one thread
        (stale.size() > MAX_BY_ONE_THREAD ? stale.parallelStream() : stale.stream()).forEach(tableClass -> {
            Tables tables = made.computeIfAbsent(content(tableClass, hasProvider), those -> seal(next, those));
            tableClass.table = tables.enforced();
            tableClass.shadow = tables.shadow();
        });
        for (TableClass tableClass : stale) {
            tableClass.vnics.forEach(number -> assign(inventory.vnic(number), changed));
        }
    }

    /** @param rules that concern some vNICs, without those that concern all; of excluded ones the provider's */
    private record Content(boolean excluded, List<RuleNode> rules) {}

    private Content content(TableClass tableClass, boolean hasProvider) {
        if (!tableClass.signature.isExcluded()) {
            return new Content(false, scopes.concerning(tableClass.signature));
        }
        return new Content(true, hasProvider ? ofProvider(scopes.concerning(tableClass.signature)) : List.of());
    }

    private static boolean hasProvider(TenantModel model) {
        return !model.provider().policies().isEmpty();
    }

    private static List<RuleNode> ofProvider(List<RuleNode> rules) {
        return rules.stream()
                .filter(rule -> rule.policy.tier() == Tier.PROVIDER)
                .toList();
    }

    /** @param shadow null if it would be the same */
    private record Tables(RuleTable enforced, @Nullable RuleTable shadow) {}

    private Tables seal(TenantModel next, Content content) {
        if (content.excluded()) {
            return new Tables(sealExcluded(next, content), null);
        }
        List<RuleNode> concerning = scopes.withThoseOfAll(content.rules());
        RuleTable enforced = seal(next, concerning, rule -> !rule.staged);
        if (concerning.stream().noneMatch(rule -> rule.staged || rule.replaced)) {
            return new Tables(enforced, null);
        }
        RuleTable shadow = seal(next, concerning, rule -> !rule.replaced);
        return new Tables(enforced, shadow.hash().equals(enforced.hash()) ? null : shadow);
    }

    /** Nothing that is staged is the provider's. */
    private RuleTable sealExcluded(TenantModel next, Content content) {
        List<RuleNode> concerning = hasProvider(next) ? ofProvider(scopes.withThoseOfAll(content.rules())) : List.of();
        return interner.intern(RuleTableCodec.sealExcluded(
                concerning.stream()
                        .map(rule -> Objects.requireNonNull(rule.compiled))
                        .toList(),
                next.timeouts(),
                concerning.stream().anyMatch(rule -> rule.ftp)));
    }

    private RuleTable seal(TenantModel next, List<RuleNode> concerning, Predicate<RuleNode> wanted) {
        List<TableRule> compiled = new ArrayList<>(concerning.size());
        boolean ftp = false;
        for (RuleNode rule : concerning) {
            if (wanted.test(rule)) {
                compiled.add(Objects.requireNonNull(rule.compiled));
                ftp |= rule.ftp;
            }
        }
        return interner.intern(
                RuleTableCodec.seal(compiled, next.defaultAction(), next.looseTracking(), next.timeouts(), ftp));
    }

    /** Gives the vNIC the tables of its class, unless these are about to be made anew. */
    private void assign(VnicNode vnic, Set<VnicId> changed) {
        TableClass its = Objects.requireNonNull(vnic.tableClass);
        RuleTable after = its.table;
        RuleTable before = vnic.table;
        if (!its.stale && after != null && (before == null || !before.hash().equals(after.hash()))) {
            vnic.table = after;
            changed.add(vnic.vnic.id());
        }
        if (!its.stale && !hash(vnic.shadow).equals(hash(its.shadow))) {
            vnic.shadow = its.shadow;
            shadowsChanged.add(vnic.vnic.id());
        }
    }

    private static String hash(@Nullable RuleTable shadow) {
        return shadow == null ? "" : shadow.hash();
    }
}
