package io.portcullis.vnic;

import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which rules each vNIC of a host should have, and which it has. One thread. */
final class RuleShelf {
    /** Of a vNIC of which the data path has said nothing yet. */
    private static final TenantCommand.Realized NOTHING = new TenantCommand.Realized(RuleAssignment.NONE, false);

    private static final class Slot {
        private RuleAssignment wanted = RuleAssignment.NONE;
        private @Nullable RuleTable wantedTable;
        /** Null where no shadow is wanted. */
        private @Nullable RuleTable wantedShadow;

        private RuleAssignment inForce = RuleAssignment.NONE;
        private @Nullable RuleTable tableInForce;
        private boolean enforcing;

        private void noteTable() {
            if (wantedTable != null && wantedTable.hash().equals(inForce.hash())) {
                tableInForce = wantedTable;
            }
        }
    }

    /** A table and the revision at which the vNIC got it. */
    record Delivery(long revision, RuleTable table) {}

    /** A shadow, or none any more, and the revision at which that became so. */
    record ShadowDelivery(long revision, @Nullable RuleTable table) {}

    private final Map<VnicId, Slot> slots = VnicMaps.compact();
    /** What is in force, as tenants hear of it. */
    private final Map<TenantId, RealizedVnics> realized = new HashMap<>();

    private final Interned<RuleAssignment> same = new Interned<>();
    private final Set<VnicId> unreported = new HashSet<>();
    private boolean hasArrivals;

    void add(VnicId vnic) {
        if (slots.putIfAbsent(vnic, new Slot()) == null) {
            realized.computeIfAbsent(vnic.tenant(), _ -> new RealizedVnics()).put(vnic, NOTHING);
        }
    }

    void remove(VnicId vnic) {
        slots.remove(vnic);
        unreported.remove(vnic);
        RealizedVnics its = realized.get(vnic.tenant());
        if (its != null) {
            its.remove(vnic);
            if (its.isEmpty()) {
                realized.remove(vnic.tenant());
            }
        }
    }

    /** Has a place for each of these and for no other. */
    void keepOnly(Set<VnicId> vnics) {
        slots.keySet().stream().filter(vnic -> !vnics.contains(vnic)).toList().forEach(this::remove);
        vnics.forEach(this::add);
    }

    /** Takes tables over; says which vNICs must get theirs now. What is older than what is wanted already changes nothing. */
    List<VnicId> offer(Map<VnicId, RuleAssignment> assignments, List<RuleTable> tables) {
        Map<String, RuleTable> byHash = new HashMap<>();
        tables.forEach(table -> byHash.put(table.hash(), table));
        List<VnicId> toInstall = new ArrayList<>();
        assignments.forEach((vnic, assignment) -> {
            Slot slot = slots.get(vnic);
            if (slot == null) {
                return;
            }
            RuleTable table = byHash.get(assignment.hash());
            if (table != null && assignment.revision() >= slot.wanted.revision()) {
                slot.wanted = same.of(slot.wanted.withRules(assignment));
                slot.wantedTable = table;
                slot.noteTable();
            }
            RuleTable shadow = byHash.get(assignment.shadowHash());
            if ((shadow != null || assignment.shadowHash().isEmpty())
                    && assignment.shadowRevision() >= slot.wanted.shadowRevision()) {
                slot.wanted = same.of(slot.wanted.withShadow(assignment));
                slot.wantedShadow = shadow;
            }
            if (isDue(slot) || isShadowDue(slot)) {
                toInstall.add(vnic);
            }
        });
        return toInstall;
    }

    /** vNICs whose rules in force are not those that they should have. */
    List<VnicId> due() {
        return slots.entrySet().stream()
                .filter(entry -> isDue(entry.getValue()) || isShadowDue(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether the vNIC's rules in force are not those that it should have. */
    boolean isDue(VnicId vnic) {
        Slot slot = slots.get(vnic);
        return slot != null && (isDue(slot) || isShadowDue(slot));
    }

    private static boolean isDue(Slot slot) {
        return slot.wantedTable != null
                && (!slot.wanted.hash().equals(slot.inForce.hash())
                        || slot.wanted.revision() > slot.inForce.revision());
    }

    private static boolean isShadowDue(Slot slot) {
        boolean differs = !slot.wanted.shadowHash().equals(slot.inForce.shadowHash())
                || (slot.wantedShadow != null && slot.wanted.shadowRevision() > slot.inForce.shadowRevision());
        return slot.wantedTable != null && differs;
    }

    /** What the vNIC should have and has not; null if it has that, or nobody has said yet. */
    @Nullable
    Delivery delivery(VnicId vnic) {
        Slot slot = slots.get(vnic);
        return slot == null || slot.wantedTable == null || !isDue(slot)
                ? null
                : new Delivery(slot.wanted.revision(), slot.wantedTable);
    }

    /** As {@link #delivery}, of the shadow. */
    @Nullable
    ShadowDelivery shadowDelivery(VnicId vnic) {
        Slot slot = slots.get(vnic);
        return slot == null || !isShadowDue(slot)
                ? null
                : new ShadowDelivery(slot.wanted.shadowRevision(), slot.wantedShadow);
    }

    /** Takes over what the data path says. */
    void learn(VnicStatus status) {
        Slot slot = slots.get(status.vnic());
        if (slot == null) {
            return;
        }
        RuleAssignment inForce = same.of(new RuleAssignment(
                status.policyRevision(), status.rulesHash(), status.shadowRevision(), status.shadowHash()));
        boolean enforcing = status.mode() == VnicMode.ENFORCING || status.mode() == VnicMode.CUTTING;
        RealizedVnics its = realized.computeIfAbsent(status.vnic().tenant(), _ -> new RealizedVnics());
        TenantCommand.Realized now = new TenantCommand.Realized(inForce, enforcing, enforcing ? status.epoch() : 0);
        if (!now.equals(its.get(status.vnic()))) {
            unreported.add(status.vnic());
            its.put(status.vnic(), now);
        }
        hasArrivals |= enforcing && !slot.enforcing;
        slot.inForce = inForce;
        slot.enforcing = enforcing;
        slot.noteTable();
    }

    /** Whether a vNIC has begun to enforce since this was asked last. */
    boolean takeArrivals() {
        boolean had = hasArrivals;
        hasArrivals = false;
        return had;
    }

    /** Rules that were put in force without a tenant having sent them. */
    void restored(VnicId vnic, RuleTable table) {
        Slot slot = slots.get(vnic);
        if (slot != null && slot.tableInForce == null) {
            slot.tableInForce = table;
        }
    }

    /** The table in force; null if it is not known here. */
    @Nullable
    RuleTable tableInForce(VnicId vnic) {
        Slot slot = slots.get(vnic);
        RuleTable table = slot == null ? null : slot.tableInForce;
        return slot != null && table != null && table.hash().equals(slot.inForce.hash()) ? table : null;
    }

    /** The revision of the rules in force; 0 for none. */
    long revisionInForce(VnicId vnic) {
        Slot slot = slots.get(vnic);
        return slot == null ? 0 : slot.inForce.revision();
    }

    boolean hasRules(VnicId vnic) {
        Slot slot = slots.get(vnic);
        return slot != null && slot.inForce.revision() > 0;
    }

    /** Whether the rules in force are those that the tenant wants. */
    boolean hasTenantsRules(VnicId vnic) {
        Slot slot = slots.get(vnic);
        return slot != null && slot.wantedTable != null && !isDue(slot);
    }

    /** Tenants that have vNICs here. */
    Set<TenantId> tenants() {
        return Set.copyOf(realized.keySet());
    }

    /** Everything of a tenant that is in force; null if it has nothing here. */
    @Nullable
    RealizedVnics realized(TenantId tenant) {
        return realized.get(tenant);
    }

    /** What has changed since this was asked last, tenant by tenant. */
    Map<TenantId, Map<VnicId, TenantCommand.Realized>> takeUnreported() {
        Map<TenantId, Map<VnicId, TenantCommand.Realized>> changes = new HashMap<>();
        for (VnicId vnic : unreported) {
            RealizedVnics its = realized.get(vnic.tenant());
            TenantCommand.Realized now = its == null ? null : its.get(vnic);
            if (now != null) {
                changes.computeIfAbsent(vnic.tenant(), _ -> new HashMap<>()).put(vnic, now);
            }
        }
        unreported.clear();
        return changes;
    }

    boolean hasUnreported() {
        return !unreported.isEmpty();
    }
}
