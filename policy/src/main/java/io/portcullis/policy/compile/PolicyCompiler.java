package io.portcullis.policy.compile;

import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.Publication;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Compiles a tenant's model to one rule table per vNIC: only the rules that can match a packet of that vNIC, the provider's and the tenant's, in order of
 * evaluation, with groups resolved to addresses. Tables with the same content are one object, across vNICs, tenants
 * and calls, while anybody holds them.
 *
 * <p>A pure function of the model but for that sharing; any thread. The model must be free of problems
 * ({@link io.portcullis.policy.model.ModelValidator}); a dangling reference throws {@link IllegalArgumentException}.
 */
public final class PolicyCompiler {
    private final RuleTableInterner interner;

    public PolicyCompiler() {
        this(new RuleTableInterner());
    }

    /** Shares tables with everyone who uses this interner. */
    public PolicyCompiler(RuleTableInterner interner) {
        this.interner = interner;
    }

    /** Compiles the models of one tenant as they follow on each other; shares tables with everyone who uses the same interner. */
    public TenantCompiler incremental() {
        return new TenantCompiler(interner);
    }

    /** The table of one vNIC; throws {@link IllegalArgumentException} when the model has no such vNIC. */
    public RuleTable compile(TenantModel model, VnicId id) {
        Vnic vnic = model.vnic(id).orElseThrow(() -> new IllegalArgumentException("the model has no vNIC " + id));
        TenantRules rules = new TenantRules(model);
        return seal(model, rules, vnic, rules.concerning(vnic));
    }

    /** All rules of active policies as one table, whatever vNICs they are applied to: for traffic that belongs to no vNIC. */
    public RuleTable compileUnscoped(TenantModel model) {
        TenantRules rules = new TenantRules(model);
        return seal(model, rules, rules.all());
    }

    /**
     * The tables of all vNICs, in the order of the inventory. Looks at every rule for every vNIC on purpose: it is the reference that
     * {@link TenantCompiler} is compared with.
     */
    public Map<VnicId, RuleTable> compileAll(TenantModel model) {
        TenantRules rules = new TenantRules(model);
        Map<BitSet, RuleTable> sealed = new HashMap<>();
        Map<BitSet, RuleTable> excluded = new HashMap<>();
        Map<VnicId, RuleTable> tables = new LinkedHashMap<>();
        for (Vm vm : model.vms().values()) {
            for (Vnic vnic : vm.vnics()) {
                Map<BitSet, RuleTable> alike = rules.isExcluded(vnic) ? excluded : sealed;
                tables.put(
                        vnic.id(),
                        alike.computeIfAbsent(rules.concerning(vnic), places -> seal(model, rules, vnic, places)));
            }
        }
        return tables;
    }

    /**
     * The shadow of each vNIC that has one: its table if everything staged were published, where that is another one than it enforces. The
     * reference of {@link TenantCompiler#shadow}.
     */
    public Map<VnicId, RuleTable> compileShadows(TenantModel model) {
        Map<VnicId, RuleTable> enforced = compileAll(model);
        Map<VnicId, RuleTable> shadows = compileAll(Publication.ofAll(model));
        shadows.entrySet()
                .removeIf(shadow -> shadow.getValue()
                        .hash()
                        .equals(Objects.requireNonNull(enforced.get(shadow.getKey()))
                                .hash()));
        return shadows;
    }

    private RuleTable seal(TenantModel model, TenantRules rules, Vnic vnic, BitSet places) {
        return rules.isExcluded(vnic)
                ? interner.intern(
                        RuleTableCodec.sealExcluded(rules.at(places), model.timeouts(), rules.needsFtpHelper(places)))
                : seal(model, rules, places);
    }

    private RuleTable seal(TenantModel model, TenantRules rules, BitSet places) {
        return interner.intern(RuleTableCodec.seal(
                rules.at(places),
                model.defaultAction(),
                model.looseTracking(),
                model.timeouts(),
                rules.needsFtpHelper(places)));
    }
}
